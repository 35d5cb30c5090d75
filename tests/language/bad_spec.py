"""Bad specs as files: what is wrong is said in comments beside the fault, for people and tests.

    layers:
      - conv: {out_channels: 8, kernal_size: 3}
    #                           ^^^^^^^^^^^ error: conv has no field `kernal_size`
    # help: did you mean `kernel_size`?

Carets mark the fault in the last line that is no such comment. Where the fault begins under the
comment's own `#`, that counts as the first caret. Where a comment at that place would change the
fault (inside an open quote), the file begins with `# error at LINE:COLUMN: message` instead.
`# help:` and `# note:` belong to the error above them; a text that ends in `...` is a beginning.

    python tests/language/bad_spec.py tests/bad_specs/*/*.yaml

writes the comments anew from the errors given now; what has changed is then seen, and judged, in
the difference.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import cnncalc
from cnncalc.diagnostics import Diagnostic, SpecError

CARETS = re.compile(r"^( *)#( *)(\^*) error: (.+)$")
PLACE = re.compile(r"^# error at (\d+):(\d+): (.+)$")
LONGEST_HELP = 120  # of what a comment repeats
REMARK = re.compile(r"^ *# (help|note): (.+)$")


@dataclass
class Expected:
    """An error that a bad spec must give; `length` is None where only the place is told."""

    line: int
    column: int
    length: int | None
    message: str
    help: str | None = None
    notes: list[str] = field(default_factory=list)


def expectations(text: str) -> list[Expected]:
    """Return the errors that the comments of a bad spec announce, in the order of the text."""
    found: list[Expected] = []
    line = 0
    for number, content in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if match := PLACE.match(content):
            found.append(Expected(int(match[1]), int(match[2]), None, match[3]))
        elif match := CARETS.match(content):
            before, between, carets, message = match.groups()
            if between:
                column, length = len(before) + len(between) + 2, len(carets)
            else:
                column, length = len(before) + 1, len(carets) + 1
            found.append(Expected(line, column, length, message))
        elif match := REMARK.match(content):
            if match[1] == "help":
                found[-1].help = match[2]
            else:
                found[-1].notes.append(match[2])
        else:
            line = number
    return sorted(found, key=lambda expected: (expected.line, expected.column))


def says(actual: str | None, expected: str | None) -> bool:
    """Return whether a text is the expected one, or begins with it if that ends in `...`."""
    if actual is None or expected is None:
        return actual is expected
    return actual.startswith(expected[:-3]) if expected.endswith("...") else actual == expected


def bare(text: str) -> str:
    """Return a bad spec without the comments that announce its errors."""
    lines = text.splitlines(keepends=True)
    return "".join(
        line
        for line in lines
        if not any(kind.match(line.rstrip("\r\n")) for kind in (CARETS, PLACE, REMARK))
    )


def announced(text: str) -> str:
    """Return a bare bad spec with comments that announce the errors that it gives now.

    Raises ValueError if it gives none, or if no place for the comments leaves them as they are.
    """
    for form in (beside, on_top):
        found = faults(text)
        for _ in range(3):  # a note may name a line, and the comments move the lines
            result = form(text, found)
            now = faults(result)
            if holds(result, now):
                return result
            if len(now) != len(found):
                break
            found = [
                old.replace(message=new.message, help=new.help, notes=new.notes)
                for old, new in zip(found, now, strict=True)
            ]
    raise ValueError("its errors change with the comments about them")


def faults(text: str) -> list[Diagnostic]:
    """Return the errors of a spec, those of its shapes included."""
    try:
        cnncalc.analyze(cnncalc.loads(text))
    except SpecError as error:
        return list(error.diagnostics)
    raise ValueError("there is nothing wrong with it")


def holds(text: str, found: list[Diagnostic]) -> bool:
    """Return whether a bad spec announces exactly these errors."""
    expected = expectations(text)
    return len(expected) == len(found) and all(
        fault.span is not None
        and (fault.span.line, fault.span.column) == (error.line, error.column)
        and error.length in (None, fault.span.length)
        and fault.message == error.message
        and says(fault.help, error.help)
        and list(fault.notes) == error.notes
        for fault, error in zip(found, expected, strict=True)
    )


def remarks(fault: Diagnostic) -> list[str]:
    help = fault.help or ""
    if len(help) > LONGEST_HELP:
        help = help[: LONGEST_HELP - 3].rstrip(" ,") + "..."
    helps = [f"# help: {help}"] if help else []
    return helps + [f"# note: {note}" for note in fault.notes]


def beside(text: str, found: list[Diagnostic]) -> str:
    """Return the spec with each error below its line, carets under the fault."""
    end = "\r\n" if "\r\n" in text else "\n"
    result = []
    for number, line in enumerate(text.removesuffix(end).split(end), 1):
        result.append(line)
        for fault in found:
            span = fault.span
            if span is None or span.line != number:
                continue
            if span.column > 2:
                marks = "#" + " " * (span.column - 2) + "^" * span.length
            else:
                marks = " " * (span.column - 1) + "#" + "^" * (span.length - 1)
            result += [f"{marks} error: {fault.message}", *remarks(fault)]
    return end.join(result) + end


def on_top(text: str, found: list[Diagnostic]) -> str:
    """Return the spec with all errors in its first lines, each with its place."""
    shift = sum(1 + len(remarks(fault)) for fault in found)
    result = []
    for fault in found:
        if fault.span is not None:
            place = f"{fault.span.line + shift}:{fault.span.column}"
            result += [f"# error at {place}: {fault.message}", *remarks(fault)]
    return "\n".join([*result, text])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_bytes(announced(bare(path.read_bytes().decode())).encode())
