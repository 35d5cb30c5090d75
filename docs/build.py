"""Builds the documentation as a site: `python docs/build.py`, then open build/site/index.html.

Needs the extra `docs`. The pages are copied to build/pages, where those that are generated from
the code (layers, commands, the library, the gallery) join them; a warning of Sphinx, such as a
link that leads nowhere, fails the build. `--no-playground` leaves out the playground, which needs
node and npm.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]


def main(arguments: list[str] | None = None) -> int:
    """Build the site and return the exit status of Sphinx, 1 for a page with warnings."""
    from site_pages import commands, copy, gallery, layers, library
    from sphinx.cmd.build import main as sphinx

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--no-playground", action="store_true", help="for where there is no npm")
    asked = parser.parse_args(arguments)
    pages = asked.output.parent / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    copy.copy_pages(ROOT, pages)
    layers.write(pages / "reference" / "layers")
    commands.write(pages / "reference" / "commands")
    library.write(pages / "reference" / "python.md")
    gallery.write(pages / "gallery")
    shutil.rmtree(asked.output, ignore_errors=True)
    options = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(ROOT / "docs" / "site_pages")]
    status: int = sphinx([*options, str(pages), str(asked.output)])
    if status == 0 and not asked.no_playground:
        from playground.build import build

        build(asked.output / "playground")
    return status


if __name__ == "__main__":
    sys.exit(main())
