"""The sections of a Darknet file: `[name]` and lines `key=value`, and what each reads."""

from __future__ import annotations

from cnncalc.exchange.files import LARGEST, Place, Settings
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.diagnostics import Source, SpecError
    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.quantities import Shape

#: Other words for the same sections, as Darknet knows them.
SHORT = {
    "network": "net", "conv": "convolutional", "deconv": "deconvolutional", "max": "maxpool",
    "avg": "avgpool", "conn": "connected", "soft": "softmax", "lrn": "normalization",
    "batchnormalization": "batchnorm", "scale": "scale_channels",
}  # fmt: skip
#: A file with more lines is refused.
MOST_LINES = 300_000
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "logistic": ("sigmoid", {}), "relu": ("relu", {}), "relu6": ("relu6", {}),
    "leaky": ("leaky_relu", {"negative_slope": 0.1}), "tanh": ("tanh", {}), "elu": ("elu", {}),
    "selu": ("selu", {}), "gelu": ("gelu", {}), "mish": ("mish", {}), "swish": ("silu", {}),
    "hardtan": ("hard_tanh", {}), "revleaky": ("leaky_relu", {"negative_slope": 0.1}),
}  # fmt: skip
#: What Darknet adds to the variance.
EPS = 1e-5


class CfgSection(Settings):
    """One section: its kind, its settings with their places, its number among the layers.

    The first section says what enters the network and has no number.
    """

    def __init__(self, kind: str, number: int, place: Place) -> None:
        super().__init__(place)
        self.kind = kind
        self.index = number

    @property
    def name(self) -> str:
        """What the layer is called: its kind and Darknet's number for it."""
        return f"{self.kind}_{self.index}"


def sections(source: Source) -> list[CfgSection]:
    """Return the sections of a file in order; raises `SpecError` for what is none."""
    found: list[CfgSection] = []
    for number, line in enumerate(source.text.split("\n", MOST_LINES), 1):
        if number > MOST_LINES:
            raise Place(source, number).error(f"a network has at most {MOST_LINES:,} lines")
        text = "".join(line.split("#")[0].split())
        if not text or text[0] == ";":
            continue
        place = Place(source, number, 1, len(line.rstrip()))
        if text[0] == "[":
            if not text.endswith("]"):
                raise place.error("a section is written `[name]`")
            kind = text[1:-1].lower()
            found.append(CfgSection(SHORT.get(kind, kind), len(found) - 1, place))
            continue
        key, equals, value = text.partition("=")
        if not found:
            raise place.error("a Darknet file begins with `[net]`")
        if not equals or not key:
            raise place.error("a setting is written `key=value`")
        parts = [number_or_word(part) for part in value.split(",") if part]
        found[-1].fields[key] = [(part, place) for part in parts or [""]]
    return found


def number_or_word(text: str) -> int | float | str:
    """Return a value as a number, if it is one."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number == number // 1 and abs(number) < LARGEST else number


class SectionUse(Record):
    """One section of a file: what it reads, and the outputs of the sections before it."""

    builder: GraphBuilder
    section: CfgSection
    previous: int
    outputs: list[int]

    @property
    def shape(self) -> Shape:
        """The shape that enters."""
        return self.builder.shapes[self.previous]

    def add(self, keyword: str, *inputs: int, part: str = "", **fields: Any) -> int:
        """Add a layer that reads some nodes, by default the section before."""
        name = f"{self.section.name}/{part}" if part else self.section.name
        return self.builder.add(keyword, inputs or (self.previous,), name, **fields)

    def source(self, key: str, number: int) -> int:
        """Return the output of a section by its number, or by how far it lies before this one."""
        place = number if number >= 0 else self.section.index + number
        if not 0 <= place < len(self.outputs):
            raise self.section.place_of(key).error(
                f"`{key}` names layer {number}, which does not stand before layer"
                f" {self.section.index}"
            )
        return self.outputs[place]

    @property
    def normalised(self) -> bool:
        """Whether a batch norm follows, whose shift is then the section's bias."""
        return bool(self.section.integer("batch_normalize", 0))

    def completed(self, index: int) -> int:
        """Return a node with the section's batch norm, if it has one, and activation after it."""
        if self.normalised:
            index = self.add("batch_norm", index, part="batch_norm", eps=EPS)
        return self.activated(index, "logistic")

    def activated(self, index: int, default: str) -> int:
        """Return a node with the section's activation after it."""
        word = self.section.word("activation", default)
        if word == "linear":
            return index
        if word not in ACTIVATIONS:
            self.builder.note(f"activations that cnncalc cannot count: {word}")
            shape = self.builder.shapes[index]
            return self.add("custom", index, part="activation", kind=word, output=shape)
        keyword, fields = ACTIVATIONS[word]
        return self.add(keyword, index, part="activation", **fields)

    def map(self) -> None:
        """Raise `SpecError` if what enters has no spatial axes."""
        if len(self.shape) != 3:
            raise self.error(f"it needs a map, but gets a vector of {self.shape[0]}")

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error at the section, to be raised."""
        return self.section.place.error(f"[{self.section.kind}] {message}", help)
