"""From a Darknet file to a graph."""

from __future__ import annotations

from cnncalc.diagnostics import SpecError, suggest
from cnncalc.exchange.builder import GraphBuilder, Stated
from cnncalc.exchange.darknet.layers import HEADS, RULES
from cnncalc.exchange.darknet.sections import SectionUse, sections
from cnncalc.exchange.files import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.darknet.sections import CfgSection
    from cnncalc.graph import Graph


def read(path: str, given: Given, _strict: bool = False) -> Graph:
    """Return the graph of a Darknet file.

    `given` gives a shape to the input, called `input`, in the place of the file's own. Outputs are
    what the heads (`yolo`, `region`, `detection`) read, or else the last layer. Raises `SpecError`
    for what Darknet would not read either, and for sections that have no layer of ours.
    """
    source = read_text(path)
    found = sections(source)
    builder = GraphBuilder(source.name)
    if not found or found[0].kind != "net":
        raise builder.error("it is no Darknet file: those begin with `[net]`")
    builder.check_count(len(found))
    previous = builder.enter([Stated("input", entering(found[0]))], given)["input"]
    outputs: list[int] = []
    ends: list[int] = []
    for section in found[1:]:
        previous = call(builder, section, previous, outputs)
        outputs.append(previous)
        if section.kind in HEADS:
            ends.append(previous)
    if not outputs:
        raise builder.error("it has no layers")
    if ends:
        builder.note(
            "the heads (" + ", ".join(sorted({s.kind for s in found if s.kind in HEADS}))
            + ") decode boxes from their maps; what that costs is not counted"
        )  # fmt: skip
    return builder.graph(source.name.rpartition(".")[0] or source.name, ends or [previous])


def entering(net: CfgSection) -> list[int]:
    """Return the lengths of the input; 0 where the file does not say one."""
    if net.has("inputs") and not net.has("width", "height"):
        return [net.integer("inputs", 0)]
    return [net.integer("channels", 0), net.integer("height", 0), net.integer("width", 0)]


def call(builder: GraphBuilder, section: CfgSection, previous: int, outputs: list[int]) -> int:
    """Return the output of a section."""
    rule = RULES.get(section.kind)
    if rule is None:
        near = suggest(section.kind, RULES)
        raise section.place.error(
            f"there is no layer for the section [{section.kind}]",
            f"did you mean `[{near}]`?" if near else None,
        )
    try:
        return rule(SectionUse(builder, section, previous, outputs))
    except SpecError as error:
        raise section.place.placed(error) from None
