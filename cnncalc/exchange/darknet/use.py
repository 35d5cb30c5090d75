"""One section of a Darknet file: what it reads, and what builds."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.diagnostics import SpecError
    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.exchange.darknet.sections import CfgSection
    from cnncalc.quantities import Shape

    Rule = Callable[["SectionUse"], int]

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "logistic": ("sigmoid", {}), "relu": ("relu", {}), "relu6": ("relu6", {}),
    "leaky": ("leaky_relu", {"negative_slope": 0.1}), "tanh": ("tanh", {}), "elu": ("elu", {}),
    "selu": ("selu", {}), "gelu": ("gelu", {}), "mish": ("mish", {}), "swish": ("silu", {}),
    "hardtan": ("hard_tanh", {}), "revleaky": ("leaky_relu", {"negative_slope": 0.1}),
}  # fmt: skip


#: What Darknet adds to the variance.
EPS = 1e-5


class SectionUse:
    """One section of a file: what it reads, and the outputs of the sections before it."""

    def __init__(
        self, builder: GraphBuilder, section: CfgSection, previous: int, outputs: list[int]
    ) -> None:
        self.builder = builder
        self.section = section
        self.previous = previous
        self.outputs = outputs

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
        place = number if number >= 0 else self.section.number + number
        if not 0 <= place < len(self.outputs):
            raise self.section.place_of(key).error(
                f"`{key}` names layer {number}, which does not stand before layer"
                f" {self.section.number}"
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
