"""Numbers for commands that run a network: the inputs, typed or in files, and the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.cli.declare import option, together
from cnncalc.cli.options import load_graph
from cnncalc.cli.output import remark
from cnncalc.diagnostics import SpecError, UsageError, quoted
from cnncalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph, Node

INITS = "zeros ones normal kaiming"
#: So many arrays that are missing are named.
FEW = 3
#: The keyword arguments that `picture_options` adds.
PICTURE_OPTIONS = ("colour", "resize")


#: How a picture is converted before it is the input.
picture_options = together(
    option(
        "--colour, --color",
        "Make a picture grey (one channel), or a grey one three equal channels.",
        of="as-is grey rgb",
        default="as-is",
    ),
    option(
        "--resize HxW", "Resize a picture, to 224x224, or to the size that the spec says by `spec`."
    ),
)
#: What gives a network its weights; `weights_of` reads them.
weight_options = together(
    option("--weights FILE", "An .npz file of weights."),
    option("--init", "Invent the weights instead of reading them.", of=INITS),
    option("--seed", "For --init, and for dropout with --training.", low=0, high=2**63, default=0),
)


class Given(Record):
    """A graph built for the numbers that it is given, and these as batches, in its order.

    `notes` say where a picture differs from what the spec expects.
    """

    graph: Graph
    arrays: tuple[Array, ...]
    notes: tuple[str, ...] = ()


def build(
    spec: str, files: Sequence[str], chosen: Mapping[str, Any], picture: Mapping[str, Any]
) -> Given:
    """Return the graph for inputs of these sizes, with the inputs.

    `chosen` are options of `load_graph`, `picture` those of `picture_options`. Raises
    `UsageError`, and `SpecError` if the network does not fit the inputs.
    """
    from cnncalc.executor.inputs import is_picture

    graph = load_graph(spec, **chosen)
    inputs = [graph.nodes[index] for index in graph.inputs]
    names = [node.name for node in inputs]
    given: dict[str, Array] = {}
    notes: list[str] = []
    if spec == "-" and any(text.rpartition("=")[2] == "-" for text in files):
        raise UsageError("the spec and the numbers cannot both come from standard input")
    for text in files:
        name, path = destination(text, names, graph.name)
        node = inputs[names.index(name)]
        given[name] = one_input(path, node, picture)
        if is_picture(path):
            shape, own = given[name].shape[1:], node.layer.output_shape(())
            note = channel_note(path, shape, own)
            if note and picture["colour"] == "as-is":  # or it was chosen
                remark(f"note: {note}")
            notes += size_notes(path, shape, own)
    missing = [name for name in names if name not in given]
    if missing:
        raise UsageError(f"the input `{missing[0]}` is missing", f"--input {missing[0]}=FILE")
    if len({len(array) for array in given.values()}) > 1:
        raise UsageError("the inputs have different numbers of samples")
    shapes = [f"{name}={'x'.join(map(str, given[name].shape[1:]))}" for name in names]
    if len(names) == 1:
        shapes = [shapes[0].partition("=")[2]]
    try:
        fitted = load_graph(spec, inputs=tuple(shapes), **chosen)
    except SpecError as error:
        raise noted(error, notes) from None
    return Given(fitted, tuple([given[name] for name in names]), tuple(notes))


def destination(text: str, names: Sequence[str], network: str) -> tuple[str, str]:
    """Return which input `[NAME=]FILE` means, and the file; raises `UsageError`."""
    name, equals, path = text.rpartition("=")
    if not equals and len(names) > 1:
        help = f"--input {names[0]}={path}"
        raise UsageError(f"{network} has the inputs {', '.join(names)}: say which", help)
    name = name or names[0]
    if name not in names:
        raise UsageError(f"{network} has no input `{name}`", f"it has {', '.join(names)}")
    return name, path


def one_input(path: str, node: Node, picture: Mapping[str, Any]) -> Array:
    """Return the numbers for one input as a batch."""
    from cnncalc.executor.inputs import read_input

    shape = node.layer.output_shape(())
    array = read_input(path, picture["colour"], wanted_size(picture["resize"], shape))
    return batch(array, len(shape), path)


def wanted_size(text: str | None, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return the height and width that `--resize` means; raises `UsageError`."""
    if text is None:
        return None
    if text == "spec":
        if len(shape) != 3:
            raise UsageError("the network's input is no picture", "leave --resize out")
        return shape[1], shape[2]
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) == 1:
        parts *= 2
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and 0 < int(p) < 1e5 for p in parts):
        raise UsageError(f"`--resize {text}` is no size", "such as --resize 224x224")
    return int(parts[0]), int(parts[1])


def channel_note(path: str, shape: tuple[int, ...], own: tuple[int, ...]) -> str:
    """Return in words whether a picture is grey where the spec wants colours, or the reverse."""
    if len(own) == 3 and (shape[0], own[0]) == (1, 3):
        found = "is grey, one channel, where the spec's input has 3: `--colour rgb` makes three"
        return f"{quoted(path)} {found} equal channels of it"
    if len(own) == 3 and (shape[0], own[0]) == (3, 1):
        found = "has 3 channels, where the spec's input has one: `--colour grey` makes one of them"
        return f"{quoted(path)} {found}"
    return ""


def size_notes(path: str, shape: tuple[int, ...], own: tuple[int, ...]) -> list[str]:
    """Return in words that a picture has another size than the spec's input: no fault by itself."""
    if len(own) != 3 or shape[1:] == own[1:]:
        return []
    sizes = "x".join(map(str, shape[1:])), "x".join(map(str, own[1:]))
    return [
        f"{quoted(path)} is {sizes[0]}, where the spec's input is {sizes[1]}: the network was"
        f" built for {sizes[0]}; `--resize spec` makes the picture {sizes[1]}"
    ]


def noted(error: SpecError, notes: Sequence[str]) -> SpecError:
    """Return an error with notes that may say why it happened."""
    return SpecError(*[one.replace(notes=(*one.notes, *notes)) for one in error.diagnostics])


def batch(array: Array, rank: int, path: str) -> Array:
    """Return numbers from a file as a batch of samples with `rank` axes; raises `UsageError`."""
    if array.ndim == rank - 1:
        array = array[None]  # one channel, left out
    if array.ndim == rank:
        array = array[None]
    if array.ndim != rank + 1 or not array.size:
        wanted = "(channels, " + ", ".join(("depth", "height", "width")[4 - rank :]) + ")"
        raise UsageError(
            f"{quoted(path)} holds an array of shape {array.shape}",
            f"wanted {wanted if rank > 1 else '(features,)'}, or a batch of such",
        )
    return array


def weights_of(graph: Graph, options: Mapping[str, Any]) -> Mapping[str, Array]:
    """Return the weights that the options mean; none for a spec that gives all of them."""
    if options["weights"]:
        from cnncalc.executor.files import NpzArchive

        return NpzArchive(options["weights"])
    if options["init"]:
        from cnncalc.executor.initial import initial_arrays

        return dict(initial_arrays(graph, options["init"], options["seed"], options["dtype"]))
    from cnncalc.executor.initial import declared_arrays
    from cnncalc.executor.weights import given_in_spec

    wanted = [
        name for name, node, array in declared_arrays(graph) if given_in_spec(node, array) is None
    ]
    if wanted:
        few = ", ".join(wanted if len(wanted) <= FEW else [*wanted[: FEW - 1], "..."])
        raise UsageError(
            f"{graph.name} needs weights ({few}): --weights FILE or --init kaiming",
            "`cnncalc weights` writes a file to fill in",
        )
    return {}
