"""A network from whatever holds it: a spec, a built-in name, or a model file of another tool."""

from __future__ import annotations

import os

from cnncalc.diagnostics import UsageError
from cnncalc.language import Options
from cnncalc.language import load as load_spec
from cnncalc.language.files import missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

#: By the suffix of a file: the module whose `read` makes a graph of it.
READERS = {
    ".onnx": "cnncalc.exchange.onnx.read",
    ".keras": "cnncalc.exchange.keras.read",
    ".json": "cnncalc.exchange.keras.read",
    ".h5": "cnncalc.exchange.keras.read",
    ".hdf5": "cnncalc.exchange.keras.read",
    ".pt2": "cnncalc.exchange.torch.programs",
    ".cfg": "cnncalc.exchange.darknet.read",
    ".prototxt": "cnncalc.exchange.caffe.read",
}
#: By the suffix of a file: the module whose `weights` gives its numbers too.
WEIGHERS = {
    ".onnx": "cnncalc.exchange.onnx.read",
    ".keras": "cnncalc.exchange.keras.weights",
    ".h5": "cnncalc.exchange.keras.weights",
    ".hdf5": "cnncalc.exchange.keras.weights",
}
#: Files that hold program code beside numbers, and so are never opened.
PICKLED = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")
#: Files of other kinds that people have: what they are, and what to do instead.
WEIGHTS = "holds arrays without the network that they belong to"
EXPORT = "export the network from the program that made it, such as with torch.onnx.export"
OTHERS = {
    ".safetensors": (WEIGHTS, EXPORT),
    ".weights": (WEIGHTS, "give the `.cfg` file that belongs to it"),
    ".caffemodel": (WEIGHTS, "give the `.prototxt` file that belongs to it"),
    ".npz": (WEIGHTS, "give a spec; `cnncalc run SPEC --weights` reads such arrays"),
    ".tflite": ("is TensorFlow Lite's", "tf2onnx makes an ONNX model of it"),
    ".pb": ("is TensorFlow's", "tf2onnx makes an ONNX model of it"),
    ".mlmodel": ("is Core ML's", "export an ONNX model from the program that made it"),
    ".mlpackage": ("is Core ML's", "export an ONNX model from the program that made it"),
    ".torchscript": ("is TorchScript, which holds program code", EXPORT),
    ".engine": ("is TensorRT's", "give the ONNX model that it was made of"),
    ".gguf": (WEIGHTS, EXPORT),
    ".py": ("is a program", EXPORT),
    ".ipynb": ("is a notebook", EXPORT),
}


def suffix_of(name: str) -> str:
    """Return the suffix of a file's name, in lower case, with its point; empty if there is none."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return ("." + last.rpartition(".")[2]).lower() if "." in last else ""


def check_name(path: str, what: str, own: str) -> None:
    """Raise `UsageError` for a file to write whose name says that it is something else.

    `what` is written, under names that end in `own`.
    """
    suffix = suffix_of(path)
    if suffix != own and (suffix in READERS or suffix in PICKLED or suffix in OTHERS):
        better = path.rpartition(".")[0] + own
        raise UsageError(f"{what} goes to a {own} file, not `{path}`", f"-o {better}")


def with_model_meant(name: str, error: UsageError) -> UsageError:
    """Return the error for a name, with the model file in its folder that is meant, if one is."""
    from cnncalc.diagnostics import suggest
    from cnncalc.language.library import find

    try:
        find(name)
    except UsageError:
        folder, last = os.path.split(name)
        try:
            files = [n for n in sorted(os.listdir(folder or ".")) if suffix_of(n) in READERS]
        except (OSError, ValueError):
            return error
        stems = {file.rpartition(".")[0]: file for file in reversed(files)}
        near = stems.get(last) or suggest(last, files) or stems.get(suggest(last, stems) or "")
        if near is not None and "did you mean" not in (error.help or ""):
            return UsageError(error.message, f"did you mean `{os.path.join(folder, near)}`?")
    return error


def load(name: str, options: Options | None = None, *, strict: bool = False) -> Graph:
    """Return the graph of a spec's file, a built-in name, `-`, or a model file.

    With `strict` a model with operations that cannot be counted is an error. Raises `SpecError`
    for faults of the spec or the file, `UsageError` for a name or an option that fits nothing, and
    for a model file whose package is not installed.
    """
    suffix = suffix_of(name)
    if suffix in PICKLED:
        raise UsageError(
            f"`{name}` holds pickled Python objects, and opening it would run its code",
            "load it in PyTorch and export it (torch.onnx.export, torch.export.save), or call"
            " `cnncalc.from_torch(module, shape)` there",
        )
    if suffix in OTHERS:
        what, help = OTHERS[suffix]
        raise UsageError(f"`{name}` {what}: it cannot be read", help)
    if suffix not in READERS:
        try:
            return load_spec(name, options)
        except UsageError as error:
            raise with_model_meant(name, error) from None
    if not os.path.exists(name):
        raise missing(name)
    options = options or Options()
    given = {
        "--variant": options.variant,
        "--set": options.settings,
        "--rounding": options.rounding,
    }
    for option, value in given.items():
        if value:
            raise UsageError(
                f"{option} is for specs; {name} is a model file",
                f"`cnncalc import {name} -o model.yaml` makes a spec of it",
            )
    module = __import__(READERS[suffix], fromlist=["read"])
    graph: Graph = module.read(name, lambda known: shapes(options, known), strict)
    return graph


def load_weights(
    name: str, options: Options | None = None
) -> tuple[Graph, Callable[[int, str], Array]]:
    """Return the graph of a model file, and what gives an array by its node and its name.

    That raises `SpecError` for numbers that the file does not hold. Raises `UsageError` for a file
    whose weights cannot be read, and otherwise as `load`.
    """
    suffix = suffix_of(name)
    if suffix not in WEIGHERS:
        raise UsageError(
            f"weights cannot be read from `{name}`",
            f"a model file with weights ends in {', '.join(WEIGHERS)}",
        )
    options = options or Options()
    module = __import__(WEIGHERS[suffix], fromlist=["weights"])
    found: tuple[Graph, Callable[[int, str], Array]] = module.weights(
        name, lambda known: shapes(options, known)
    )
    return found


def shapes(options: Options, known: list[str]) -> dict[str, Shape]:
    """Return the shapes that `--input` gives to a model's inputs, by their names.

    Raises `SpecError` for what is no shape, `UsageError` for one that fits no input.
    """
    from cnncalc.language.inputs import named, option_shape

    texts = named(options.inputs, known, "model")
    return {name: option_shape(text, options.layout) for name, text in texts.items()}
