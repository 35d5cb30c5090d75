"""Exports read as they come: archives, links that lead elsewhere, feedback that goes back."""

from __future__ import annotations

import csv
import os
import zipfile
from pathlib import Path

import pytest

from cnncalc.cli import run

ASSIGNMENT = """
specs: {net: {input: 3x32x32, layers: [conv: {name: conv, out_channels: 10, kernel_size: 5}]}}
questions: [{id: q1, kind: shape}, {id: q2, kind: params}]
"""
ROSTER = "id,name,canvas id\ns1,Ada Lovelace,1001\ns2,Grace Hopper,1002\n"
RIGHT = "q1: 28x28x10\nq2: 760\n"
EXPORTS = {
    "canvas": ["lovelaceada_1001_5551_hw.txt", "hoppergrace_1002_5552_hw.txt"],
    "moodle": ["Ada Lovelace_77_assignsubmission_file_/hw.txt",
               "Grace Hopper_78_assignsubmission_file_/hw.txt"],
    "folder": ["homework1/s1.txt", "homework1/s2.txt"],
    "nbgrader": ["submitted/s1/hw/a.txt", "submitted/s2/hw/a.txt"],
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    (tmp_path / "roster.csv").write_text(ROSTER)
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", EXPORTS)
def test_an_archive_is_read_as_its_folder_is(name: str, place: Path) -> None:
    with zipfile.ZipFile(place / "export.zip", "w") as archive:
        for file in EXPORTS[name]:
            archive.writestr(file, RIGHT)
        archive.writestr("../outside.txt", RIGHT)
    command = ["grade", "hw.yaml", "export.zip", "--roster", "roster.csv"]
    command += ["--outputs", "gradebook,returns", "-o", "out"]
    assert run(command) == 0
    found = rows(place / "out" / "submissions.csv")
    assert [(row["student"], row["total"]) for row in found] == [("s1", "2"), ("s2", "2")]
    assert [row["file"] for row in found] == [f"export.zip/{file}" for file in EXPORTS[name]]
    assert not (place.parent / "outside.txt").exists()
    returned = {p.relative_to(place / "out" / "returns").as_posix()
                for p in (place / "out" / "returns").rglob("*.md")}  # fmt: skip
    assert returned == {
        "canvas": {file.replace(".txt", ".md") for file in EXPORTS["canvas"]},
        "moodle": {file.replace("hw.txt", "feedback.md") for file in EXPORTS["moodle"]},
    }.get(name, set())


def test_links_in_an_archive_are_refused_one_row_each(place: Path) -> None:
    with zipfile.ZipFile(place / "export.zip", "w") as archive:
        archive.writestr("s1/hw.txt", RIGHT)
        for name, leads_to in (("s2/hw.txt", "../s1/hw.txt"), ("eve.txt", "/etc/hostname")):
            link = zipfile.ZipInfo(name)
            link.external_attr = 0o120777 << 16
            archive.writestr(link, leads_to)
    assert run(["grade", "hw.yaml", "export.zip", "-o", "out"]) == 0
    found = {row["file"]: row for row in rows(place / "out" / "submissions.csv")}
    assert found.pop("export.zip/s1/hw.txt")["total"] == "2"
    assert set(found) == {"export.zip/s2/hw.txt", "export.zip/eve.txt"}
    assert all("not followed" in row["detail"] for row in found.values())


def test_an_archive_that_is_none_is_a_usage_error(place: Path) -> None:
    (place / "export.zip").write_bytes(b"PK\x03\x04 no archive")
    assert run(["grade", "hw.yaml", "export.zip"]) == 2


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="there are no links")
def test_links_are_refused_one_row_each(place: Path) -> None:
    (place / "secret.txt").write_text(RIGHT)
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "hw.txt").write_text(RIGHT)
    (place / "in" / "s1").mkdir(parents=True)
    (place / "in" / "s1" / "hw.txt").write_text(RIGHT)
    (place / "in" / "s2").mkdir()
    os.symlink(place / "elsewhere", place / "in" / "s2" / "work")
    os.symlink(place / "in" / "s1", place / "in" / "eve")
    os.symlink(place / "secret.txt", place / "in" / "mallory.txt")
    os.symlink(place / "secret.txt", place / "in" / "s1" / "more.txt")
    assert run(["grade", "hw.yaml", "in", "-o", "out"]) == 0
    found = {row["file"]: row for row in rows(place / "out" / "submissions.csv")}
    links = {"in/eve", "in/mallory.txt", "in/s2/work", "in/s1/more.txt"}
    assert set(found) == {"in/s1/hw.txt", *links}
    for link in links:
        assert found[link]["status"] == "unreadable"
        assert "not followed" in found[link]["detail"]
        assert found[link]["total"] == ""
    refused = [row["where"] for row in rows(place / "out" / "review.csv")]
    assert sorted(refused) == sorted(links)
    text = "".join(page.read_text() for page in (place / "out" / "feedback").iterdir())
    assert text.count("28x28x10") == 1


def test_a_day_is_counted_and_listed_where_canvas_only_says_late(place: Path) -> None:
    (place / "hw.yaml").write_text(f"late_penalty: 10%{ASSIGNMENT}")
    (place / "export").mkdir()
    for name in ("lovelaceada_1001_5551_hw.txt", "hoppergrace_LATE_1002_5552_hw.txt"):
        (place / "export" / name).write_text(RIGHT)
    assert run(["grade", "hw.yaml", "export", "--roster", "roster.csv", "-o", "out"]) == 0
    found = rows(place / "out" / "gradebook.csv")
    assert [(row["total"], row["late_days"]) for row in found] == [("2", ""), ("1.8", "1")]
    listed = [(row["student"], row["detail"]) for row in rows(place / "out" / "review.csv")]
    assert listed == [("s2", "late, by how much is not known: one day is counted")]
