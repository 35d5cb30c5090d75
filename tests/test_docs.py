"""Every example in README.md and docs/ does what the page says; see pages.py for the format.

`python tests/test_docs.py docs/page.md` writes the output of a page's commands into it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest
from pages import agrees, fences, play_page

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    faults = play_page(page, tmp_path)
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{page.name} links to {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    queue = [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = [link.partition("#")[0] for link in LINK.findall(prose(page)) if "://" not in link]
        queue.extend((page.parent / link).resolve() for link in links if link)
        queue.extend(listed(page))
    assert {page for page in PAGES if page not in seen} == set()


def test_every_command_and_every_warning_is_described() -> None:
    from cnncalc.cli import COMMANDS

    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in COMMANDS if f"cnncalc {name}" not in text] == []
    errors = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    source = (ROOT / "cnncalc" / "analysis" / "lint.py").read_text(encoding="utf-8")
    codes = re.findall(r'analysis, index, "([a-z-]+)"', source)
    assert len(codes) >= 7
    assert [code for code in codes if f"`{code}`" not in errors] == []


def test_every_contract_is_listed() -> None:
    sources = (ROOT / "cnncalc").rglob("*.py")
    found = {
        name for path in sources for name in re.findall(r"cnncalc\.[a-z-]+/\d+", path.read_text())
    }
    page = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    assert len(found) > 20
    assert {name for name in found if f"`{name}`" not in page} == set()


def test_networks_are_counted_right() -> None:
    from cnncalc.language.library import builtin_names

    number = len(list(builtin_names()))
    verify = (ROOT / "docs" / "explanations" / "verify.md").read_text(encoding="utf-8")
    assert re.findall(r"all (\d+) networks", verify) == [str(number)]
    assert number >= 200, "README.md says two hundred"


def test_the_pipeline_runs_what_the_readme_says() -> None:
    """.ci/run takes its two commands from README.md; here they must be found."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line[2:] for line in text.splitlines() if line.startswith("$ python3 -m venv")]
    assert len(lines) == 2
    assert lines[0].endswith("cnncalc summary alexnet")
    assert "pytest" in lines[1]


@pytest.mark.skipif(sys.platform != "linux", reason="draws with a pseudo-terminal of Linux")
def test_pictures_show_what_commands_print_now() -> None:
    sys.path.insert(0, str(ROOT / "docs" / "images"))
    from draw import PICTURES, drawn, words

    for name, command in PICTURES.items():
        picture = (ROOT / "docs" / "images" / name).read_text(encoding="utf-8")
        assert words(picture) == words(drawn(command)), f"run docs/images/draw.py for {name}"


def listed(page: Path) -> list[Path]:
    """Return the pages that the tables of contents on a page list, generated ones left aside."""
    entries = [
        line.strip()
        for fence in fences(page.read_text(encoding="utf-8"))
        if fence.language == "{toctree}"
        for line in fence.lines
        if line and not line.startswith(":")
    ]
    found = [path for entry in entries for path in page.parent.glob(f"{entry}.md")]
    return [path.resolve() for path in found]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"(?ms)^\s*```.*?^\s*```", "", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.+)$", prose(page))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


class TestTheFormatItself:
    def test_elisions(self) -> None:
        assert agrees(["a", "...", "d"], ["a", "b", "c", "d"])
        assert agrees(["a", "...", "d"], ["a", "d", ""])
        assert agrees(["took ... ms"], ["took 12 ms"])
        assert not agrees(["a", "...", "d"], ["a", "b"])
        assert not agrees(["a"], ["a", "b"])
        assert not agrees([], ["a"])

    def test_a_wrong_page_fails(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text(
            "```yaml file=n.yaml\ninput: 4\nlayers: [relu]\n```\n\n"
            "```console\n$ cat n.yaml\ninput: 4\nlayers: [relu]\n"
            "$ cnncalc show n.yaml\nnonsense\n$ echo $?\n0\n```\n"
        )
        faults = play_page(page, tmp_path, update=True)
        assert len(faults) == 1
        assert "-nonsense" in faults[0]
        assert play_page(page, tmp_path) == []
        assert [fence.language for fence in fences(page.read_text())] == ["yaml", "console"]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            for fault in play_page(Path(name), Path(folder), update=True):
                print(fault, end="\n\n")
