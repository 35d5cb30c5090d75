"""The inputs of a network: their shapes, from the spec or from `--input`."""

from __future__ import annotations

from functools import lru_cache

from cnncalc.diagnostics import LayerError, Source, SpecError, UsageError
from cnncalc.geometry import MAX_LENGTH
from cnncalc.graph import Node
from cnncalc.language.header import MAPPING_HELP
from cnncalc.language.names import check_name
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar
from cnncalc.language.values import compile_value, fault
from cnncalc.layers.options import show
from cnncalc.layers.reshape import Input

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.language.header import Header
    from cnncalc.language.options import Options
    from cnncalc.language.tree import Node as TreeNode

MAX_AXES = 3


@lru_cache(maxsize=1024)
def from_option(text: str) -> TreeNode:
    """Return the shape that `--input` gives; many networks of a search get the same."""
    return parse(Source(f"--input {text}", text))


def input_nodes(header: Header, values: dict[str, Any], options: Options) -> list[Node]:
    """Return the input nodes, their shapes from the spec or from `--input`."""
    single, several = header.root.get("input"), header.root.get("inputs")
    if single is not None and several is not None:
        help = "move the one `input` into `inputs`, or remove one of them"
        header.error(several, "a spec has either `input` or `inputs`, not both", help)
    given: list[tuple[str, TreeNode]] = []
    if several is not None:
        given = [(key.text, node) for key, node in header.mapping("inputs")]
        for key, _ in header.mapping("inputs"):
            try:
                check_name(key, "an input's name")
            except SpecError as error:
                header.errors.extend(error.diagnostics)
    elif single is not None:
        given = [("input", single)]
    overrides = dict(options.inputs)
    if "" in overrides:
        if len(given) > 1:
            names = ", ".join(name for name, _ in given)
            raise UsageError(
                "the spec has several inputs", f"write --input NAME=SHAPE for one of {names}"
            )
        overrides[given[0][0] if given else "input"] = overrides.pop("")
    if not given and not overrides and several is not None:
        if isinstance(several, Mapping) or not several.span:
            header.error(several, "`inputs` is empty", MAPPING_HELP["inputs"])
    elif not given and not overrides and "input" not in header.meant:
        help = "write `input: 3x224x224` (channels x height x width)"
        header.error(header.root, "the spec has no `input`", help)
    known = {name for name, _ in given} or set(overrides)
    for name in overrides:
        if name not in known:
            raise UsageError(
                f"the spec has no input `{name}`", "it has " + ", ".join(sorted(known))
            )
    nodes: dict[str, TreeNode] = dict(given)
    for name, text in overrides.items():
        nodes[name] = from_option(text)
    return [
        node
        for name, place in nodes.items()
        if (node := input_node(header, name, place, values)) is not None
    ]


def input_node(header: Header, name: str, place: TreeNode, values: dict[str, Any]) -> Node | None:
    """Return one input node, or None after noting a fault."""
    help = "write channels x height x width, such as 3x224x224, or a list"
    try:
        if isinstance(place, Scalar):
            text = place.text.lower().replace("×", "x").replace(" ", "")
            parts = text.split("x")
            if all(part.isascii() and part.isdigit() and len(part) < 12 for part in parts):
                shape: Any = tuple(int(part) for part in parts)
            else:
                shape = computed_shape(header, place, values)
        else:
            shape = computed_shape(header, place, values)
        if not isinstance(shape, tuple):
            shape = (shape,)
        if len(shape) > MAX_AXES + 1:
            fault(place, f"an input has channels and up to 3 axes, not {len(shape) - 1}", help)
        layer = Input(shape)
    except LayerError:
        message = f"an input has lengths from 1 to {MAX_LENGTH:,}, not {show(shape)}"
        header.error(place, message, help)
        return None
    except SpecError as error:
        header.errors.extend(error.diagnostics)
        return None
    return Node(name, layer, (), span=place.span)


def computed_shape(header: Header, place: TreeNode, values: dict[str, Any]) -> Any:
    """Return a shape that is written with parameters; raises `SpecError`."""
    try:
        value = compile_value(place, tuple(values))
    except SpecError:
        if isinstance(place, Mapping):
            help = "write `input: 3x224x224`, or `inputs:` if there are several"
            fault(place, "an input is one shape, not a mapping", help)
        if isinstance(place, Scalar):
            help = "write channels x height x width, such as 3x224x224, or a list"
            fault(place, f"`{place.text[:60]}` is not an input shape", help)
        raise
    header.used.update(value.names)
    shape = value.evaluate(values.__getitem__)
    if isinstance(shape, tuple):
        return tuple(int(n) if type(n) is float and n.is_integer() else n for n in shape)
    return shape
