"""cnncalc: shapes, parameters, operations and receptive fields of CNNs, without a framework."""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cnncalc.analysis.walk import Analysis
    from cnncalc.diagnostics import SpecError as SpecError
    from cnncalc.diagnostics import UsageError as UsageError
    from cnncalc.executor.checks import Proof
    from cnncalc.executor.run import Results
    from cnncalc.executor.workspace import Array
    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.graph import Graph


def __getattr__(name: str) -> object:
    """Return an error class, imported when it is asked for: nothing precedes the command line."""
    if name in ("SpecError", "UsageError"):
        from cnncalc import diagnostics

        return getattr(diagnostics, name)
    raise AttributeError(f"module 'cnncalc' has no attribute '{name}'")


def load(
    path_or_name: str,
    *,
    variant: str | None = None,
    input: str | None = None,
    rounding: str | None = None,
    layout: str | None = None,
    **parameters: object,
) -> Graph:
    """Return the layer graph of a spec: a file, a built-in name, or `-` for standard input.

    `input` replaces the input shape (`3x256x256`; with `layout="hwc"` channels come last),
    `parameters` those of the spec. Raises `SpecError` for faults of the spec and `UsageError` for
    a name or a shape that fits nothing.
    """
    from cnncalc.language import Options
    from cnncalc.language import load as load_spec
    from cnncalc.layers.options import show

    settings = {name: show(value) for name, value in parameters.items()}
    inputs = {} if input is None else {"": input}
    return load_spec(path_or_name, Options(variant, settings, inputs, rounding, layout))


def loads(text: str, *, name: str = "<text>", **options: object) -> Graph:
    """Return the layer graph of a spec given as text; otherwise as `load`."""
    from cnncalc.diagnostics import Source
    from cnncalc.language import Options, build
    from cnncalc.layers.options import show

    names = ("variant", "input", "rounding", "layout")
    variant, shape, rounding, layout = (options.pop(name, None) for name in names)
    settings = {key: show(value) for key, value in options.items()}
    return build(
        Source(name, text),
        Options(
            variant if isinstance(variant, str) else None,
            settings,
            {"": str(shape)} if shape is not None else {},
            rounding if isinstance(rounding, str) else None,
            layout if isinstance(layout, str) else None,
        ),
    )


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
    array, or one for each input, (C, *spatial) or (batch, C, *spatial). Raises `SpecError` with
    every array that is missing, unexpected or of another shape, `ValueError` for an input of
    another shape, and `KeyError` for a layer that there is not.
    """
    from cnncalc.executor.run import run as execute

    return execute(graph, weights, inputs, layers, dtype)


def verify(
    graph: Graph,
    batch: int = 1,
    dtype: str = "float32",
    seed: int = 0,
    fields: bool = False,
) -> Proof:
    """Run a network on random input and compare each layer with what was computed.

    The proof holds for every node the shapes, params, buffers and MACs, computed and measured,
    and with `fields` (slow for large networks) what sampled units read. Raises `ShapeError` for a
    graph that cannot be walked.
    """
    from cnncalc.executor.probe import prove_fields
    from cnncalc.executor.verify import verify as prove

    analysis = analyze(graph, batch, dtype)
    return prove(analysis, seed, prove_fields(analysis) if fields else None)
