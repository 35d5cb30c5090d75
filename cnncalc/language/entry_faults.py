"""What is said of an entry that is not written as one, or has fields that its layer lacks."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, quoted, suggest
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.language.values import fault, slip
from cnncalc.layers import FIELD_ALIASES
from cnncalc.record import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from cnncalc.language.entries import Entry, LayerEntry
    from cnncalc.language.tree import Node
    from cnncalc.layers.option import LayerField

GENERIC = ("name", "from", "repeat", "share", "if", "trainable", "dtype", "seen_as")
#: Keys of the spec that are found among its layers when they are indented too far.
HEADER_KEYS = ("input", "inputs", "parameters", "variants", "blocks", "layers", "outputs")
#: Fields of other tools for which there is another way here.
FIELD_HELP = {
    "activation": "an activation is a layer of its own: add one below, such as `- relu`",
    "dim": "concat joins the channels; `axis: 1` joins another axis",
    "in_channels": "delete it: the channels of the input are known",
    "in_features": "delete it: the length of the input is known",
    "num_features": "delete it: the channels of the input are known",
    "return_sequences": "`output: sequence` gives the states after every column, `last` one",
    "batch_first": "delete it: here there is no batch",
    "inplace": "delete it: it changes no figure here",
    "input_shape": "delete it: `input` at the top of the spec says it",
}


def split(node: Node) -> tuple[Scalar, Node | None]:
    """Return the keyword of an entry and what stands after it; raises `SpecError`."""
    if isinstance(node, Scalar):
        if not node.text:
            fault(node, "here is an empty entry", "remove the `-`, or name a layer after it")
        return node, None
    if isinstance(node, Sequence):
        fault(node, "an entry is a layer or a block, not a list", "remove one level of brackets")
    if len(node.entries) != 1:
        words = ", ".join(f"`{key.text}`" for key, _ in node.entries[:5])
        if not node.entries:
            fault(node, "here is an empty entry", "name a layer")
        first, value = node.entries[0]
        help = f"begin each layer with `- `; put the fields of one in `{first.text}: {{...}}`"
        if isinstance(value, Scalar) and not value.text:
            help = f"indent the fields below `{first.text}:`, or write `{first.text}: {{...}}`"
        fault(node.entries[1][0], f"an entry is one layer, but this one has {words}", help)
    keyword, value = node.entries[0]
    if isinstance(value, Scalar) and not value.text and not value.quoted:
        return keyword, None
    return keyword, value


def field_entries(
    keyword: Scalar, value: Node | None, fields: tuple[str, ...], what: str = "fields"
) -> list[tuple[Scalar, Node]]:
    """Return keys and values of an entry; a bare value belongs to the first field."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return value.entries
    if not fields:
        help = f"write `- {keyword.text}`"
        fault(value, f"{keyword.text} has no {what}, so it takes no value", help)
    return [(Scalar(fields[0], None, *value.place), value)]


def is_rest_of_expression(key: Scalar, value: Node) -> bool:
    """Return whether a key is what a comma of YAML has cut off an expression: `16)`."""
    return value.kind == "nothing" and key.text.count(")") > key.text.count("(")


def missing_fields(entry: LayerEntry, fields: dict[str, LayerField]) -> list[Diagnostic]:
    """Return a fault for every required field that was not given."""
    given = {*entry.constants, *(name for name, _ in entry.computed)}
    missing = [n for n, spec in fields.items() if spec.default is MISSING and n not in given]
    if not missing:
        return []
    names = " and ".join(f"`{name}`" for name in missing)
    shown = ", ".join(f"{name}: ..." for name in missing)
    first = missing[0]
    help = f"write `{entry.keyword}: {{{shown}}}`; `{first}`: {fields[first].doc}"
    return [Diagnostic(f"{entry.keyword} needs {names}", entry.span, help)]


def unknown_field(
    owner: str,
    key: Scalar,
    fields: tuple[str, ...],
    what: str = "field",
    others: tuple[str, ...] = GENERIC,
) -> NoReturn:
    """Raise a `SpecError` for a key that its owner does not have."""
    meant = suggest(key.text, [*fields, *others], FIELD_ALIASES)
    if meant:
        help = f"did you mean `{meant}`?"
    elif fields:
        help = f"{owner} has " + ", ".join(fields)
    else:
        help = f"{owner} has no {what}s of its own; any entry may have " + ", ".join(others)
    help = slip(key.text) or (FIELD_HELP.get(key.text) if what == "field" else None) or help
    fault(key, f"{owner} has no {what} {quoted(key.text)}", help)


def one_input(entry: Entry, wanted: list[str] | None = None) -> Diagnostic:
    """Return the fault of several inputs where one is taken, or others than a block wants."""
    if wanted:
        message = f"{entry.keyword} takes {len(wanted)} inputs: {', '.join(wanted)}"
        if len(wanted) == 1:
            message = f"{entry.keyword} takes one input, `{wanted[0]}`"
        help = "name as many layers: `from: [a, b]`" if len(wanted) > 1 else "name one layer"
        return Diagnostic(message, (entry.sources or [entry.node])[0].span, help)
    place = (entry.sources or [entry.node])[1]
    help = "join them first: `concat: {from: [a, b]}`, `add` or `multiply`"
    return Diagnostic(f"{entry.keyword} takes one input, not several", place.span, help)
