"""Draws docs/images/networks/*.svg, a picture for each shipped spec, and the page of them.

Run as `python docs/images/networks.py`. A test compares every picture with what
`cnncalc draw` makes now.
"""

from __future__ import annotations

from pathlib import Path

import cnncalc
from cnncalc.language.library import builtin_names

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "networks"
PAGE = HERE.parent / "gallery" / "gallery.md"
HEAD = """# Pictures of the networks

One picture for each file that comes with cnncalc, as `cnncalc draw NAME --style volumes` makes it;
height and depth of a cuboid are the square roots of the map's rows and columns, its width that
of the channels; equal blocks in a row are drawn once, with their number.
[Drawing networks](../howto/draw.md) says what else can be drawn.
"""


def chosen() -> dict[str, str]:
    """Return for each spec the first name of the networks that it describes."""
    found: dict[str, str] = {}
    for name, spec, _ in builtin_names():
        found.setdefault(spec, name)
    return found


def drawn(name: str) -> str:
    """Return the picture of a network."""
    return cnncalc.draw(cnncalc.load(name), "volumes")


def page() -> str:
    """Return the page that shows all pictures."""
    parts = [HEAD]
    for spec, name in chosen().items():
        title = cnncalc.load(name).name
        parts.append(f"## {name}\n\n![{title}](../images/networks/{spec}.svg)\n")
    return "\n".join(parts)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for spec, name in chosen().items():
        (FOLDER / f"{spec}.svg").write_text(drawn(name), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    print(f"drew {len(chosen())} pictures")
