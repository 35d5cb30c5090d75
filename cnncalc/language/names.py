"""Names that a spec gives and refers to."""

from __future__ import annotations

from cnncalc.language.tree import Scalar, Sequence
from cnncalc.language.values import fault
from cnncalc.layers import LAYERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.language.tree import Node

LONGEST_NAME = 100


def references(node: Node) -> list[Scalar]:
    """Return the names that a `from` or `share` gives; raises `SpecError`."""
    items = node.items if isinstance(node, Sequence) else [node]
    if not items:
        fault(node, "an empty list names nothing", "name at least one earlier layer")
    for item in items:
        if not isinstance(item, Scalar) or not item.text:
            help = "give the layer a `name` and write it here"
            fault(item, f"wanted the name of an earlier layer, not {item.kind}", help)
    return items  # type: ignore[return-value]  # all of them were just seen to be scalars


def layer_name(node: Node) -> Scalar:
    """Return a name given by the spec; raises `SpecError` if it cannot be one."""
    if not isinstance(node, Scalar):
        fault(node, f"a name must be a word, not {node.kind}", "such as `name: conv1`")
    check_name(node, "a name")
    return node


def check_name(node: Scalar, what: str) -> None:
    """Raise `SpecError` unless the text can be one part of a path."""
    text = node.text
    if not text:
        fault(node, f"{what} cannot be empty", "leave it out, or write a word")
    if len(text) > LONGEST_NAME:
        size = f"{what} may have {LONGEST_NAME} characters, this has {len(text)}"
        fault(node, size, "choose a shorter one")
    if "/" in text:
        help = "scopes are joined by `/` by themselves; write the last part only"
        fault(node, f"{what} cannot contain `/`", help)
    if not text.isprintable() or " " in text:
        help = "join its words with `_`"
        fault(node, f"{what} cannot contain spaces or control characters", help)


def check_block_name(name: Scalar) -> None:
    """Raise `SpecError` if a block's name is a layer's."""
    if name.text in LAYERS or name.text in ("aux", "group", "layer", "network", "input"):
        help = f"choose another, such as `{name.text}_block`"
        fault(name, f"`{name.text}` is a layer, so no block can have that name", help)
