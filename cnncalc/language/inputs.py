"""The inputs of a network: their shapes, from the spec or from `--input`."""

from __future__ import annotations

from functools import lru_cache

from cnncalc.diagnostics import Diagnostic, LayerError, Source, SpecError, UsageError, quoted
from cnncalc.geometry import MAX_LENGTH
from cnncalc.graph import Node
from cnncalc.language.axis_order import LAYOUTS, channels_first, doubt, looks_like
from cnncalc.language.header import MAPPING_HELP
from cnncalc.language.names import check_name
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.language.values import compile_value, fault
from cnncalc.layers.option import brief
from cnncalc.layers.reshape import Input
from cnncalc.quantities import show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping as Dict
    from typing import Any

    from cnncalc.language.header import Header
    from cnncalc.language.options import Options
    from cnncalc.language.tree import Node as TreeNode
    from cnncalc.quantities import Shape

MAX_AXES = 3
#: What other programs write for a batch of any size.
OPEN_BATCH = ("None", "null", "-1", "~", "?", "N", "n", "batch", "batch_size")


@lru_cache(maxsize=1024)
def from_option(text: str) -> TreeNode:
    """Return the shape that `--input` gives; many networks of a search get the same."""
    return parse(Source(f"--input {text}", text))


def input_nodes(header: Header, values: dict[str, Any], options: Options) -> list[Node]:
    """Return the input nodes, their shapes from the spec or from `--input`.

    Notes faults and doubts; raises `UsageError` for an `--input` that fits no input of the spec.
    """
    given = given_inputs(header)
    overrides = named(options.inputs, [name for name, _ in given])
    several = header.root.get("inputs")
    if not given and not overrides and several is not None:
        if isinstance(several, Mapping) or not getattr(several, "text", "x"):
            header.error(several, "`inputs` is empty", MAPPING_HELP["inputs"])
    elif not given and not overrides and "input" not in header.meant:
        help = "write `input: 3x224x224` (channels x height x width)"
        header.error(header.root, "the spec has no `input`", help)
    layout = header.word("layout", LAYOUTS)
    nodes = []
    for name, place in given or [(name, header.root) for name in overrides]:
        text = overrides.get(name)
        shape = input_shape(header, place, values, layout or "chw") if given else None
        doubted = None if text is not None or layout == "chw" else shape
        if text is not None:
            place = from_option(text)
            own, shape = shape, input_shape(header, place, values, options.layout or "chw")
            doubted = None if options.layout == "chw" else shape
            if own is not None and shape is not None:
                check_rank(own, shape, text)
                header.own_shapes[name] = own
        if doubted is not None:
            note_doubt(header, place, doubted, text)
        if shape is not None:
            nodes.append(Node(name, Input(shape=shape), (), span=place.span))
    return nodes


def given_inputs(header: Header) -> list[tuple[str, TreeNode]]:
    """Return the names of the spec's inputs, and where their shapes stand; notes faults."""
    single, several = header.root.get("input"), header.root.get("inputs")
    if single is not None and several is not None:
        help = "move the one `input` into `inputs`, or remove one of them"
        header.error(several, "a spec has either `input` or `inputs`, not both", help)
    if several is None:
        return [] if single is None else [("input", single)]
    for key, _ in header.mapping("inputs"):
        try:
            check_name(key, "an input's name")
        except SpecError as error:
            header.errors.extend(error.diagnostics)
    return [(key.text, node) for key, node in header.mapping("inputs")]


def named(texts: Dict[str, str], known: list[str], what: str = "spec") -> dict[str, str]:
    """Return the shapes of `--input` by the names of inputs; raises `UsageError`.

    `what` has the inputs that are `known`.
    """
    result = dict(texts)
    if "" in result:
        if len(known) > 1:
            help = f"write --input NAME=SHAPE for one of {', '.join(known)}"
            raise UsageError(f"the {what} has several inputs", help)
        result[known[0] if known else "input"] = result.pop("")
    for name in result:
        if known and name not in known:
            raise UsageError(f"the {what} has no input `{name}`", "it has " + ", ".join(known))
    return result


def check_rank(own: Shape, given: Shape, text: str) -> None:
    """Raise `UsageError` if `--input` has other axes than the spec's own input."""
    if len(own) == len(given):
        return
    meant = looks_like(given)
    if meant is None or len(meant) != len(own):
        meant = (*own[:1], *given) if len(given) == len(own) - 1 else own
    if len(given) == 2 and len(own) == 3:
        meant = (*own[:1], *given)
    raise UsageError(
        f"`--input {text}` has {axes(given)}, the network's input {show_shape(own)} has"
        f" {axes(own)}",
        f"--input {show_shape(meant)}",
    )


def axes(shape: Shape) -> str:
    """Return how many spatial axes a shape has, in words."""
    count = len(shape) - 1
    return f"{count} spatial {'axis' if count == 1 else 'axes'}" if count else "no spatial axes"


def note_doubt(header: Header, place: TreeNode, shape: Shape, option: str | None) -> None:
    """Warn if an input looks as if its axes stood in another order.

    `option` is the text of `--input`, if the shape comes from there.
    """
    typed, layout = ("input: ", "layout: hwc") if option is None else ("--input ", "--layout hwc")
    written = f"`{typed}{option or show_shape(shape)}`"
    found = doubt(shape, written, typed, layout)
    if found is None and len(shape) == 1 and isinstance(place, Scalar) and "*" in place.text:
        lengths = place.text.replace(" ", "").split("*")
        if len(lengths) > 2 and all(length.isdigit() for length in lengths):
            message = f"{written[:-1]} = {place.text}` is a flat vector of {shape[0]:,}"
            found = message, f"write `{typed}{'x'.join(lengths)}` if it has axes"
    if found is not None:
        header.warnings.append(
            Diagnostic(found[0], place.span, found[1], severity="warning", code="axes")
        )


def input_shape(
    header: Header, place: TreeNode, values: dict[str, Any], layout: str
) -> Shape | None:
    """Return a shape, channels first, or None after noting a fault."""
    try:
        return shape_at(place, layout, values, header.used)
    except SpecError as error:
        header.errors.extend(error.diagnostics)
    return None


def option_shape(text: str, layout: str | None) -> Shape:
    """Return the shape that `--input` gives, channels first; raises `SpecError`."""
    return shape_at(from_option(text), layout or "chw", {}, set())


def shape_at(place: TreeNode, layout: str, values: dict[str, Any], used: set[str]) -> Shape:
    """Return the shape at a place, channels first; raises `SpecError`.

    It may be computed from `values`; the names of those that are are added to `used`.
    """
    help = "write channels x height x width, such as 3x224x224, or a list"
    if isinstance(place, Scalar) and not place.text:
        fault(place, "`input` has no shape", help)
    shape = lengths(place)
    if shape is None:
        shape = computed_shape(place, values, used)
    if not isinstance(shape, tuple):
        shape = (shape,)
    if len(shape) > MAX_AXES + 1:
        fault(place, f"an input has channels and up to 3 axes, not {len(shape) - 1}", help)
    try:
        return Input(shape=channels_first(shape, layout)).shape
    except LayerError:
        fault(place, f"an input has lengths from 1 to {MAX_LENGTH:,}, not {brief(shape)}", help)


def lengths(place: TreeNode) -> Any:
    """Return the lengths of a shape written as `3x224x224`, or None if it is another thing."""
    if not isinstance(place, Scalar):
        return None
    parts = place.text.lower().replace("×", "x").replace(" ", "").split("x")
    if all(part.isascii() and part.isdigit() and len(part) < 12 for part in parts):
        return tuple([int(part) for part in parts])
    return None


def separated(text: str) -> list[str]:
    """Return the parts of a shape whose lengths stand apart by another sign than `x`."""
    for sign in ",;/|–—-_* ":
        text = text.replace(sign, "x")
    return text.lower().replace("×", "x").split("x")


def check_batch(place: TreeNode) -> None:
    """Raise `SpecError` for a list that leaves the batch open, as Keras and PyTorch write it."""
    first = place.items[0] if isinstance(place, Sequence) and place.items else None
    if isinstance(first, Scalar) and first.text in OPEN_BATCH and len(place.items) > 1:  # type: ignore[union-attr]
        rest = [item.text if isinstance(item, Scalar) else "?" for item in place.items[1:]]  # type: ignore[union-attr]
        help = f"write [{', '.join(rest)}]"
        if len(rest) == 3 and rest[-1] in ("1", "3", "4"):
            help = f"write {'x'.join([rest[-1], *rest[:-1]])}: channels come first"
        fault(first, "the batch is no part of an input's shape", help)


def computed_shape(place: TreeNode, values: dict[str, Any], used: set[str]) -> Any:
    """Return a shape that is written with parameters; raises `SpecError`."""
    check_batch(place)
    try:
        value = compile_value(place, tuple(values))
    except SpecError:
        if isinstance(place, Mapping):
            help = "write `input: 3x224x224`, or `inputs:` if there are several"
            fault(place, "an input is one shape, not a mapping", help)
        if isinstance(place, Scalar):
            help = "write channels x height x width, such as 3x224x224, or a list"
            lengths = [part for part in separated(place.text) if part.isdigit()]
            if 1 < len(lengths) <= MAX_AXES + 1:
                help = f"write {'x'.join(lengths)}"
            fault(place, f"{quoted(place.text)} is not an input shape", help)
        raise
    used.update(value.names)
    shape = value.evaluate(values.__getitem__)
    if isinstance(shape, tuple):
        return tuple(int(n) if type(n) is float and n.is_integer() else n for n in shape)
    return shape
