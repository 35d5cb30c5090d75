"""cnncalc: shapes, parameters, operations and receptive fields of CNNs, without a framework."""

from __future__ import annotations

from cnncalc.record import Shown

__version__ = "0.2.0"

__all__ = [
    "ShapeError", "SpecError", "UsageError", "analyze", "compare", "draw", "explain", "export",
    "from_torch", "load", "loads", "receptive_field", "run", "solve", "summarize", "sweep",
    "verify",
]  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from cnncalc import solve as solve
    from cnncalc.analysis.summary import Summary
    from cnncalc.analysis.walk import Analysis
    from cnncalc.analysis.walk import ShapeError as ShapeError
    from cnncalc.diagnostics import SpecError as SpecError
    from cnncalc.diagnostics import UsageError as UsageError
    from cnncalc.executor.checks import Proof
    from cnncalc.executor.run import Results
    from cnncalc.executor.workspace import Array
    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.graph import Graph
    from cnncalc.search.sweep import Sweep
    from cnncalc.teaching.derivation import Lesson
    from cnncalc.teaching.figures import Comparison


def shower() -> object:
    """Return the module that shows all values; it is imported when one is looked at."""
    from cnncalc import notebook

    return notebook


Shown.shower = shower


def __getattr__(name: str) -> object:
    """Return what is imported when it is asked for: nothing precedes the command line."""
    if name in ("SpecError", "UsageError"):
        from cnncalc import diagnostics

        return getattr(diagnostics, name)
    if name == "ShapeError":
        from cnncalc.analysis.walk import ShapeError

        return ShapeError
    if name == "solve":
        from importlib import import_module

        return import_module("cnncalc.solve")
    raise AttributeError(f"module 'cnncalc' has no attribute '{name}'")


def load(
    path_or_name: str | os.PathLike[str],
    *,
    variant: str | None = None,
    input: str | Sequence[int] | None = None,
    rounding: str | None = None,
    layout: str | None = None,
    **parameters: object,
) -> Graph:
    """Return the layer graph of a spec's file, a built-in name, `-` (standard input) or a model.

    A model is a file of another tool, such as `model.onnx` or `model.keras`. `input` replaces the
    input shape (`(3, 256, 256)` or `3x256x256`; with `layout="hwc"` channels come last),
    `parameters` those of the spec. Raises `SpecError` for faults of the spec and `UsageError` for
    a name or a shape that fits nothing.
    """
    from cnncalc.language import Options
    from cnncalc.layers.option import show
    from cnncalc.networks import load as load_any

    settings = {name: show(value) for name, value in parameters.items()}
    inputs = {} if input is None else {"": shape_text(input)}
    options = Options(variant, settings, inputs, rounding, layout)
    return load_any(path_or_name if isinstance(path_or_name, str) else str(path_or_name), options)


def from_torch(module: Any, *shapes: Sequence[int], strict: bool = False) -> Graph:
    """Return the layer graph of a PyTorch module in eval mode, as `torch.export` follows it.

    `shapes` are those of its inputs, without the batch: `from_torch(module, (3, 224, 224))`. With
    `strict` an operation that cannot be counted is an error. Raises `UsageError` where PyTorch is
    missing or cannot export the module, `SpecError` where an operation cannot be read at all.
    """
    from cnncalc.diagnostics import UsageError
    from cnncalc.exchange.torch.programs import from_module

    if not all(isinstance(shape, tuple | list) for shape in shapes):
        raise UsageError("a shape is a tuple", "write from_torch(module, (3, 224, 224))")
    return from_module(module, [tuple(shape) for shape in shapes], strict)


def shape_text(axes: str | Sequence[int]) -> str:
    """Return a shape as a spec writes it: `3x256x256` for `(3, 256, 256)`."""
    return axes if isinstance(axes, str) else "x".join(map(str, axes))


def loads(text: str, *, name: str = "<text>", **options: object) -> Graph:
    """Return the layer graph of a spec given as text; otherwise as `load`."""
    from cnncalc.diagnostics import Source
    from cnncalc.language import Options, build
    from cnncalc.layers.option import show

    names = ("variant", "input", "rounding", "layout")
    variant, shape, rounding, layout = (options.pop(name, None) for name in names)
    settings = {key: show(value) for key, value in options.items()}
    inputs = {"": shape_text(shape)} if isinstance(shape, str | tuple | list) else {}
    variant, rounding, layout = [
        word if isinstance(word, str) else None for word in (variant, rounding, layout)
    ]
    return build(Source(name, text), Options(variant, settings, inputs, rounding, layout))


def analyze(graph: Graph, batch: int = 1, dtype: str = "float32") -> Analysis:
    """Return shapes, parameters and operation counts of every node of a graph.

    Figures are for one sample; `batch` and `dtype` scale memory. Raises `ShapeError` at the first
    layer that cannot take its input, with the analysis of everything before it.
    """
    from cnncalc.analysis.walk import analyze as walk

    return walk(graph, batch, dtype)


def receptive_field(
    graph: Graph | Analysis, source: str | None = None, any_size: bool = False
) -> ReceptiveFields:
    """Return the receptive fields of all nodes of a graph, in input pixels.

    `source` names the input, by default the first; with `any_size` the input's size counts as
    unknown, and figures that depend on it are None. Raises `ShapeError` for a graph that cannot
    be walked and `UsageError` for an unknown input.
    """
    from cnncalc.fields.api import receptive_field as follow

    return follow(graph, source, any_size)


def run(
    graph: Graph,
    weights: Mapping[str, Array],
    inputs: Array | Sequence[Array],
    layers: Collection[str] | None = None,
    dtype: str = "float32",
) -> Results:
    """Run a network in NumPy and return the outputs of its last layer, or of the named layers.

    `weights` maps names such as `conv_1.weight` to arrays of PyTorch's shapes; `inputs` is one
    array, or one for each input, `(C, *spatial)` or `(batch, C, *spatial)`. Raises `SpecError` with
    every array that is missing, unexpected or of another shape, `ValueError` for an input of
    another shape, and `KeyError` for a layer that there is not.
    """
    from cnncalc.executor.run import run as execute

    return execute(graph, weights, inputs, layers, dtype)


def verify(
    graph: Graph, batch: int = 1, dtype: str = "float32", seed: int = 0, fields: bool = False
) -> Proof:
    """Run a network on random input and compare each layer with what was computed.

    The proof holds for every node the shapes, params, buffers and MACs, computed and measured,
    and with `fields` (slow for large networks) what sampled units read. Raises `ShapeError` for a
    graph that cannot be walked.
    """
    from cnncalc.executor.field_checks import prove_fields
    from cnncalc.executor.verify import verify as prove

    analysis = analyze(graph, batch, dtype)
    return prove(analysis, seed, (lambda: prove_fields(analysis)) if fields else None)


def summarize(graph: Graph | Analysis, convention: str = "default") -> Summary:
    """Return everything that `cnncalc summary` says of a network, as one value.

    Raises `UsageError` for an unknown convention, `SpecError` where it cannot count a layer.
    """
    from cnncalc.analysis.conventions import convention as named
    from cnncalc.analysis.summary import summarize as summed

    return summed(analysis_of(graph), named(convention))


def analysis_of(graph: Graph | Analysis) -> Analysis:
    """Return the analysis of a graph; one that was made already is returned as it is."""
    from cnncalc.graph import Graph

    return analyze(graph) if isinstance(graph, Graph) else graph


def explain(graph: Graph | Analysis, layer: str | None = None, what: str | None = None) -> Lesson:
    """Return the derivation of every figure, of all layers or of one layer or block.

    `what` names quantities, such as `shape,params`. Raises `KeyError` for an unknown layer.
    """
    from cnncalc.teaching.explain import explain as derive
    from cnncalc.teaching.explain import quantities

    analysis = analysis_of(graph)
    indices = None if layer is None else analysis.graph.within(layer)
    if indices == []:
        raise KeyError(layer)
    return derive(analysis, indices, quantities(what))


def compare(*networks: str | Graph, figures: str | None = None) -> Comparison:
    """Return figures of networks side by side: names, files or graphs.

    `figures` names them, such as `params,macs`; raises `UsageError` for unknown ones.
    """
    from cnncalc.teaching.figures import DEFAULT, chosen
    from cnncalc.teaching.figures import compare as beside

    graphs = [(load(one), one) if isinstance(one, str) else (one, one.name) for one in networks]
    pairs = [(label, graph) for graph, label in graphs]
    return beside(pairs, chosen(figures, DEFAULT), 1, "float32")


def sweep(
    spec: str, figures: str | None = None, input: str | None = None, **parameters: str
) -> Sweep:
    """Return figures of a network over a grid: `input="128..512:32", width="32,48"`.

    Raises `UsageError` for texts that are no grid, and for unknown figures and parameters.
    """
    from cnncalc.search.request import Request
    from cnncalc.search.sweep import sweep as over
    from cnncalc.search.sweep import variables
    from cnncalc.teaching.figures import chosen

    varied = variables(input, [f"{name}={values}" for name, values in parameters.items()])
    return over(Request(spec, variables=varied).problem(), chosen(figures, ("params", "macs")))


def draw(
    graph: Graph | Analysis,
    style: str = "graph",
    scope: str | None = None,
    depth: int | None = None,
    colour: str = "role",
    format: str = "svg",
    theme: str = "auto",
) -> str:
    """Return a picture of a network as `svg`, `dot` or `mermaid`, as `cnncalc draw` makes it.

    `depth` is how many levels of blocks are opened (None: as many as stay readable, 0: all).
    Raises `UsageError` for an unknown scope.
    """
    from cnncalc.pictures.draw import text
    from cnncalc.pictures.values import Wish

    wish = Wish(style, scope=scope, depth=depth, colour=colour)
    return text(analysis_of(graph), wish, format, theme)


def export(
    graph: Graph,
    to: str,
    path: str | os.PathLike[str] | None = None,
    weights: Mapping[str, Array] | None = None,
    batch: int | None = None,
) -> str | bytes:
    """Return a network for another tool: the bytes of an `onnx` model, `pytorch` or `keras` source.

    With `path` it is written to that file, too. For ONNX, `weights` are arrays by names such as
    `conv_1.weight` (by default the first values of `cnncalc weights`), and a `batch` of None leaves
    the number of samples open; a model above 2 GiB is written with a second file beside it, and
    nothing is returned but b"". Raises `SpecError` for what the tool cannot say and for weights
    that do not fit, `UsageError` for an unknown format and where a package is missing.
    """
    from cnncalc import writing

    writing.check_target(to)
    if to == "onnx":
        if path is None:
            return writing.as_onnx(graph, weights, batch)
        files = writing.onnx_file(graph, str(path), weights, batch)
        if len(files) > 1:
            return b""
        with open(path, "rb") as model:
            return model.read()
    source = writing.as_source(graph, to)
    if path is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
    return source
