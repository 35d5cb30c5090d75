"""Copies the pages of docs/ to where they are built, and adapts what a site has otherwise."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"(?m)^( *)```(\w+)[^\n`]* file=(\S+)$")
LEFT_OUT = shutil.ignore_patterns("*.py", "site_pages", "playground", "__pycache__")
#: Pages at the top of the repository that belong to the site.
BESIDE = ("CONTRIBUTING.md", "CHANGELOG.md")


def copy_pages(root: Path, pages: Path) -> None:
    """Copy docs/, and from beside it how to contribute and what changed."""
    shutil.copytree(root / "docs", pages, ignore=LEFT_OUT)
    moved = {root / name: pages / name.lower() for name in BESIDE}
    for source, target in moved.items():
        shutil.copyfile(source, target)
    homes = {target: source for source, target in moved.items()}
    for page in pages.rglob("*.md"):
        home = homes.get(page, root / "docs" / page.relative_to(pages))
        here = {source: target for source, target in moved.items() if source != home}
        here |= {source: pages / source.relative_to(root / "docs") for source in docs(root)}
        text = FENCE.sub(r"\1```{code-block} \2\n\1:caption: \3\n", page.read_text("utf-8"))
        page.write_text(with_links(text, home, page, here), encoding="utf-8")


def docs(root: Path) -> list[Path]:
    """Return the files of docs/."""
    return [path for path in (root / "docs").rglob("*") if path.is_file()]


def with_links(text: str, home: Path, page: Path, here: dict[Path, Path]) -> str:
    """Return the text of a page with links that lead to where their targets are now."""

    def linked(match: re.Match[str]) -> str:
        target = here.get((home.parent / match[2]).resolve())
        return match[0] if target is None else match[1] + way(page, target) + match[3]

    return LINK.sub(linked, text)


def way(page: Path, target: Path) -> str:
    """Return the relative link from a page to a file."""
    return Path(os.path.relpath(target, page.parent)).as_posix()
