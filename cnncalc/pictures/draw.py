"""One door to the pictures: from an analysis and what was asked for to a file's content."""

from __future__ import annotations

from cnncalc.diagnostics import UsageError, suggest
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis
    from cnncalc.pictures.pieces import Structure
    from cnncalc.pictures.values import Layout

STYLES = ("graph", "volumes")
TEXTS = ("svg", "dot", "mermaid")
BINARY = ("png", "pdf")
#: So many cuboids are drawn before repeats are folded.
MOST_VOLUMES = 48
COLOURS = ("role", "macs", "params", "memory")
#: What may be written into and beside a box.
LABELS = ("layer", "name", "shape", "params", "macs", "memory")
#: What is written if nothing is asked for, by style.
USUAL_LABELS = {"graph": ("layer", "name", "shape", "params", "macs"), "volumes": ("shape",)}


class Wish(Record):
    """What a picture is to show.

    `depth` is how many levels of blocks are opened (None: as many as stay comfortable, 0: all);
    `scope` one block or layer alone; `fold` draws equal blocks in a row once; `colour` shades by a
    figure instead of by role; `windows` draws kernels on what they read (volumes).
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


def labels(text: str | None) -> tuple[str, ...] | None:
    """Return the labels that a list such as `name,shape` asks for; raises `UsageError`."""
    if text is None or text in ("none", "all"):
        return None if text is None else () if text == "none" else LABELS
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in LABELS:
            meant = suggest(word, LABELS)
            help = (
                f"did you mean `{meant}`?" if meant else f"there are {', '.join(LABELS)}, all, none"
            )
            raise UsageError(f"there is no label `{word}`", help)
    return tuple(chosen)


def layout(analysis: Analysis, wish: Wish) -> Layout:
    """Return the picture of a network in numbers; raises `UsageError` for an unknown scope."""
    from cnncalc.pictures.boxes import Style, graph_layout
    from cnncalc.pictures.structure import ALL, structure
    from cnncalc.pictures.volumes import volumes_layout

    shown = USUAL_LABELS[wish.style] if wish.labels is None else wish.labels
    style = Style(wish.direction, shown, wish.colour, wish.layout)
    if wish.style == "graph":
        depth = ALL if wish.depth == 0 else wish.depth
        return graph_layout(structure(analysis, depth, wish.fold is not False, wish.scope), style)
    return volumes_layout(opened(analysis, wish), style, wish.windows)


def opened(analysis: Analysis, wish: Wish) -> Structure:
    """Return what cuboids show: every copy where they are few, repeats folded where not."""
    from cnncalc.pictures.structure import ALL, structure

    if wish.fold is None:
        drawn = structure(analysis, wish.depth or ALL, False, wish.scope)
        if len(drawn.pieces) <= MOST_VOLUMES:
            return drawn
    depth = ALL if wish.depth == 0 else wish.depth
    return structure(analysis, depth, wish.fold is not False, wish.scope, most=MOST_VOLUMES)


def text(
    analysis: Analysis, wish: Wish, format: str, theme: str = "auto", width: float | None = None
) -> str:
    """Return a picture as `svg`, `dot` or `mermaid`; `width` is in millimetres."""
    if format == "svg":
        from cnncalc.pictures.svg import svg

        return svg(layout(analysis, wish), theme, width)
    from cnncalc.pictures import texts
    from cnncalc.pictures.structure import ALL, structure

    depth = ALL if wish.depth == 0 else wish.depth
    drawn = structure(analysis, depth, wish.fold is not False, wish.scope)
    return texts.dot(drawn) if format == "dot" else texts.mermaid(drawn)


def binary(
    analysis: Analysis, wish: Wish, format: str, theme: str = "light", width: float | None = None
) -> bytes:
    """Return a picture as `png` (at twice the size on screens) or `pdf`.

    Raises `UsageError` if CairoSVG, an optional extra, is missing.
    """
    source = text(analysis, wish, "svg", "light" if theme == "auto" else theme, width)
    return converted(source, format)


def converted(source: str, format: str) -> bytes:
    """Return an SVG as `png` (at twice its size) or `pdf`; raises `UsageError` as `binary`."""
    try:
        import cairosvg  # type: ignore[import-not-found,unused-ignore]
    except (ImportError, OSError):
        raise UsageError(
            f"a {format.upper()} needs CairoSVG, which is not installed here",
            "pip install 'cnncalc[pictures]', or write an .svg, which needs nothing",
        ) from None
    if format == "pdf":
        return bytes(cairosvg.svg2pdf(bytestring=source.encode()))
    return bytes(cairosvg.svg2png(bytestring=source.encode(), scale=2))
