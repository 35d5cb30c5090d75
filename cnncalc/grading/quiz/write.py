"""Writes a quiz: the manifest, sheets per student, and banks of all variants."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import pending, write_whole
from cnncalc.grading.quiz.bank import BankEntry, entry
from cnncalc.grading.quiz.banks import cloze_xml, moodle_xml, text2qti
from cnncalc.grading.result_files import safe_name
from cnncalc.grading.sheet import END, Figure, head, rendered, section, sheet, statement
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
        os.makedirs(directory, exist_ok=True)
        write_whole(os.path.join(directory, "manifest.json"), manifest.json())
        for name in filter(SHEETS.__contains__, formats):
            written += _sheets(manifest, students, directory, name, figure)
        banks = [BANKS[name] for name in formats if name in BANKS]
        entries = list(_entries(manifest, students, choices)) if banks else []
        for file, write in banks:
            write_whole(os.path.join(directory, file), write(manifest.title, entries))
            written.append(file)
    except OSError as error:
        raise UsageError(f"cannot write to `{directory}`: {error.strerror}") from None
    return written


def _sheets(
    manifest: Manifest, students: Sequence[str], directory: str, name: str, figure: Figure | None
) -> list[str]:
    """Write a sheet per student, and those with answers in a folder of their own.

    Of HTML all sheets are also written to one file, each on pages of its own, to be printed.
    """
    folders = (name, f"{name}-answers")
    files = ("print.html", "print-answers.html") if name == "html" else ()
    with ExitStack() as stack:
        printed = [stack.enter_context(pending(os.path.join(directory, file))) for file in files]
        for folder in folders:
            os.makedirs(os.path.join(directory, folder), exist_ok=True)
        for file in printed:
            file.write(head(manifest.title))
        for student in students:
            own = manifest.assignment(student)
            for answers, folder in enumerate(folders):
                blocks = sheet(own, student, bool(answers), figure)
                text = rendered(blocks, "md" if name == "sheets" else name)
                path = os.path.join(directory, folder, f"{safe_name(student)}.{SHEETS[name]}")
                write_whole(path, text)
                if printed:
                    printed[answers].write(section(text))
        for file in printed:
            file.write(END)
    return [*(f"{folder}/" for folder in folders), *files]


def _entries(manifest: Manifest, students: Sequence[str], choices: bool) -> Iterator[BankEntry]:
    """Yield every variant of every question once, question by question."""
    found: dict[str, dict[str, BankEntry]] = {}
    for student in students:
        for question in manifest.assignment(student).questions:
            drawn = statement(question)  # which tells the draws of a question apart
            own = found.setdefault(question.id, {})
            if drawn not in own:
                own[drawn] = entry(question, f"{question.id}-{len(own) + 1:03}", choices=choices)
    for entries in found.values():
        yield from entries.values()
