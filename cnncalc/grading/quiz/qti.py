"""text2qti: plain text that becomes a Canvas quiz, with a group of variants per question."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.grading.quiz.bank import Entry, Field
from cnncalc.grading.quiz.moodle import half_points, shuffled


def text2qti(title: str, entries: Iterable[Entry]) -> str:
    """Return a quiz for text2qti; each question is a group of which every student gets one."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.question, []).append(entry)
    lines = [f"Quiz title: {_one_line(title)}", "shuffle answers: true", ""]
    for variants in groups.values():
        for position in range(len(variants[0].fields)):
            points = half_points(variants[0].fields[position].points)
            lines += ["GROUP", "pick: 1", f"points per question: {points}", ""]
            for entry in variants:
                lines += [*_question(entry, entry.fields[position]), ""]
            lines += ["END_GROUP", ""]
    return "\n".join(lines)


def _question(entry: Entry, field: Field) -> list[str]:
    text = entry.text + (f"\n{field.label}?" if field.label else "")
    body = text.split("\n")
    lines = [f"Title: {_one_line(entry.name)}", f"1.  {body[0]}"]
    lines += [f"    {line}".rstrip() for line in body[1:]]
    if field.working:
        lines.append(f"... {_one_line(field.working[0])}")
    if field.form == "number" and len(field.right) == 1:
        return [*lines, f"=   {field.right[0]}"]
    if field.form == "choice":
        options = shuffled(field, entry.name)
        marks = [("*" if right else "", text) for text, right in options]
        return [
            *lines,
            *[f"{mark}{chr(97 + i)})  {_one_line(text)}" for i, (mark, text) in enumerate(marks)],
        ]
    if field.form == "essay":
        return [*lines, "____"]
    return [*lines, *[f"*   {_one_line(text)}" for text in field.right]]


def _one_line(text: str) -> str:
    return " ".join(text.split())
