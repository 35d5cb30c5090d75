"""Any graph as a spec that a person might have written.

`respec` finds branches, equal blocks and repetitions, leaves defaults out and keeps the names that
say something. The figures of the spec it returns are those of the graph, node for node, in the
order that it returns too; whoever needs certainty builds the spec again and compares.
"""

from __future__ import annotations

import textwrap

from cnncalc.exchange.blocks import SpecBlock, fold
from cnncalc.exchange.drafts import Draft, Drafting, ExpressionText, telling
from cnncalc.exchange.structure import GraphStructure, ListedNode
from cnncalc.exchange.targets import output_shapes
from cnncalc.layers import LAYERS
from cnncalc.layers.option import show
from cnncalc.quantities import show_shape
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cnncalc.graph import Graph

WIDTH = 100
#: Words with a meaning of their own in a list of layers.
LANGUAGE = {"input", "aux", "group", "network", "custom", "layer"}


class Respecified(Record):
    """A spec for a graph: its text, and the index in the graph of each of its nodes."""

    text: str
    order: list[int]


def respec(graph: Graph, *, flat: bool = False) -> Respecified:
    """Return a readable spec of a graph; with `flat` every layer is an entry of one list.

    Raises `LayerError` if a layer of the graph cannot take its input.
    """
    shapes = output_shapes(graph)
    items = GraphStructure(graph, flat).items()
    names = names_needed(graph, items)
    entries = Drafting(graph, shapes, names).drafts(items, graph.inputs[0])
    blocks = [] if flat else fold(entries, LAYERS.keys() | LANGUAGE)
    order = [*graph.inputs, *[index for entry in entries for index in entry.nodes]]
    lines = [*header(graph), *block_lines(blocks), "layers:", *list_lines(entries, "  ")]
    if graph.outputs != ([index for index in order if not graph.nodes[index].aux][-1],):
        lines.append(f"outputs: [{', '.join(names[index] for index in graph.outputs)}]")
    return Respecified("\n".join(lines) + "\n", order)


def names_needed(graph: Graph, items: tuple[ListedNode, ...]) -> dict[int, str]:
    """Return names for the nodes that others refer to, no two alike."""
    nodes = graph.nodes
    wanted = set(all_origins(items)) | {n.shares for n in nodes if n.shares is not None}
    wanted.update([node.inputs[-1] for node in nodes if node.layer.like is not None])
    if graph.outputs != (len(nodes) - 1,):
        wanted.update(graph.outputs)
    names = {index: nodes[index].name for index in graph.inputs}
    taken = set(names.values())
    for index in sorted(wanted - names.keys()):
        node = nodes[index]
        stem = telling(node.name, node.layer.keyword)
        name, number = stem or "skip_1", 1
        while name in taken:
            number += 1
            name = f"{stem or 'skip'}_{number}"
        names[index] = name
        taken.add(name)
    return names


def all_origins(items: tuple[ListedNode, ...]) -> Iterator[int]:
    """Yield every node that an entry names as what it reads."""
    for item in items:
        yield from item.origins or ()
        for entries in (*(item.branches or ()), item.head or ()):
            yield from all_origins(entries)


def header(graph: Graph) -> list[str]:
    """Return the lines before the blocks: what the network is, and what enters it."""
    lines = [f"name: {quoted_text(graph.name)}"]
    if graph.source:
        lines.append(f"source: {quoted_text(graph.source)}")
    inputs = [graph.nodes[i] for i in graph.inputs]
    shapes = [show_shape(node.layer.output_shape(())) for node in inputs]
    if len(inputs) == 1 and inputs[0].name == "input":
        return [*lines, f"input: {shapes[0]}"]
    pairs = [f"{node.name}: {shape}" for node, shape in zip(inputs, shapes, strict=True)]
    return [*lines, "inputs: {" + ", ".join(pairs) + "}"]


def block_lines(blocks: list[SpecBlock]) -> list[str]:
    """Return the section with the blocks."""
    lines = ["blocks:"] if blocks else []
    for block in blocks:
        lines.append(f"  {block.name}:")
        if block.parameters:
            parameters = ", ".join(f"{name}: " for name in block.parameters)
            lines.append(f"    parameters: {{{parameters}}}")
        lines += ["    layers:", *list_lines(block.entries, "      ")]
    return lines


def list_lines(entries: list[Draft], indent: str) -> list[str]:
    """Return the lines of one list of entries, with the names that are wished for and free."""
    taken = {entry.label for entry in entries}
    words = {entry.word for entry in entries}  # whose unnamed entries are called `word_1` and so on
    lines: list[str] = []
    for entry in entries:
        name = entry.label
        if name is None and entry.wish is not None and entry.wish not in taken:
            stem, _, number = entry.wish.rpartition("_")
            name = None if number.isdigit() and stem in words else entry.wish
            taken.add(name)
        lines += entry_lines(entry, name, indent)
    return lines


def entry_lines(entry: Draft, name: str | None, indent: str) -> list[str]:
    """Return the lines of one entry: a word, one line of fields, or fields and branches."""
    fields = entry.fields
    ordered = [*[n for n in entry.order if n in fields], *(fields.keys() - set(entry.order))]
    values = {field: value_text(fields[field]) for field in ordered}
    extras: dict[str, str] = {}
    if name is not None:
        extras["name"] = name
    if entry.origins is not None:
        lone = len(entry.origins) == 1
        extras["from"] = entry.origins[0] if lone else f"[{', '.join(entry.origins)}]"
    if entry.repeat > 1:
        extras["repeat"] = str(entry.repeat)
    if entry.lists:
        lines = [f"{indent}- {entry.word}:"]
        lines += [f"{indent}    {key}: {value}" for key, value in {**extras, **values}.items()]
        for branch, inner in entry.lists.items():
            if not inner:
                lines.append(f"{indent}    {branch}: []")
            else:
                lines += [f"{indent}    {branch}:", *list_lines(inner, indent + "      ")]
        return lines
    if not values and not extras:
        return [f"{indent}- {entry.word}"]
    if not extras and list(values) == list(entry.order[:1]):
        return [f"{indent}- {entry.word}: {values[entry.order[0]]}"]
    pairs = [f"{key}: {in_braces(value)}" for key, value in {**values, **extras}.items()]
    text = f"{indent}- {entry.word}: {{{', '.join(pairs)}}}"
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent + "    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def value_text(value: Any) -> str:
    """Return a value as a spec has it: names and formulas in quotes where YAML asks for them."""
    if isinstance(value, ExpressionText):
        return value.text
    items = value if isinstance(value, tuple) else (value,)
    if any(isinstance(item, str) and needs_quotes(item) for item in items):
        # A list of such formulas is written as one formula, which gives a list.
        return '"' + show(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return show(value)


def needs_quotes(text: str) -> bool:
    """Return whether a text within a mapping in braces would mean something else to YAML."""
    return not text[:1].isalnum() or any(mark in text for mark in ',[]{}:#"\\')


def in_braces(text: str) -> str:
    """Return a value for a mapping in braces, in quotes where it would end the mapping."""
    within = "[" in text[1:] and not text.startswith(("[", '"'))
    return f'"{text}"' if within else text


def quoted_text(text: str) -> str:
    """Return a text for people as a YAML scalar in double quotes, escaped, where it needs them."""
    plain = text.isascii() and text.isprintable() and text[:1].isalpha()
    if plain and not any(mark in text for mark in (": ", " #", '"', "'")) and text[-1] not in ": ":
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    shown = [c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped]
    return '"' + "".join(shown) + '"'
