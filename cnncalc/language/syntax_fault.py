"""Where a parser of YAML stopped, and what stands in the text around it."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Fault:
    """What the parser reported: where it stopped, and where the construct began (from 0)."""

    def __init__(self, source: Source, error: Any) -> None:
        self.source = source
        self.problem = str(getattr(error, "problem", None) or error)
        self.context = str(getattr(error, "context", None) or "")
        began = getattr(error, "context_mark", None)
        stopped = getattr(error, "problem_mark", None) or began
        self.line, self.column = position(stopped)
        self.first_line, self.first_column = position(began or stopped)
        end = position_of_end(source)
        self.at_end = (self.line, self.column) >= end
        if self.at_end:  # libyaml may stop on a line that is not there
            self.line, self.column = end
        self.text = source.line(self.line + 1)
        self.before = self.text[: self.column]

    def here(self, message: str, help: str | None = None, note: str = "") -> Diagnostic:
        """Return a diagnostic at the place where the parser stopped."""
        rest = self.text[self.column :].split(" ")[0]
        span = Span(self.source, self.line + 1, self.column + 1, max(len(rest), 1))
        return Diagnostic(message, span, help, (note,) if note else ())

    def begun(
        self, message: str, help: str | None = None, note: str = "", length: int = 1
    ) -> Diagnostic:
        """Return a diagnostic at the beginning of the construct that was being read."""
        span = Span(self.source, self.first_line + 1, self.first_column + 1, length)
        return Diagnostic(message, span, help, (note,) if note else ())

    def under_line(self, message: str, help: str | None, note: str = "") -> Diagnostic:
        """Return a diagnostic under the whole of the line where the parser stopped."""
        indent = indent_of(self.text)
        length = len(self.text.split(" #")[0].rstrip()) - indent
        span = Span(self.source, self.line + 1, indent + 1, max(length, 1))
        return Diagnostic(message, span, help, (note,) if note else ())

    def number_above(self) -> int:
        """Return the number of the last line before the fault that says something."""
        number = self.line
        while number > 0 and self.source.line(number).split("#")[0].strip() == "":
            number -= 1
        return number


def position(mark: Any) -> tuple[int, int]:
    return (int(mark.line), int(mark.column)) if mark else (0, 0)


def position_of_end(source: Source) -> tuple[int, int]:
    """Return line and column (from 0) after the last character that is no space."""
    lines = source.text.rstrip().replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines) - 1, len(lines[-1])


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def spaces(count: int) -> str:
    if count == 0:
        return "no spaces"
    return "1 space" if count == 1 else f"{count} spaces"
