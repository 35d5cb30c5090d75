"""An inverse question about one layer, as a spec of that layer alone in which the unknowns vary."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Source
from cnncalc.grading.question_types.parameter_search import (
    ANY,
    Bounds,
    ParameterSearch,
    Unknowns,
    Want,
    spread,
    steps,
)
from cnncalc.grading.yaml_keys import Keys, known_word, refused
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping

if TYPE_CHECKING:
    from cnncalc.grading.model import Network
    from cnncalc.grading.question_types.question import QuestionReader
    from cnncalc.language.tree import Node

#: Layers by the word of a question: what they are called, and their word in a spec.
LAYERS = {
    "conv": ("convolution", "conv"), "pool": ("pool", "max_pool"),
    "conv_transpose": ("transposed convolution", "conv_transpose"),
}  # fmt: skip
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


class OneLayerSearch(ParameterSearch):
    """The search for what makes a single layer, or equal ones, do what is given.

    `kind` is what the layer is, `given` the sizes that are known, `asked` the unknowns, `stated`
    those of them that have a range of the question's own.
    """

    def __init__(self, reader: QuestionReader) -> None:
        self.kind = reader.keys.word("layer", LAYERS, "conv")
        place = reader.keys.node("given")
        if not isinstance(place, Mapping):
            help = "write `given: {input: 32x32, output: 32x32, kernel_size: 5}`"
            raise refused(place or reader.mapping, "nothing is given", help)
        keys = Keys(place, "`given`", GIVEN, reader.faults, _ALIASES)
        self.given = {name: keys.text(name) for name in GIVEN if keys.text(name) not in ("", "any")}
        for name in ("input", "output"):
            if name in self.given and not _SHAPE.fullmatch(self.given[name]):
                what = f"`{self.given[name]}` is no shape"
                raise refused(keys.node(name) or place, what, "write 32x32")
        pairs = _unknowns(reader)
        self.asked = [name for name, _ in pairs]
        self.stated = {name for name, values in pairs if values}
        self._unknowns: Unknowns = [
            (f"the_{name}", values or tuple(SIZES[name][len(pairs) > 1])) for name, values in pairs
        ]
        for name in self.asked:
            if name in self.given:
                what = f"`{name}` is both given and unknown"
                raise refused(place, what, "leave one of them out")
        if "kernel_size" not in (*self.given, *self.asked):
            help = "add `kernel_size: 3` to what is given, or to the unknowns"
            raise refused(place, "the kernel's size is missing", help)
        self.several = "layers" in self.asked
        self.pick = "smallest" if self.several else ""
        super().__init__(reader, parse(Source("the layer", self._spec())), self._wanted(place))

    def unknowns(self) -> Unknowns:
        """Return the unknowns as parameters of the layer's spec."""
        return self._unknowns

    def called(self, unknowns: Unknowns) -> tuple[str, ...]:
        """Return the unknowns by the spec language's names."""
        return tuple(self.asked)

    def titles(self, unknowns: Unknowns) -> tuple[str, ...]:
        """Return the unknowns in words."""
        return tuple([f"the {_title(name)}" for name in self.asked])

    def ranges(self, unknowns: Unknowns) -> str:
        """Return the ranges that have to be said: of several unknowns all."""
        return ", ".join(
            f"{_title(name)} {spread(values)}"
            for name, (_, values) in zip(self.asked, unknowns, strict=True)
            if name in self.stated or len(self.asked) > 1
        )

    def lead(self) -> str:
        """Return what the layer is, and what it reads."""
        noun, known = LAYERS[self.kind][0], {**self._usual(), **self.given}
        parts = [
            f"{name.replace('_', ' ')} {known[name]}"
            for name in SIZES
            if name in known and name != "input"
        ]
        sizes = " with " + " and ".join(", ".join(parts).rsplit(", ", 1)) if parts else ""
        read = self.given.get("input")
        if self.several:
            end = f"read {read}" if read else "are given"
            return f"Equal {noun} layers{sizes}, one after the other, {end}. "
        return f"A {noun}{sizes} {f'reads {read}' if read else 'is given'}. "

    def shown(self) -> Network | None:
        """Return nothing: the spec is not the question's own."""
        return None

    def check(self, solutions: tuple[tuple[int, ...], ...]) -> None:
        """Raise SpecError if many values late in a range that nobody stated are solutions."""
        if len(self.asked) > 1 or self.stated:
            return
        [(_, values)], [name] = self._unknowns, self.asked
        if sum(one >= values[len(values) // 2] for (one,) in solutions) >= MANY:
            help = f"give the unknown a range, such as `unknown: {{{name}: 1..64}}`"
            raise refused(self.reader.at("unknown"), "there are solutions without end", help)

    def _usual(self) -> dict[str, str]:
        """Return what holds for sizes that are neither given nor unknown, where it must be said."""
        if "params" in self.given or "macs" in self.given:
            return {}
        usual = {"stride": "1", "padding": "0"}
        if self.kind == "pool":
            usual["stride"] = self.given.get("kernel_size", "equal to the kernel")
        if "receptive_field" in self.given:
            del usual["padding"]
        return {name: text for name, text in usual.items() if name not in self.asked}

    def _wanted(self, place: Node) -> list[Want]:
        """Return what is wanted of the layer: its output, counts, or else that its window fits."""
        given = self.given
        if self.several:
            if "receptive_field" in given:
                least = Bounds(low=_number(given["receptive_field"], place))
                return [Want("receptive_field", "", least, place)]
            if "input" in given and "output" in given:
                return [Want("spatial", "", Bounds(high=_number(given["output"], place)), place)]
            help = "give `receptive_field: 11`, or `input: 224` and `output: 7`"
            raise refused(place, "nothing says how many layers it takes", help)
        wants = [
            Want(name, given[name], ANY, place) for name in ("params", "macs") if name in given
        ]
        if "output" in given:
            whole = given["output"].count("x") + 1 > self._rank()
            quantity = "shape" if whole else "spatial"
            wants.insert(0, Want(quantity, given["output"], ANY, place))
        return wants or [Want("fits", "true", ANY, place)]

    def _rank(self) -> int:
        """Return how many spatial axes there are: as many as are given, channels left out."""
        axes = self.given.get("input", self.given.get("output", "1")).count("x") + 1
        return axes - 1 if axes > 2 and "input" in self.given else axes

    def _spec(self) -> str:
        """Return the spec of the layer; its unknowns are parameters."""

        def value(name: str, usual: str) -> str:
            return f"the_{name}" if name in self.asked else self.given.get(name, usual)

        sides, channels = self.given.get("input", "").split("x"), value("in_channels", "1")
        if "input" not in self.given:
            sides = [value("input", str(WIDE))] * self._rank()
        elif len(sides) > 2:
            channels, *sides = sides
        fields = {name: value(name, "") for name in _FIELDS}
        if self.kind != "pool":
            fields["out_channels"] = value("out_channels", channels if self.several else "1")
            fields["bias"] = self.given.get("bias", "true")
        if self.several:
            fields["repeat"] = "the_layers"
        inner = ", ".join(f"{name}: {text}" for name, text in fields.items() if text)
        lines = [f"input: [{', '.join([channels, *sides])}]"]
        if self.asked:
            lines.append("parameters: {" + ", ".join(f"the_{name}: 1" for name in self.asked) + "}")
        return "\n".join([*lines, f"layers: [{LAYERS[self.kind][1]}: {{{inner}}}]", ""])


def _unknowns(reader: QuestionReader) -> list[tuple[str, tuple[int, ...]]]:
    """Return the sizes that are unknown with the values that the question gives, if any."""
    node, span = reader.keys.node("unknown"), reader.keys.node("range")
    if isinstance(node, Mapping):
        pairs = [(name, steps(values, name.text)) for name, values in node.entries]
    else:
        shared = steps(span, "range") if span is not None else ()
        pairs = [(name, shared) for name in reader.keys.texts("unknown")]
    for name, _ in pairs:
        known_word(name, name.text, SIZES, f"`{name.text}` is no size of a layer", _ALIASES)
    return [(name.text, values) for name, values in pairs]


def _number(text: str, place: Node) -> Fraction:
    if not text.isdecimal():
        raise refused(place, f"`{text}` is no whole number", "such as 11")
    return Fraction(int(text))


def _title(name: str) -> str:
    return _TITLES.get(name, name.replace("_", " "))
