"""Text that is not ours: whatever it holds, each format shows it as the signs that it is."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import cnncalc
from cnncalc import escaping
from cnncalc.analysis.summary import summarize
from cnncalc.report.columns import SummaryOptions
from cnncalc.report.summary import summary_table
from cnncalc.report.text import render

SIGNS = st.text(st.sampled_from("ab 1.)#>+-=*_[]()<>&;!`|\\~$:/x"), min_size=1, max_size=12)
ANY = st.text(st.characters(codec="utf-8"), max_size=30)


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # the base's
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(ANY)
@example("\x1b[31m \u202e \ud800".encode("utf-8", "replace").decode())
def test_nothing_that_moves_or_hides_is_left(text: str) -> None:
    shown = escaping.visible(text)
    assert not any(escaping.is_unseen(char) for char in shown)
    if text.isprintable():
        assert shown == text


@given(st.text(st.sampled_from("a\t\n\r\x1b\x07\u2028\u202e\ud800\x9b,"), max_size=20))
def test_a_file_of_lines_keeps_its_ends(text: str) -> None:
    shown = escaping.visible_lines(text)
    assert shown.count("\n") == text.count("\n")
    shown.encode()
    assert "\x1b" not in shown


@given(ANY)
def test_html_shows_the_text(text: str) -> None:
    page = Page(f'<p title="{escaping.html(text)}">{escaping.html(text)}</p>')
    assert page.tags == ["p"]
    assert page.text == escaping.visible(text, keep="\n")


@given(SIGNS)
@example("[a](javascript:x)")
@example("<img src=x>")
@example("&lt;")
@example("1. x")
@example("---")
def test_markdown_shows_the_text(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    reader: Any = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    plain = text.replace("`", "'").strip() or "x"
    for put in (
        lambda shown: shown,
        lambda shown: escaping.markdown_row([shown, "b"]) + "\n| --- | --- |\n",
        lambda shown: f"- {shown}",
        lambda shown: f"# {shown}",
    ):
        bare = Page(reader.render(put("word")))
        page = Page(reader.render(put(escaping.markdown(plain))))
        assert page.tags == bare.tags
        found, wanted = page.text.split(), bare.text.replace("word", f" {plain} ").split()
        assert "".join(found) == "".join(wanted)


@given(SIGNS)
def test_code_in_markdown_shows_letter_by_letter(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    reader = markdown_it.MarkdownIt("commonmark").enable("table")
    code = escaping.markdown_code(text)
    table = "\n".join(map(escaping.markdown_row, (["x", "y"], ["---"] * 2, ["x", code])))
    if text.strip():
        assert Page(reader.render("x " + code)).text.split() == ["x", *text.split()]
        page = Page(reader.render(table))
        assert page.tags[-1] == "code"
        if "\\|" not in text:  # within a table, GitHub drops one backslash before a bar
            assert page.text.split() == ["x", "y", "x", *text.split()]


EVIL = """
name: 'T <img src=x> [a](javascript:alert(1)) | `x'
input: 3x8x8
layers:
  - conv: {name: '[click](javascript:1)', out_channels: 4, kernel_size: 3}
  - relu: {name: '"<b>#quot;'}
"""


def test_names_of_networks_and_layers_stay_names() -> None:
    graph = cnncalc.loads(EVIL)
    table = summary_table(summarize(cnncalc.analyze(graph)), SummaryOptions())
    page = render(table, "html")
    assert not {"img", "a", "b"} & set(Page(page).tags)
    markdown_it = pytest.importorskip("markdown_it")
    shown = markdown_it.MarkdownIt("commonmark").enable("table").render(render(table, "markdown"))
    assert not {"img", "a", "b"} & set(Page(shown).tags)
