"""Quizzes: a checked variant for every student, in the formats of course systems.

Here one is written: the manifest, sheets per student, and banks of all variants.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import NewFiles
from cnncalc.grading.markup import MARKUPS
from cnncalc.grading.quiz.banks import BankEntry, cloze_xml, entry, moodle_xml, text2qti
from cnncalc.grading.result_files import safe_name
from cnncalc.grading.sheet import Figure, body, rendered, sheet, statement
from cnncalc.grading.work import Manifest

BANKS = {
    "moodle": ("moodle.xml", moodle_xml), "cloze": ("cloze.xml", cloze_xml),
    "text2qti": ("text2qti.txt", text2qti),
}  # fmt: skip
#: Formats of sheets, with the ending of their files.
SHEETS = {"sheets": "md", "html": "html", "word": "html"}
FORMATS = (*SHEETS, *BANKS)


def write_quiz(
    manifest: Manifest,
    students: Sequence[str],
    formats: Sequence[str],
    directory: str,
    choices: bool = False,
    figure: Figure | None = None,
) -> list[str]:
    """Write a quiz in some formats and return what was written.

    With `choices` banks ask for numbers and shapes by multiple choice; `figure` draws networks on
    sheets of HTML. Raises UsageError if the directory cannot be written to.
    """
    written = []
    try:
        with NewFiles(directory, last="manifest.json") as new:
            new.write("manifest.json", manifest.json())
            for name in filter(SHEETS.__contains__, formats):
                for answers in (False, True):
                    written += _sheets(manifest, students, new, name, answers, figure)
            banks = [BANKS[name] for name in formats if name in BANKS]
            entries = _entries(manifest, students, choices) if banks else []
            for file, write in banks:
                new.write(file, write(manifest.title, entries))
                written.append(file)
    except OSError as error:
        raise UsageError(f"cannot write to `{directory}`: {error.strerror}") from None
    return written


def _sheets(
    manifest: Manifest, students: Sequence[str], new: NewFiles, name: str, answers: bool,
    figure: Figure | None,
) -> list[str]:  # fmt: skip
    """Write a sheet per student to a folder; of HTML all are also written to one file to print."""
    folder = f"{name}-answers" if answers else name
    markup, bodies = "md" if name == "sheets" else name, []
    for student in students:
        blocks = sheet(manifest.assignment(student), student, answers, figure)
        new.write(f"{folder}/{safe_name(student)}.{SHEETS[name]}", rendered(blocks, markup))
        if name == "html":
            bodies.append(f"<section>\n{body(blocks, markup)}</section>\n")
    if name != "html":
        return [f"{folder}/"]
    printed = folder.replace("html", "print") + ".html"
    page = MARKUPS["html"].page(manifest.title, "".join(bodies))
    new.write(printed, page)
    return [f"{folder}/", printed]


def _entries(manifest: Manifest, students: Sequence[str], choices: bool) -> list[BankEntry]:
    """Return every variant of every question once, question by question."""
    found: dict[str, dict[str, BankEntry]] = {}
    for student in students:
        for question in manifest.assignment(student).questions:
            drawn = statement(question)  # which tells the draws of a question apart
            own = found.setdefault(question.id, {})
            if drawn not in own:
                own[drawn] = entry(question, f"{question.id}-{len(own) + 1:03}", choices)
    return [entry for entries in found.values() for entry in entries.values()]
