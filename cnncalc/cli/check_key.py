"""`cnncalc check-key`: a typed key against the computed one."""

from __future__ import annotations

import click

from cnncalc.cli.options import emit, format_option, output_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.grading.check_key import Comparison


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT")
@click.argument("key", metavar="OLDKEY.csv")
@format_option("text", "json", "csv")
@output_option
def command(assignment: str, key: str, format: str, output: str | None) -> int:
    """Compare a key that was typed by hand with the computed one, and explain each difference.

    OLDKEY.csv has rows `id,answer`; cells of a table are called `q3/conv_1/shape`. Exit status 1
    if anything differs.

    \b
      cnncalc check-key homework.yaml key.csv
    """
    from cnncalc.grading.check_key import check_key
    from cnncalc.grading.setup import make_setup

    _, found = make_setup(assignment, "", ())
    comparisons, unknown = check_key(found, key)
    shown = {"text": as_text, "json": as_json, "csv": as_csv}[format]
    emit(shown(comparisons, unknown), output)
    return 1 if any(one.state == "differs" for one in comparisons) else 0


def as_text(comparisons: list[Comparison], unknown: list[str]) -> str:
    """Return the differences with their explanation and the right working."""
    lines = []
    for one in comparisons:
        if one.state == "differs":
            lines.append(f"{one.item.id}: the key says {one.typed!r}, computed is {one.computed}")
            lines.append(f"    {one.why}")
            lines += [f"    {line}" for line in one.lines]
        elif one.state == "written otherwise":
            lines.append(f"{one.item.id}: {one.typed!r} is right ({one.why})")
    states = [one.state for one in comparisons]
    counts = ", ".join(
        f"{states.count(word)} {word}"
        for word in ("same", "written otherwise", "differs", "missing")
        if word in states
    )
    lines += [f"`{key}` is not a question of the assignment" for key in unknown]
    return "\n".join([*lines, counts])


def as_json(comparisons: list[Comparison], unknown: list[str]) -> str:
    """Return every comparison for programs."""
    import json

    rows = [
        {
            "item": one.item.id, "typed": one.typed, "state": one.state,
            "computed": one.computed, "why": one.why, "working": list(one.lines),
        }
        for one in comparisons
    ]  # fmt: skip
    value = {"schema": "cnncalc.check-key/1", "items": rows, "unknown": unknown}
    return json.dumps(value, ensure_ascii=False, indent=2)


def as_csv(comparisons: list[Comparison], _unknown: list[str]) -> str:
    """Return every comparison as a table."""
    from cnncalc.grading.gradebook.cells import cell, line

    rows = ["item,typed,state,computed,why\n"]
    rows += [
        line(map(cell, (one.item.id, one.typed, one.state, one.computed, one.why)))
        for one in comparisons
    ]
    return "".join(rows)
