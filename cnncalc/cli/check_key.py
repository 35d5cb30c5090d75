"""`cnncalc check-key`: a typed key against the computed one."""

from __future__ import annotations

import click

from cnncalc.cli.options import emit, printed
from cnncalc.diagnostics import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.grading import CheckedKey

#: What the states of comparisons are called where they are counted.
_COUNTED = {
    "same": "same", "written otherwise": "written otherwise", "differs": "different",
    "missing": "missing",
}  # fmt: skip


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT")
@click.argument("key", metavar="OLDKEY.csv")
@printed("text", "json", "csv")
def command(assignment: str, key: str, format: str, output: str | None) -> int:
    """Compare a key that was typed by hand with the computed one, and explain each difference.

    OLDKEY.csv has rows `id,answer`; cells of a table are called `q3/conv_1/shape`. Exit status 1
    if anything differs.

    \b
      cnncalc check-key homework.yaml key.csv
    """
    from cnncalc import grading

    checked = grading.check_key(assignment, key)
    shown = {"text": as_text, "json": as_json, "csv": type(checked).csv}[format]
    emit(shown(checked), output)
    return 1 if checked.differs else 0


def as_text(checked: CheckedKey) -> str:
    """Return the differences with their explanation and the right working."""
    lines = []
    for one in checked.items:
        if one.state == "differs":
            lines.append(f"{one.item.id}: the key says {one.typed!r}, computed is {one.computed}")
            lines.append(f"    {one.why}")
            lines += [f"    {line}" for line in one.lines]
        elif one.state == "written otherwise":
            lines.append(f"{one.item.id}: {one.typed!r} is right ({one.why})")
    states = [one.state for one in checked.items]
    counts = ", ".join(
        f"{states.count(state)} {word}" for state, word in _COUNTED.items() if state in states
    )
    lines += checked.problems
    lines += [f"{quoted(key)} is not a question of the assignment" for key in checked.unknown]
    return "\n".join([*lines, counts])


def as_json(checked: CheckedKey) -> str:
    """Return every comparison for programs."""
    import json

    rows = [
        {
            "item": one.item.id, "typed": one.typed, "state": one.state,
            "computed": one.computed, "why": one.why, "working": list(one.lines),
        }
        for one in checked.items
    ]  # fmt: skip
    value = {
        "schema": "cnncalc.check-key/1", "items": rows, "unknown": list(checked.unknown),
        "problems": list(checked.problems),
    }  # fmt: skip
    return json.dumps(value, ensure_ascii=False, indent=2)
