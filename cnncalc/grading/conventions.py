"""What an assignment lays down: how things are counted, what answers earn, when they are due."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.grading.answers import DecimalMark
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.yaml_keys import Keys, KnownKey, Table, option, table_of
from cnncalc.layers.batch_norm import BatchNorm
from cnncalc.layers.dense import Linear
from cnncalc.layers.window import Windowed
from cnncalc.quantities import DTYPE_BYTES

if TYPE_CHECKING:
    from cnncalc.graph import Graph


@dataclass(frozen=True, slots=True)
class Conventions:
    """What holds for a question; `rounding` is None where the spec's own holds."""

    rounding: str | None = option(None, "how sizes round", ("floor", "ceil", "strict"))
    bias: str = option("counted", "biases among the parameters", ("counted", "apart"), "biases")
    batch_norm: int = option(2, "values counted per channel", (2, 4), "batchnorm bn")
    flops: str = option("2macs", "what FLOPs count", ("2macs", "macs", "default"), "mac macs")
    layout: str = option("free", "the order of axes in answers", ("free", "hwc", "chw"), "order")
    kilobyte: int = option(1000, "the meaning of K in KB", (1000, 1024), "kb units")
    dtype: str = option("float32", "the type of one value, for memory", DTYPE_BYTES, "type")
    tolerance: Fraction = option(Fraction(0), "how far a count may be off", (), "rel_tol")
    decimal_mark: DecimalMark = option(
        "point", "before decimals", ("point", "comma"), "locale decimal"
    )

    @property
    def itemsize(self) -> int:
        """Bytes of one value."""
        return DTYPE_BYTES[self.dtype]


ONE, HALF, ZERO = Fraction(1), Fraction(1, 2), Fraction(0)


@dataclass(frozen=True, slots=True)
class Rubric:
    """Shares of a question's points, each from 0 to 1; `own` are those of slips, by name."""

    note: Fraction = option(ONE, "accepted with a note")
    order: Fraction = option(HALF, "the other order of axes where one is fixed", (), "layout")
    follow_through: Fraction = option(ONE, "right given earlier answers", (), "follow ecf")
    gate: Fraction = option(ZERO, "what those must have earned at least")
    misconception: Fraction = option(HALF, "a recognised slip", (), "slip")
    other_convention: Fraction = option(ZERO, "right under another convention", (), "convention")
    spatial: Fraction = option(HALF, "the spatial part of a shape")
    depth: Fraction = option(HALF, "the channels of a shape", (), "channels")
    charge: str = option("once", "how often a repeated slip costs", ("once", "always"))
    own: dict[str, Fraction] = field(default_factory=dict)

    def slip(self, name: str) -> Fraction:
        """Return what a named misconception is worth."""
        if name in self.own:
            return self.own[name]
        known = SLIPS[name]
        worth = self.misconception if known.worth is None else known.worth
        return max(worth, self.other_convention) if known.convention else worth


MISCONCEPTIONS: Table = {name: KnownKey(slip.says, "share") for name, slip in SLIPS.items()}
RUBRIC: Table = {
    **table_of(Rubric),
    "misconceptions": KnownKey("shares for recognised slips, by name", "mapping", also="slips"),
}


def read_terms(keys: Keys, base: Conventions, rubric: Rubric) -> tuple[Conventions, Rubric]:
    """Return both with what a mapping says under `conventions` and `credit`."""
    if counting := keys.part("conventions", table_of(Conventions)):
        base = replace(base, **counting.options(base))
    if credit := keys.part("credit", RUBRIC):
        slips, own = credit.part("misconceptions", MISCONCEPTIONS), dict(rubric.own)
        if slips:
            own |= {name: slips.share(name, ZERO, ONE) for name in SLIPS if slips.node(name)}
        rubric = replace(rubric, own=own, **credit.options(rubric))
        if rubric.spatial + rubric.depth > 1:
            what = "the parts `spatial` and `depth` add up to more than 1"
            keys.faults.add(credit.mapping, what)
    return base, rubric


_ROUNDING = {
    "floor": "a window that does not fit exactly is cut off: sizes are rounded down",
    "ceil": "a last, partly filled window counts: sizes are rounded up",
    "strict": "a window that does not fit exactly is an error",
}
_LAYOUT = {
    "free": "shapes in any order of axes that is clear, such as height × width × channels",
    "hwc": "shapes as height × width × channels",
    "chw": "shapes as channels × height × width",
}
_BIAS = {"counted": "biases are counted", "apart": "biases are not counted"}
_FLOPS = {
    "2macs": "one multiply-accumulate is 2 FLOPs, nothing else is counted",
    "macs": "one multiply-accumulate is 1 FLOP, nothing else is counted",
    "default": "one multiply-accumulate is 2 FLOPs, every other operation 1, bias adds included",
}
_SIZES = frozenset(
    ("shape", "spatial", "height", "width", "length", "size", "activations", "neurons",
     "activation_bytes", "peak_bytes", "macs", "flops", "connections")
)  # fmt: skip
_WITH_BIASES = frozenset(("params", "weight_bytes", "fan_in", "connections"))
_STATISTICS = frozenset(("params", "weight_bytes"))
#: Quantities that are counts, for which nearly right can be right; a length never is.
COUNTS = frozenset(
    ("params", "weights", "biases", "buffers", "macs", "flops", "activations", "neurons",
     "connections", "weight_bytes", "activation_bytes")
)  # fmt: skip
_OUTPUTS = (
    "the outputs of all layers count, of activation functions and reshapes too; the input does not"
)
_WHOLE = {
    "activations": _OUTPUTS,
    "neurons": "the outputs of all layers with weights count",
    "activation_bytes": _OUTPUTS,
}


def stated(
    conventions: Conventions,
    quantities: Collection[str],
    graph: Graph | None = None,
    nodes: Collection[int] = (),
    *,
    whole: bool = False,
    unit: str = "",
) -> tuple[str, ...]:
    """Return the conventions that matter for a question, as sentences to print.

    `nodes` of `graph` are those asked about: batch norm's parameters, for instance, are only
    spoken of where there is one. `whole` if a sum over several nodes is asked for.
    """
    asked = frozenset(quantities)
    layers = [graph.nodes[index].layer for index in nodes] if graph else []
    normed = any(isinstance(layer, BatchNorm) for layer in layers)
    # Weights of a fully connected layer depend on the size of the map that it reads.
    flattened = graph is not None and any(node.layer.flattens for node in graph.nodes)
    mapped = flattened and any(isinstance(layer, Linear) for layer in layers)
    what = "scale and shift" if conventions.batch_norm == 2 else "running statistics included"
    size, in_bytes = conventions.itemsize, any(name.endswith("bytes") for name in asked)
    lines = (
        (asked & _SIZES or (asked & _STATISTICS and mapped), _rounding(conventions, graph)),
        ("shape" in asked, _LAYOUT[conventions.layout]),
        (asked & _WITH_BIASES, _BIAS[conventions.bias]),
        (asked & _STATISTICS and normed,
         f"batch norm has {conventions.batch_norm} values per channel ({what})"),
        *[(whole and name in asked, line) for name, line in _WHOLE.items()],
        ("flops" in asked, _FLOPS[conventions.flops]),
        ("peak_bytes" in asked, "the input and all outputs still to be read count, weights do not"),
        (asked & {"receptive_field", "start"},
         "padding belongs to a receptive field: it is not cut at the image's edge"),
        (in_bytes, f"{size} byte{'s' * (size != 1)} per value ({conventions.dtype})"),
        (in_bytes and "i" not in unit, f"1 KB is {conventions.kilobyte} bytes"),
        (conventions.tolerance and asked & COUNTS,
         f"a count within {float(conventions.tolerance * 100):g}% is right"),
        (conventions.decimal_mark == "comma", "the comma is the decimal mark"),
    )  # fmt: skip
    return tuple(dict.fromkeys(text for holds, text in lines if holds))


def _rounding(conventions: Conventions, graph: Graph | None) -> str:
    """Return how sizes round: as the layers do it, which may differ from one to the other."""
    by_word: dict[str, list[str]] = {}
    for node in graph.nodes if graph else ():
        if isinstance(node.layer, Windowed):
            by_word.setdefault(node.layer.rounding_in_force(), []).append(node.name)
    if not by_word:
        return _ROUNDING[conventions.rounding or "floor"]
    usual, *others = sorted(by_word, key=lambda word: -len(by_word[word]))
    text = _ROUNDING[usual]
    for word in others:
        names = by_word[word]
        where = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        text += f"; but in {where}: {_ROUNDING[word]}"
    return text


# Times as learning systems write them. The clock of this machine is never asked.
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH, _DAY = rf"(?P<word>{'|'.join(_MONTHS)})[a-z]*\.?", r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
#: A date, the surest notations first; `1/2/2025` may be January or February and is refused.
_DATES = tuple(
    re.compile(rf"(?<!\d){form}(?!\d)", re.IGNORECASE)
    for form in (
        r"(?P<y>\d{4})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})",
        r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<y>\d{4})",
        rf"{_DAY}\.?[ -]{_MONTH},?[ -](?P<y>\d{{4}})",
        rf"{_MONTH} {_DAY},?(?: [A-Z]{{3,4}})?,? +(?P<y>\d{{4}})",
        r"(?P<m>\d{1,2})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{4})",
        r"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{1,2})/(?P<y>\d{4})",
    )
)
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?!\d) ?(?:([ap])\.?m\b\.?)?"
    r" ?(?:(?:UTC|GMT)? ?([+-]\d{1,2})(?::?(\d\d))?(?!\d)|(?:UTC|GMT|Z)\b)?",
    re.IGNORECASE,
)
#: A zone by its name means several zones, and daylight saving besides.
_ZONE = re.compile(r"\b(?!(?:UTC|GMT|Z)\b)[A-Z]{1,5}\b|\b[A-Za-z_]+/[A-Za-z_/+-]+|[+-]\d")
_SECONDS = {
    "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600,
    "hour": 3600, "d": 86400, "day": 86400, "w": 604_800, "week": 604_800,
}  # fmt: skip


def parse_time(text: str, end_of_day: bool = False) -> float | None:
    """Return a time as seconds since 1970, or None if it cannot be read for certain.

    A time without a zone counts as UTC, so that times of one export compare among themselves. A
    date alone is its first moment, or with `end_of_day` its last second.
    """
    word = " ".join(re.sub(r"(?<=\d)T(?=\d)", " ", text.strip("\"' \t\n")).split())[:80]
    clock = _CLOCK.search(word)
    rest = word if clock is None else f"{word[: clock.start()].rstrip()} {word[clock.end() :]}"
    date = next((found for form in _DATES if (found := form.search(rest))), None)
    if date is None or _ZONE.search(f"{rest[: date.start()]} {rest[date.end() :]}"):
        return None
    parts = date.groupdict()
    try:
        month = int(parts["m"]) if parts.get("m") else _MONTHS.index(parts["word"].lower()) + 1
        day = datetime(int(parts["y"]), month, int(parts["d"]), tzinfo=timezone.utc)
        if clock is not None:
            return (day + _hour(*clock.groups())).timestamp()
        return (day + timedelta(seconds=86399 if end_of_day else 0)).timestamp()
    except (ValueError, OverflowError):
        return None


def _hour(
    hours: str, minutes: str, seconds: str | None, half: str | None, zone: str | None,
    part: str | None,
) -> timedelta:  # fmt: skip
    """Return the time of day in UTC; raises ValueError for `13:00 PM`, `25:00` or `+99:00`."""
    hour, east = int(hours), timedelta()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    if zone:
        sign = -1 if zone[0] == "-" else 1
        east = sign * timedelta(hours=abs(int(zone)), minutes=int(part or 0))
        timezone(east)
    time = datetime(2000, 1, 1, hour, int(minutes), int(seconds or 0))
    return time - datetime(2000, 1, 1) - east


def parse_duration(text: str) -> int | None:
    """Return the seconds of `15m`, `2h`, `1h 30m` or `2 days`, or None."""
    parts = re.findall(r"(\d{1,6}) *([a-z]+?)s?(?![a-z])|([^\s,])", text.strip().lower())
    known = [int(count) * _SECONDS[unit] for count, unit, _ in parts if unit in _SECONDS]
    return sum(known) if parts and len(known) == len(parts) else None
