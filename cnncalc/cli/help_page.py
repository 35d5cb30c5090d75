"""The layout of `--help`: no line is wider than the terminal, and no word is cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import click

from cnncalc.diagnostics import folded

#: The words of a command line; what is quoted is one word.
WORDS = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+""")


class HelpPage(click.HelpFormatter):
    """A formatter that folds what click's own leaves too wide, or cuts within a word."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write a list of names and what they mean, in two columns."""
        margin, rows = self.current_indent, list(rows)
        names = [folded(name, self.width - margin) for name, _ in rows]
        widest = max([len(line) for lines in names for line in lines], default=0)
        start = min(widest, col_max) + col_spacing
        for lines, (_, text) in zip(names, rows, strict=True):
            meaning = folded(re.sub(r"\s*\n\s*", " ", text), max(self.width - margin - start, 10))
            if text and len(lines[-1]) + col_spacing <= start:
                lines[-1] = lines[-1].ljust(start) + meaning.pop(0)
            lines += [" " * start + line for line in meaning if text]
            self.write("".join([f"{' ' * margin}{line}".rstrip() + "\n" for line in lines]))

    def getvalue(self) -> str:
        """Return the page, examples that are too wide continued on a further line."""
        lines = super().getvalue().split("\n")
        return "\n".join([piece for line in lines for piece in self.continued(line)])

    def continued(self, line: str) -> Iterator[str]:
        """Give a line of an example in pieces that a shell reads as one command."""
        if len(line) <= self.width:
            yield line
            return
        command, gap, meaning = re.fullmatch(r"(\s*\S.*?)(\s{2,}|$)(.*)", line).groups()  # type: ignore[union-attr]  # matches any text
        margin = len(line) - len(line.lstrip())
        written = ""
        for word in WORDS.findall(command):
            if written and len(written) + len(word) + 3 > self.width:
                yield f"{written} \\"
                written = f"{' ' * (margin + 4)}{word}"
            else:
                written = f"{written} {word}" if written else " " * margin + word
        yield written
        if gap and meaning:
            room = self.width - margin - 4
            yield from [f"{' ' * (margin + 4)}{piece}" for piece in folded(meaning, room)]
