"""Every bad spec gives exactly the errors that its comments announce, at their places."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_spec import announced, bare, expectations, says
from each import each

import cnncalc
from cnncalc.diagnostics import Diagnostic, SpecError, frame

FOLDER = Path(__file__).parents[1] / "bad_specs"
FILES = sorted(FOLDER.glob("*/*.yaml"))


def faults(path: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        cnncalc.analyze(cnncalc.load(str(path)))
    return caught.value.diagnostics


@each("path", FILES)
def test_the_announced_errors(path: Path) -> None:
    expected = expectations(path.read_bytes().decode())
    actual = faults(path)
    assert [diagnostic.message for diagnostic in actual] == [error.message for error in expected]
    for diagnostic, error in zip(actual, expected, strict=True):
        assert diagnostic.span is not None
        assert (diagnostic.span.line, diagnostic.span.column) == (error.line, error.column)
        assert error.length in (None, diagnostic.span.length)
        assert says(diagnostic.help, error.help)
        assert list(diagnostic.notes) == error.notes
        assert frame(diagnostic).count("\n") >= 3


def test_there_are_many_and_all_announce_something() -> None:
    assert len(FILES) >= 250
    assert all(expectations(path.read_bytes().decode()) for path in FILES)


def test_comments_can_be_written_anew() -> None:
    text = "input: 3x32x32\nlayers:\n  - conv: {out_channels: 8, kernal_size: 3}\n"
    written = announced(text)
    assert "#                           ^^^^^^^^^^^ error: conv has no field" in written
    assert bare(written) == text
    assert announced("name: 'net\n" + text).startswith("# error at 3:7: the quote `'`")


def test_the_format_of_the_comments() -> None:
    text = "# error at 9:2: far\nab: cd\n# ^ error: here\n# help: do\n#^ error: start\n"
    text += " x\n #^ error: y"
    found = [(e.line, e.column, e.length, e.message, e.help) for e in expectations(text)]
    assert found == [
        (2, 1, 2, "start", None),
        (2, 3, 1, "here", "do"),
        (6, 2, 2, "y", None),
        (9, 2, None, "far", None),
    ]
