"""What is asked of a picture, and what it is made of, in numbers: boxes, frames, lines and texts.

All lengths are in px of the drawing; x grows to the right and y downwards. A layout says where
things are and what they mean; colours and fonts are chosen by who draws it.
"""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Point = tuple[float, float]


STYLES = ("graph", "volumes")
COLOURS = ("role", "macs", "params", "memory")
#: What may be written into and beside a box.
LABELS = ("layer", "name", "shape", "params", "macs", "memory")
#: What is written if nothing is asked for, by style.
USUAL_LABELS = {"graph": ("layer", "name", "shape", "params", "macs"), "volumes": ("shape",)}


class Wish(Record):
    """What a picture is to show.

    `depth` is how many levels of blocks are opened (None: as many as stay comfortable, 0: all);
    `scope` one block or layer alone; `fold` draws equal blocks in a row once; `direction` is where
    a graph flows to (`down`, `right`); `colour` shades by a figure instead of by role; `windows`
    draws kernels on what they read (volumes).
    """

    style: str = "graph"
    scope: str | None = None
    depth: int | None = None
    fold: bool | None = None
    direction: str = "down"
    labels: tuple[str, ...] | None = None
    colour: str = "role"
    layout: str = "chw"
    windows: bool = False

    @property
    def shown(self) -> tuple[str, ...]:
        """What is written into and beside a box."""
        return USUAL_LABELS[self.style] if self.labels is None else self.labels


class PictureText(Record):
    """Words at a place: `y` is the baseline, `x` the left end, the middle or the right end.

    `width` is the room that is kept for them, `kind` what they are (`layer`, `name`, `figure`,
    `shape`, `title`, `note`).
    """

    x: float
    y: float
    text: str
    kind: str
    size: float
    width: float
    anchor: str = "start"


class Stripe(Record):
    """One layer within a box: the nodes it stands for, its role, and its part of the height."""

    nodes: tuple[int, ...]
    role: str
    y: float
    height: float


class Box(Record):
    """Nodes that are drawn together: layers that act in place share the box of their input.

    `nodes` are all indices it stands for, copies of folded repeats included; `share` is its part
    of what the picture is coloured by, if by that.
    """

    x: float
    y: float
    width: float
    height: float
    nodes: tuple[int, ...]
    role: str
    stripes: tuple[Stripe, ...]
    about: str
    copies: int = 1
    share: float | None = None
    group: bool = False


class Solid(Record):
    """A cuboid: its front face, and how far its back lies to the right and up.

    `band` is the part of the front face, from the right, that shows what acts in place.
    """

    x: float
    y: float
    width: float
    height: float
    back: float
    nodes: tuple[int, ...]
    role: str
    about: str
    band: float = 0.0
    band_role: str = ""
    share: float | None = None


class ScopeFrame(Record):
    """A labelled frame around what a scope holds; `copies` above 1 for a folded repeat."""

    x: float
    y: float
    width: float
    height: float
    copies: int = 1


class EdgeLine(Record):
    """An edge from one box to another, by their places in the layout.

    Between neighbouring `points` it runs straight if they share x or y, otherwise as an S whose
    ends follow the flow; so it never leaves the rectangle that the two points span.
    """

    source: int
    target: int
    points: tuple[Point, ...]
    aux: bool = False


class Shade(Record):
    """A flat polygon over a solid, such as a kernel's window; or an open line, if not `closed`."""

    points: tuple[Point, ...]
    kind: str
    closed: bool = True


class Key(Record):
    """A sample of a colour in the legend: a role, or `heat0` to `heat9`."""

    x: float
    y: float
    width: float
    height: float
    role: str


class Layout(Record):
    """A whole picture: what is where, its size, and what it says of itself in words."""

    width: float
    height: float
    direction: str
    title: str = ""
    description: str = ""
    boxes: tuple[Box, ...] = ()
    solids: tuple[Solid, ...] = ()
    frames: tuple[ScopeFrame, ...] = ()
    lines: tuple[EdgeLine, ...] = ()
    texts: tuple[PictureText, ...] = ()
    shades: tuple[Shade, ...] = ()
    keys: tuple[Key, ...] = ()

    @property
    def items(self) -> tuple[Box, ...] | tuple[Solid, ...]:
        """What lines join: the boxes, or the solids."""
        return self.boxes or self.solids
