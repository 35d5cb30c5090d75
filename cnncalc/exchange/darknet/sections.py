"""The sections of a Darknet file: `[name]` and lines `key=value`."""

from __future__ import annotations

from cnncalc.exchange.texts import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.diagnostics import Source

#: Other words for the same sections, as Darknet knows them.
SHORT = {
    "network": "net", "conv": "convolutional", "deconv": "deconvolutional", "max": "maxpool",
    "avg": "avgpool", "conn": "connected", "soft": "softmax", "lrn": "normalization",
    "batchnormalization": "batchnorm", "scale": "scale_channels",
}  # fmt: skip
#: A file with more lines is refused.
MOST_LINES = 300_000


class CfgSection:
    """One section: its kind, its settings with their places, its number among the layers.

    The first section says what enters the network and has no number.
    """

    def __init__(self, kind: str, number: int, place: Place) -> None:
        self.kind = kind
        self.number = number
        self.place = place
        self.settings: dict[str, tuple[str, Place]] = {}

    @property
    def name(self) -> str:
        """What the layer is called: its kind and Darknet's number for it."""
        return f"{self.kind}_{self.number}"

    def has(self, *keys: str) -> bool:
        """Return whether one of some settings is given."""
        return any(key in self.settings for key in keys)

    def word(self, key: str, default: str) -> str:
        """Return a setting as text."""
        return self.settings[key][0] if key in self.settings else default

    def number_of(self, key: str, default: float) -> float:
        """Return a setting as a number; raises `SpecError` at its place."""
        if key not in self.settings:
            return default
        text, place = self.settings[key]
        try:
            return float(text)
        except ValueError:
            raise place.error(f"`{key}` is {text or 'empty'}, not a number") from None

    def integer(self, key: str, default: int, least: int = 0) -> int:
        """Return a setting as a whole number; raises `SpecError` at its place."""
        number = self.number_of(key, default)
        if number != number // 1 or number < least:
            place = self.settings[key][1]
            raise place.error(
                f"`{key}` is {self.word(key, '')}, not a whole number from {least} on"
            )
        return int(number)

    def integers(self, key: str) -> list[int]:
        """Return a setting as whole numbers with commas between them."""
        text, place = self.settings.get(key, ("", self.place))
        try:
            return [int(part) for part in text.split(",") if part]
        except ValueError:
            raise place.error(f"`{key}` is {text}, not numbers with commas between them") from None

    def place_of(self, key: str) -> Place:
        """Return where a setting stands, or the section if it is not given."""
        return self.settings[key][1] if key in self.settings else self.place


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
        found[-1].settings[key] = value, place
    return found
