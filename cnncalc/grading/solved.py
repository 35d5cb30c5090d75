"""Inverse questions that `cnncalc solve` answers: one layer, or a network's input or batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import Diagnostic, SpecError, UsageError
from cnncalc.geometry import Window
from cnncalc.grading.located import Keys
from cnncalc.grading.search import INPUT, spread, steps
from cnncalc.spec.tree import Mapping, Scalar
from cnncalc.teaching.solve import sizes
from cnncalc.teaching.solve.budget import largest_batch, parse_bytes
from cnncalc.teaching.solve.counts import solve_counts
from cnncalc.teaching.solve.cover import layers_to_cover, layers_to_shrink
from cnncalc.teaching.solve.typed import UNKNOWN, counts_question, window_of
from cnncalc.teaching.solve.window import solve_window
from cnncalc.teaching.solve.window_words import answer as answer_of
from cnncalc.teaching.typed import numbers

if TYPE_CHECKING:
    from cnncalc.grading.model import Network
    from cnncalc.grading.questions import QuestionReader
    from cnncalc.spec.tree import Node

LAYERS = {"conv": "convolution", "pool": "pool", "conv_transpose": "transposed convolution"}
#: Sizes of a layer, by the spec language's names, with the solver's.
SIZES = {
    "kernel_size": "kernel", "stride": "stride", "padding": "padding", "dilation": "dilation",
    "output_padding": "output_padding", "groups": "groups", "in_channels": "channels",
    "out_channels": "filters",
}  # fmt: skip
_COUNTED = ("in_channels", "out_channels", "groups")
GIVEN = (*SIZES, "input", "output", "params", "macs", "bias", "receptive_field")
_ALIASES = {
    "kernel": "kernel_size", "filters": "out_channels", "channels": "in_channels", "size":
    "kernel_size", "pad": "padding", "strides": "stride", "parameters": "params", "cover":
    "receptive_field",
}  # fmt: skip
_DEPTH = "layers"
UP_TO = 512


@dataclass(frozen=True, slots=True)
class Solved:
    """The solutions of an inverse question, and its parts in words.

    `tried` counts the values that were tried, where a range was searched. `lead` is a sentence
    before the question; `pick` replaces it where one value alone is asked for; `why` says why there
    is no solution.
    """

    unknowns: tuple[str, ...]
    solutions: Sequence[tuple[int, ...]]
    tried: int
    ranges: str
    wanted: str
    quantities: Collection[str]
    lead: str = ""
    pick: str = ""
    why: str = ""
    example: Network | None = None


def solved(reader: QuestionReader) -> Solved | None:
    """Return what `cnncalc solve` finds; None for a question about the parameters of a spec."""
    try:
        if reader.keys.node("layer") is not None:
            return _layer(reader)
        unknown = reader.keys.text("unknown") if _is_word(reader.keys.node("unknown")) else ""
        if not reader.has_spec or unknown in reader.networks.parameters(reader.place):
            return None
        if unknown == "batch":
            return _batch(reader)
        return _input(reader) if unknown == INPUT else None
    except UsageError as error:
        place = reader.keys.node("given") or reader.keys.node("want") or reader.mapping
        help = (error.help or "").replace("--", "").replace("-", "_") or None
        what = error.message.replace("--", "").replace("_", " ")
        raise SpecError(Diagnostic(what, place.span, help)) from None


def _is_word(node: Node | None) -> bool:
    return isinstance(node, Scalar)


def _input(reader: QuestionReader) -> Solved | None:
    """Return the input sizes of a network that give an output, or of which nothing is lost."""
    wants = {name.text: value for name, value in reader.keys.entries("want")}
    span = reader.keys.node("range")
    values = steps(span, "range") if span is not None else tuple(range(1, UP_TO + 1))
    network = reader.network()
    graph = network.graph
    reader.target(network)
    ranges = f"the side of the input {spread(values)}"
    if not wants and reader.keys.text("pick") == "smallest":
        found = sizes.smallest(graph)
        least = found.value if isinstance(found.value, int) else 0
        text = "the side of the smallest input that the network can take"
        return Solved((INPUT,), [(least,)] if least else [], 0, "", "", ("spatial",), "", text)
    if len(wants) != 1:
        return None
    (name, value), *_ = wants.items()
    if name == "lossless":
        found = sizes.lossless(graph, max(values))
        wanted = "no pixel is lost, neither of the image nor of any map behind it"
    elif name in ("spatial", "size") and isinstance(value, Scalar) and value.text != "input":
        node = reader.keys.text("node") or graph.nodes[graph.outputs[0]].name
        found = sizes.with_output(graph, numbers(value.text, value.text), max(values), None, node)
        wanted = f"the output of `{node}` is {value.text}"
    else:
        return None
    kept = frozenset(values)
    right = [(size,) for size in found.value or () if size in kept]  # type: ignore[attr-defined]
    why = "" if right else found.summary
    return Solved(
        (INPUT,), right, len(values), ranges, wanted, ("spatial",), why=why, example=network
    )


def _batch(reader: QuestionReader) -> Solved:
    """Return the largest batch with which a network fits in memory."""
    place = reader.keys.node("want")
    known = ("memory", "training")
    keys = Keys(place, "`want`", known, reader.faults) if isinstance(place, Mapping) else None
    if keys is None or not keys.text("memory"):
        where = place or reader.mapping
        help = "write `want: {memory: 8GiB}`, with `training: true` if it is trained"
        raise SpecError(Diagnostic("a batch is limited by memory", where.span, help))
    training = keys.truth("training", False)
    network, memory = reader.network(), keys.text("memory")
    found = largest_batch(network.graph, parse_bytes(memory), reader.conventions.dtype, training)
    best = found.value if isinstance(found.value, int) else 0
    parts = "weights, buffers and the largest activations alive at once"
    if training:
        parts = "weights, gradients, two moments of Adam and all activations"
    text = f"the largest batch for which the network takes at most {memory} ({parts})"
    right = [(best,)] if found.found else []
    return Solved(("batch",), right, 0, "", "", ("weight_bytes",), "", text, found.summary, network)


def _layer(reader: QuestionReader) -> Solved:
    """Return what makes a single layer do what is given."""
    kind = reader.keys.word("layer", LAYERS, "conv")
    place = reader.keys.node("given")
    if not isinstance(place, Mapping):
        help = "write `given: {input: 32x32, output: 32x32, kernel_size: 5}`"
        raise SpecError(Diagnostic("nothing is given", (place or reader.mapping).span, help))
    keys = Keys(place, "`given`", GIVEN, reader.faults, _ALIASES)
    given = {name: keys.text(name) for name in GIVEN if keys.node(name) is not None}
    unknowns = _unknowns(reader)
    for name, _ in unknowns:
        if name in given:
            what = f"`{name}` is both given and unknown"
            raise SpecError(Diagnostic(what, place.span, "leave one of them out"))
    if [name for name, _ in unknowns] == [_DEPTH]:
        return _depth(given, LAYERS[kind], place)
    names = tuple([name for name, _ in unknowns])
    if "kernel_size" not in given and "kernel_size" not in names:
        help = "add `kernel_size: 3` to what is given, or to the unknowns"
        raise SpecError(Diagnostic("the kernel's size is missing", place.span, help))
    options = _options(reader, kind, given, unknowns)
    counted = "params" in given or "macs" in given or any(name in _COUNTED for name in names)
    if counted:
        answer = solve_counts(counts_question(options))
        rows, searched = answer.value, names[:-1] if len(names) > 1 else ()
        why = answer.summary
    else:
        found = solve_window(window_of(kind, options))
        if found.endless:
            help = "give the unknown a range, such as `unknown: {input: 1..64}`"
            raise SpecError(Diagnostic("there are solutions without end", place.span, help))
        rows, searched, why = found.rows, tuple(found.searched), answer_of(found).summary
    solutions = _kept(rows, unknowns)  # type: ignore[arg-type]
    ranges = [
        f"{_title(name)} {spread(values) if values else _default(name)}"
        for name, values in unknowns
        if values or SIZES.get(name, name) in searched
    ]
    exact = "output" not in given
    quantities = ("params",) if "params" in given else ("fits",) if exact else ("spatial",)
    lead, wanted = _words(reader, kind, given)
    return Solved(names, solutions, 0, ", ".join(ranges), wanted, quantities, lead, why=why)


def _unknowns(reader: QuestionReader) -> list[tuple[str, tuple[int, ...]]]:
    """Return the sizes that are unknown, with the values they may take (none: any)."""
    node = reader.keys.node("unknown")
    span = reader.keys.node("range")
    if isinstance(node, Mapping):
        pairs = [(name, steps(values, name.text)) for name, values in node.entries]
    else:
        shared = steps(span, "range") if span is not None else ()
        pairs = [(name, shared) for name in reader.keys.texts("unknown")]
    known = (*SIZES, INPUT, _DEPTH)
    for name, _ in pairs:
        if name.text not in known:
            meant = _ALIASES.get(name.text)
            help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(known)
            raise SpecError(Diagnostic(f"`{name.text}` is no size of a layer", name.span, help))
    return [(name.text, values) for name, values in pairs]


def _options(
    reader: QuestionReader,
    kind: str,
    given: dict[str, str],
    unknowns: list[tuple[str, tuple[int, ...]]],
) -> dict[str, Any]:
    """Return the question as `cnncalc solve` is asked on the command line."""
    texts = dict(given) | {
        name: f"{min(values)}..{max(values)}" if values else "any" for name, values in unknowns
    }
    options: dict[str, Any] = {ours: texts.get(name) for name, ours in SIZES.items()}
    if kind != "conv_transpose":
        del options["output_padding"]
    exact = "output" not in given and "input" in texts
    return options | {
        "given": texts.get("input"),
        "wanted": given.get("output"),
        "layout": "chw",
        "dims": None,
        "rounding": "strict" if exact else reader.conventions.rounding or "floor",
        "bias": given.get("bias") != "false" and reader.conventions.bias == "counted",
        "params": given.get("params"),
        "macs": given.get("macs"),
    }


def _kept(
    rows: Sequence[dict[str, int]], unknowns: list[tuple[str, tuple[int, ...]]]
) -> list[tuple[int, ...]]:
    """Return the solutions whose values are among those allowed."""
    result = []
    for row in rows:
        values = tuple([row[SIZES.get(name, name)] for name, _ in unknowns])
        pairs = zip(values, unknowns, strict=True)
        if all(not allowed or value in allowed for value, (_, allowed) in pairs):
            result.append(values)
    return list(dict.fromkeys(result))


def _depth(given: dict[str, str], noun: str, place: Node) -> Solved:
    """Return the fewest equal layers that see enough pixels, or shrink a length far enough."""
    number = {name: int(text) for name, text in given.items() if text.isdigit()}
    padding = number.get("padding", 0)
    window = Window(
        number.get("kernel_size", 1), number.get("stride", 1), padding, padding,
        number.get("dilation", 1),
    )  # fmt: skip
    if "receptive_field" in number:
        found = layers_to_cover(number["receptive_field"], window)
        does = f"whose units see at least {number['receptive_field']} pixels"
    elif "input" in number and "output" in number:
        found = layers_to_shrink(number["input"], number["output"], window)
        does = f"that bring {number['input']} to {number['output']} or less"
    else:
        help = "give `receptive_field: 11`, or `input: 224` and `output: 7`"
        raise SpecError(Diagnostic("nothing says how many layers it takes", place.span, help))
    sizes_of = _sizes({name: given[name] for name in SIZES if name in given})
    text = f"the fewest equal {noun} layers{sizes_of}, one after the other, {does}"
    right = [(found.value,)] if isinstance(found.value, int) and found.found else []
    quantity = "receptive_field" if "receptive_field" in number else "spatial"
    return Solved((_DEPTH,), right, 0, "", "", (quantity,), "", text, found.summary)


def _title(name: str) -> str:
    return "side of the input" if name == INPUT else name.replace("_", " ")


def _default(name: str) -> str:
    span = UNKNOWN[SIZES.get(name, name)]
    return f"from {span.lo} to {span.hi}"


def _sizes(given: dict[str, str]) -> str:
    parts = [f"{_title(name)} {text}" for name, text in given.items()]
    return " with " + " and ".join(", ".join(parts).rsplit(", ", 1)) if parts else ""


def _words(reader: QuestionReader, kind: str, given: dict[str, str]) -> tuple[str, str]:
    """Return the sentence about the layer, and the clause about what it shall do."""
    sizes_of = _sizes({name: given[name] for name in SIZES if name in given})
    lead = f"A {LAYERS[kind]}{sizes_of}"
    lead += f" reads {given['input']}. " if "input" in given else " is given. "
    wanted = []
    if "params" in given:
        what = "it has" if reader.conventions.bias == "counted" else "it has, without biases,"
        wanted.append(f"{what} {given['params']} parameters")
    if "macs" in given:
        wanted.append(f"it takes {given['macs']} multiply-accumulates")
    if "output" in given:
        wanted.append(f"its output is {given['output']}")
    if not wanted:
        wanted.append("its window fits exactly")
    return lead, " and ".join(wanted)
