"""Bad specs as files: what is wrong is said in comments beside the fault, for people and tests.

    layers:
      - conv: {out_channels: 8, kernal_size: 3}
    #                           ^^^^^^^^^^^ error: conv has no field `kernal_size`
    # help: did you mean `kernel_size`?

Carets mark the fault in the last line that is no such comment. Where the fault begins under the
comment's own `#`, that counts as the first caret. Where a comment at that place would change the
fault (inside an open quote), the file begins with `# error at LINE:COLUMN: message` instead.
`# help:` and `# note:` belong to the error above them; a text that ends in `...` is a beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CARETS = re.compile(r"^( *)#( *)(\^*) error: (.+)$")
PLACE = re.compile(r"^# error at (\d+):(\d+): (.+)$")
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
