"""Inverse questions about one layer: what makes it do what is given, from `cnncalc solve`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.geometry import Window
from cnncalc.grading.question_types.parameter_search import INPUT, spread, steps
from cnncalc.grading.yaml_keys import Keys
from cnncalc.language.tree import Mapping
from cnncalc.solve.counts import solve_counts
from cnncalc.solve.cover import layers_to_cover, layers_to_shrink
from cnncalc.solve.typed import UNKNOWN, counts_question, window_of
from cnncalc.solve.window import solve_window
from cnncalc.solve.window_words import answer as answer_of

if TYPE_CHECKING:
    from cnncalc.grading.model import Network
    from cnncalc.grading.question_types.question import QuestionReader
    from cnncalc.language.tree import Node

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
#: What a question calls them.
_TITLES = {
    "kernel_size": "kernel size", "input": "side of the input", "out_channels":
    "number of filters", "in_channels": "number of input channels", "groups": "number of groups",
}  # fmt: skip
_DEPTH = "layers"


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

    @property
    def titles(self) -> list[str]:
        """The unknowns in words: of a layer by what they are, of a spec by their names."""
        return [f"the {_title(name)}" if self.lead else name for name in self.unknowns]


def layer_solved(reader: QuestionReader) -> Solved:
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
    lead, wanted = _words(reader, kind, given, {} if counted else _usual(kind, given, names))
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
    usual = {"stride": "1"} if "receptive_field" in number else {"stride": "1", "padding": "0"}
    text = (
        f"the smallest number of {noun} layers{_sizes(given, usual)}, one after the other, {does}"
    )
    right = [(found.value,)] if isinstance(found.value, int) and found.found else []
    quantity = "receptive_field" if "receptive_field" in number else "spatial"
    return Solved((_DEPTH,), right, 0, "", "", (quantity,), "", text, found.summary)


def _title(name: str) -> str:
    return _TITLES.get(name, name.replace("_", " "))


def _default(name: str) -> str:
    span = UNKNOWN[SIZES.get(name, name)]
    return f"from {span.lo} to {span.hi}"


def _sizes(given: dict[str, str], usual: dict[str, str]) -> str:
    """Return the sizes of a layer in words: those given, and what holds for others."""
    known = usual | given
    parts = [f"{name.replace('_', ' ')} {known[name]}" for name in SIZES if name in known]
    return " with " + " and ".join(", ".join(parts).rsplit(", ", 1)) if parts else ""


def _usual(kind: str, given: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Return what holds for sizes that are neither given nor unknown, where it must be said."""
    stride = f"{given['kernel_size']}" if kind == "pool" and "kernel_size" in given else "1"
    usual = {"stride": stride, "padding": "0"}
    if kind == "pool" and "kernel_size" in names:
        usual["stride"] = "equal to the kernel"
    return {name: text for name, text in usual.items() if name not in names}


def _words(
    reader: QuestionReader, kind: str, given: dict[str, str], usual: dict[str, str]
) -> tuple[str, str]:
    """Return the sentence about the layer, and the clause about what it shall do."""
    lead = f"A {LAYERS[kind]}{_sizes(given, usual)}"
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
