"""An inverse question about one layer, as a spec of that layer alone in which the unknowns vary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, Source, SpecError
from cnncalc.grading.question_types.parameter_search import (
    ParameterSearch,
    Unknowns,
    Want,
    spread,
    steps,
)
from cnncalc.grading.yaml_keys import Keys
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping

if TYPE_CHECKING:
    from cnncalc.grading.question_types.question import QuestionReader
    from cnncalc.language.tree import Node

LAYERS = {"conv": "convolution", "pool": "pool", "conv_transpose": "transposed convolution"}
_KEYWORDS = {"conv": "conv", "pool": "max_pool", "conv_transpose": "conv_transpose"}
#: Sizes of a layer with the values that are tried where no range is given: for one unknown alone,
#: and for several at once.
SIZES = {
    "kernel_size": (range(1, 256), range(1, 16)), "stride": (range(1, 65), range(1, 9)),
    "padding": (range(128), range(8)), "dilation": (range(1, 65), range(1, 5)),
    "output_padding": (range(16), range(8)), "groups": (range(1, 1025), range(1, 65)),
    "in_channels": (range(1, 1025), range(1, 65)), "out_channels": (range(1, 1025), range(1, 65)),
    "input": (range(1, 1025), range(1, 65)), "layers": (range(1, 65), range(1, 65)),
}  # fmt: skip
_FIELDS = ("kernel_size", "stride", "padding", "dilation", "output_padding", "groups")
GIVEN = (
    *_FIELDS, "in_channels", "out_channels", "input", "output", "params", "macs", "bias",
    "receptive_field",
)  # fmt: skip
_ALIASES = {
    "kernel": "kernel_size", "filters": "out_channels", "channels": "in_channels", "size":
    "kernel_size", "pad": "padding", "strides": "stride", "parameters": "params", "cover":
    "receptive_field",
}  # fmt: skip
_SHAPE = re.compile(r"\d{1,6}(x\d{1,6}){0,3}")
#: What a question calls them.
_TITLES = {
    "input": "side of the input", "out_channels": "number of filters", "in_channels":
    "number of input channels", "groups": "number of groups", "layers": "number of layers",
}  # fmt: skip
#: So many solutions beyond what anybody needs are without end.
MANY = 3
#: A side from which no field of a question is cut.
WIDE = 4096


@dataclass(frozen=True, slots=True)
class Layered:
    """The search over one layer: its unknowns, and what is said of it in words.

    `kind` is what the layer is, `given` the sizes that are known, `stated` the names of unknowns
    that have a range of the question's own.
    """

    search: ParameterSearch
    unknowns: Unknowns
    kind: str
    given: dict[str, str]
    stated: frozenset[str]
    counted_bias: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The unknowns by the spec language's names."""
        return tuple([name.removeprefix("the_") for name, _ in self.unknowns])

    @property
    def pick(self) -> str:
        """`smallest` where the number of layers is asked for."""
        return "smallest" if "layers" in self.names else ""

    @property
    def quantities(self) -> list[str]:
        """What conventions have to be stated of."""
        if "params" in self.given or "receptive_field" in self.given:
            return ["params" if "params" in self.given else "receptive_field"]
        return ["spatial" if "output" in self.given else "fits"]

    def refuse_endless(self, solutions: tuple[tuple[int, ...], ...], place: Node) -> None:
        """Raise SpecError if many values late in a range that nobody stated are solutions."""
        for at, (name, (_, values)) in enumerate(zip(self.names, self.unknowns, strict=True)):
            late = [one for one in solutions if one[at] >= values[len(values) // 2]]
            if name not in self.stated and len(self.names) == 1 and len(late) >= MANY:
                help = f"give the unknown a range, such as `unknown: {{{name}: 1..64}}`"
                raise SpecError(Diagnostic("there are solutions without end", place.span, help))

    def words(self) -> tuple[str, str, tuple[str, ...], str]:
        """Return the ranges, what is wanted, the unknowns, and the sentence about the layer."""
        ranges = [
            f"{_title(name)} {spread(values)}"
            for name, (_, values) in zip(self.names, self.unknowns, strict=True)
            if name in self.stated or len(self.names) > 1
        ]
        titles = tuple([f"the {_title(name)}" for name in self.names])
        return ", ".join(ranges), self._wanted(), titles, self._lead()

    def _lead(self) -> str:
        noun = LAYERS[self.kind]
        several = "layers" in self.names
        lead = f"Equal {noun} layers" if several else f"A {noun}"
        lead += _sizes({**self._usual(), **self.given})
        lead += ", one after the other," if several else ""
        if "input" in self.given:
            return f"{lead} read{'s' * (not several)} {self.given['input']}. "
        return f"{lead} {'are' if several else 'is'} given. "

    def _usual(self) -> dict[str, str]:
        """Return what holds for sizes that are neither given nor unknown, where it must be said."""
        if "params" in self.given or "macs" in self.given:
            return {}
        usual = {"stride": "1", "padding": "0"}
        if self.kind == "pool":
            usual["stride"] = self.given.get("kernel_size", "equal to the kernel")
        if "receptive_field" in self.given:
            del usual["padding"]
        return {name: text for name, text in usual.items() if name not in self.names}

    def _wanted(self) -> str:
        counted = "it has" if self.counted_bias else "it has, without biases,"
        said = {
            "params": "{0} {1} parameters", "macs": "it takes {1} multiply-accumulates",
            "output": "its output is {1}",
            "receptive_field": "their units see at least {1} pixels",
        }  # fmt: skip
        if "layers" in self.names:
            said["output"] = "the last output is {1} or less"
        found = [
            text.format(counted, self.given[name])
            for name, text in said.items()
            if name in self.given
        ]
        return " and ".join(found) or "its window fits exactly"


def one_layer(reader: QuestionReader) -> Layered:
    """Return the search for what makes a single layer, or equal ones, do what is given."""
    kind = reader.keys.word("layer", LAYERS, "conv")
    place = reader.keys.node("given")
    if not isinstance(place, Mapping):
        help = "write `given: {input: 32x32, output: 32x32, kernel_size: 5}`"
        raise SpecError(Diagnostic("nothing is given", (place or reader.mapping).span, help))
    keys = Keys(place, "`given`", GIVEN, reader.faults, _ALIASES)
    given = {name: keys.text(name) for name in GIVEN if keys.text(name) not in ("", "any")}
    for name in ("input", "output"):
        if name in given and not _SHAPE.fullmatch(given[name]):
            where = (keys.node(name) or place).span
            raise SpecError(Diagnostic(f"`{given[name]}` is no shape", where, "write 32x32"))
    unknowns, stated = _unknowns(reader)
    names = [name for name, _ in unknowns]
    for name in names:
        if name in given:
            what = f"`{name}` is both given and unknown"
            raise SpecError(Diagnostic(what, place.span, "leave one of them out"))
    if "kernel_size" not in given and "kernel_size" not in names:
        help = "add `kernel_size: 3` to what is given, or to the unknowns"
        raise SpecError(Diagnostic("the kernel's size is missing", place.span, help))
    wants = _wants(given, names, place)
    text = _spec(kind, given, names)
    renamed = [(f"the_{name}", values) for name, values in unknowns]
    search = ParameterSearch(reader, parse(Source("the layer", text)), wants)
    counted = reader.conventions.bias == "counted"
    return Layered(search, renamed, kind, given, stated, counted)


def _unknowns(reader: QuestionReader) -> tuple[Unknowns, frozenset[str]]:
    """Return the sizes that are unknown with their values, and which have a range of their own."""
    node, span = reader.keys.node("unknown"), reader.keys.node("range")
    if isinstance(node, Mapping):
        pairs = [(name, steps(values, name.text)) for name, values in node.entries]
    else:
        shared = steps(span, "range") if span is not None else ()
        pairs = [(name, shared) for name in reader.keys.texts("unknown")]
    for name, _ in pairs:
        if name.text not in SIZES:
            meant = _ALIASES.get(name.text)
            help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(SIZES)
            raise SpecError(Diagnostic(f"`{name.text}` is no size of a layer", name.span, help))
    several = len(pairs) > 1
    found = [(name.text, values or tuple(SIZES[name.text][several])) for name, values in pairs]
    return found, frozenset(name.text for name, values in pairs if values)


def _wants(given: dict[str, str], names: list[str], place: Node) -> list[Want]:
    """Return what is wanted of the layer: its output, counts, or else that its window fits."""
    wants = []
    if "layers" in names:
        if "receptive_field" in given:
            low = _number(given["receptive_field"], place)
            return [Want("receptive_field", "", low, None, place)]
        if "input" in given and "output" in given:
            return [Want("spatial", "", None, _number(given["output"], place), place)]
        help = "give `receptive_field: 11`, or `input: 224` and `output: 7`"
        raise SpecError(Diagnostic("nothing says how many layers it takes", place.span, help))
    if "output" in given:
        axes = given["output"].count("x") + 1
        whole = axes > _rank(given)
        wants.append(Want("shape" if whole else "spatial", given["output"], None, None, place))
    for name in ("params", "macs"):
        if name in given:
            wants.append(Want(name, given[name], None, None, place))
    return wants or [Want("fits", "true", None, None, place)]


def _number(text: str, place: Node) -> Fraction:
    if not text.isdecimal():
        raise SpecError(Diagnostic(f"`{text}` is no whole number", place.span, "such as 11"))
    return Fraction(int(text))


def _rank(given: dict[str, str]) -> int:
    """Return how many spatial axes there are: as many as are given, channels left out."""
    axes = given.get("input", given.get("output", "1")).count("x") + 1
    return axes - 1 if axes > 2 and "input" in given else axes


def _spec(kind: str, given: dict[str, str], names: list[str]) -> str:
    """Return the spec of the layer; its unknowns are parameters."""

    def value(name: str, usual: str) -> str:
        return f"the_{name}" if name in names else given.get(name, usual)

    sides = given.get("input", "").split("x")
    channels = value("in_channels", "1")
    if "input" not in given:
        side = "the_input" if "input" in names else str(WIDE)
        sides = [side] * _rank(given)
    elif len(sides) > 2:
        channels, *sides = sides
    fields = {name: value(name, "") for name in _FIELDS}
    if kind != "pool":
        fields["out_channels"] = value("out_channels", channels if "layers" in names else "1")
        fields["bias"] = given.get("bias", "true")
    if "layers" in names:
        fields["repeat"] = "the_layers"
    inner = ", ".join(f"{name}: {text}" for name, text in fields.items() if text)
    lines = [f"input: [{', '.join([channels, *sides])}]"]
    if names:
        lines.append("parameters: {" + ", ".join(f"the_{name}: 1" for name in names) + "}")
    return "\n".join([*lines, f"layers: [{_KEYWORDS[kind]}: {{{inner}}}]", ""])


def _title(name: str) -> str:
    return _TITLES.get(name, name.replace("_", " "))


def _sizes(known: dict[str, str]) -> str:
    """Return the sizes of a layer in words."""
    parts = [f"{name.replace('_', ' ')} {known[name]}" for name in SIZES if name in known]
    parts = [part for part in parts if not part.startswith("input")]
    return " with " + " and ".join(", ".join(parts).rsplit(", ", 1)) if parts else ""
