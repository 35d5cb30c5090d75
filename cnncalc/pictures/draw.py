"""One door to the pictures: from an analysis and what was asked for to a file's content."""

from __future__ import annotations

from cnncalc.diagnostics import UsageError, did_you_mean
from cnncalc.pictures import texts
from cnncalc.pictures.boxes import graph_layout
from cnncalc.pictures.structure import ALL, COMFORTABLE, structure
from cnncalc.pictures.svg import svg
from cnncalc.pictures.values import LABELS
from cnncalc.pictures.volumes import volumes_layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis
    from cnncalc.pictures.pieces import Structure
    from cnncalc.pictures.values import Layout, Wish

TEXTS = ("svg", "dot", "mermaid")
BINARY = ("png", "pdf")
#: So many cuboids are drawn before repeats are folded.
MOST_VOLUMES = 48


def labels(text: str | None) -> tuple[str, ...] | None:
    """Return the labels that a list such as `name,shape` asks for; raises `UsageError`."""
    if text is None or text in ("none", "all"):
        return None if text is None else () if text == "none" else LABELS
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in LABELS:
            help = did_you_mean(word, LABELS, f"there are {', '.join(LABELS)}, all, none")
            raise UsageError(f"there is no label `{word}`", help)
    return tuple(chosen)


def layout(analysis: Analysis, wish: Wish) -> Layout:
    """Return the picture of a network in numbers; raises `UsageError` for an unknown scope."""
    if wish.style == "graph":
        return graph_layout(opened(analysis, wish), wish)
    if wish.fold is None:  # every copy where they are few, repeats folded where not
        drawn = structure(analysis, wish.depth or ALL, False, wish.scope)
        if len(drawn.pieces) <= MOST_VOLUMES:
            return volumes_layout(drawn, wish)
    return volumes_layout(opened(analysis, wish, MOST_VOLUMES), wish)


def opened(analysis: Analysis, wish: Wish, most: int = COMFORTABLE) -> Structure:
    """Return what is drawn, blocks opened as far as is wished, or as `most` boxes allow."""
    depth = ALL if wish.depth == 0 else wish.depth
    return structure(analysis, depth, wish.fold is not False, wish.scope, most=most)


def text(
    analysis: Analysis, wish: Wish, format: str, theme: str = "auto", width: float | None = None
) -> str:
    """Return a picture as `svg`, `dot` or `mermaid`; `width` is in millimetres."""
    if format == "svg":
        return svg(layout(analysis, wish), theme, width)
    drawn = opened(analysis, wish)
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
