"""What a spec says of its own network: the outputs it names, the facts that its source states."""

from __future__ import annotations

from cnncalc.diagnostics import SpecError, did_you_mean, quoted, suggest
from cnncalc.graph import Published
from cnncalc.language.names import references
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.language.values import fault
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.language.expand import Expander
    from cnncalc.language.header import Header
    from cnncalc.language.tree import Node

FACT_KEYS = ("quantity", "value", "source", "node", "variant", "erratum")
QUANTITIES = (
    "params", "trainable", "buffers", "macs", "flops", "output", "activations", "connections",
    "depth", "receptive_field", "effective_stride", "effective_padding", "params_with_aux",
    "macs_with_aux",
)  # fmt: skip


def named_outputs(header: Header, node: Node, expander: Expander) -> tuple[int, ...]:
    """Return the nodes that `outputs` names."""
    try:
        return tuple([expander.find(name, expander.top) for name in references(node)])
    except SpecError as error:
        header.errors.extend(error.diagnostics)
        return ()


class Fact(Record):
    """A published fact, where it stands, and the variants it is limited to (none: it is not)."""

    item: Node
    published: Published
    variants: tuple[str, ...]


def facts(header: Header) -> list[Fact]:
    """Return all published facts of the spec; notes faults."""
    node = header.root.get("published")
    if node is None:
        return []
    if not isinstance(node, Sequence):
        help = "write one `- {quantity: params, value: 11.7M}` per line"
        header.error(node, "`published` must be a list of facts", help)
        return []
    found = []
    for item in node.items:
        try:
            found.append(fact(header, item))
        except SpecError as error:
            header.errors.extend(error.diagnostics)
    return found


def in_force(
    header: Header, known: list[Fact], variant: str | None, expander: Expander | None
) -> tuple[Published, ...]:
    """Return the facts that hold for a variant; notes a fault where one names no layer."""
    chosen = [fact for fact in known if not fact.variants or variant in fact.variants]
    if expander is not None:
        for fact in chosen:
            if fact.published.node is not None:
                check_fact_node(header, fact.item, fact.published.node, expander)
    return tuple([fact.published for fact in chosen])


def check_fact_node(header: Header, item: Node, name: str, expander: Expander) -> None:
    """Note a fault if a fact speaks of a node that does not exist."""
    if expander.places.index(name) is None and name not in expander.places.kinds:
        help = did_you_mean(
            name, list(expander.places.all())[-2000:], "`cnncalc show` prints the names"
        )
        place = (item.get("node") if isinstance(item, Mapping) else None) or item
        header.error(place, f"the network has no node {quoted(name)}", help)


def fact(header: Header, item: Node) -> Fact:
    """Return one published fact; raises `SpecError`."""
    if not isinstance(item, Mapping):
        fault(item, f"a published fact is a mapping, not {item.kind}")
    texts: dict[str, str] = {}
    variants: tuple[str, ...] = ()
    known = [label.text for label, _ in header.mapping("variants")]
    for key, value in item.entries:
        if key.text not in FACT_KEYS:
            help = did_you_mean(key.text, FACT_KEYS, "it has " + ", ".join(FACT_KEYS))
            fault(key, f"a published fact has no `{key.text[:60]}`", help)
        if key.text == "variant":
            names = value.items if isinstance(value, Sequence) else [value]
            for name in names:
                if not isinstance(name, Scalar) or name.text not in known:
                    meant = suggest(name.text, known) if isinstance(name, Scalar) else None
                    help = f"did you mean `{meant}`?" if meant else "it has " + ", ".join(known)
                    fault(name, "wanted the name of a variant of this spec", help)
            variants = tuple([name.text for name in names if isinstance(name, Scalar)])
        elif isinstance(value, Scalar):
            texts[key.text] = header.one_line(value, f"`{key.text}`")
        else:
            fault(value, f"`{key.text}` must be a text or a number, not {value.kind}")
    for wanted in ("quantity", "value"):
        if not texts.get(wanted):
            example = "{quantity: params, value: 11.7M}"
            fault(item, f"a published fact needs `{wanted}`", f"such as `- {example}`")
    if texts["quantity"] not in QUANTITIES:
        help = did_you_mean(texts["quantity"], QUANTITIES, "one of " + ", ".join(QUANTITIES))
        place = item.values["quantity"]
        fault(place, f"there is no quantity {quoted(texts['quantity'])}", help)
    return Fact(item, Published(span=item.span, **texts), variants)
