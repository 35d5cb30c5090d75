"""`search` and `found` on the command line: formats agree, search files do what options do."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import brute
import pytest

import cnncalc
from cnncalc.cli import run
from cnncalc.diagnostics import SpecError
from cnncalc.search.file import read, search_file

VARY = ["--vary", "width=8..32:8", "--vary", "depths[0]=1..3", "--vary", "input=24..40:8"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.yaml").write_text(brute.TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(folder: Path, capsys: Any) -> str:
    assert (folder / "small.yaml").exists()
    words = ["--where", "params < 300k", "--pareto", "macs,-field"]
    assert run(["search", "small.yaml", *VARY, *words, "-o", "found.db"]) == 0
    capsys.readouterr()
    return "found.db"


def printed(capsys: Any, *words: str) -> str:
    assert run(list(words)) == 0
    return str(capsys.readouterr().out)


def test_all_formats_have_the_same_points(store: str, capsys: Any) -> None:
    found = json.loads(printed(capsys, "found", store, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "found", store, "--format", "csv"))))
    assert len(found["points"]) == found["passed"] == len(rows) > 5
    for point, row in zip(found["points"], rows, strict=True):
        assert {name: row[name] for name in point["values"]} == point["values"]
        assert {name: int(row[name]) for name in ("params", "macs", "field")} == point["figures"]
        assert row["front"] == str(int(point["front"]))
    root = ET.fromstring(printed(capsys, "found", store, "--format", "svg"))
    circles = [e for e in root.iter() if e.tag.endswith("circle")]
    assert len(circles) == found["passed"]
    titles = [circle[0].text or "" for circle in circles]
    assert {title.splitlines()[-1] for title in titles} == {p["command"] for p in found["points"]}
    table = printed(capsys, "found", store)
    assert table.count("*") == sum(point["front"] for point in found["points"]) + 1  # the legend


def test_parquet_has_them_too(store: str, capsys: Any) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    printed(capsys, "found", store, "--format", "parquet", "-o", "found.parquet")
    rows = parquet.read_table("found.parquet").to_pylist()
    found = json.loads(printed(capsys, "found", store, "--format", "json"))
    assert [row["params"] for row in rows] == [p["figures"]["params"] for p in found["points"]]
    assert [row["width"] for row in rows] == [int(p["values"]["width"]) for p in found["points"]]
    assert [row["front"] for row in rows] == [p["front"] for p in found["points"]]


def test_a_point_s_command_shows_its_network(store: str, capsys: Any) -> None:
    found = json.loads(printed(capsys, "found", store, "--format", "json"))
    for point in found["points"][::4]:
        words = shlex.split(point["command"])
        assert words[0] == "cnncalc"
        totals = json.loads(printed(capsys, *words[1:], "--format", "json"))["totals"]
        assert {n: totals[n] for n in ("params", "macs")}.items() <= point["figures"].items()


def test_the_order_the_first_and_the_front_can_be_chosen(store: str, capsys: Any) -> None:
    def points(*words: str) -> list[dict[str, Any]]:
        text = printed(capsys, "found", store, "--format", "json", *words)
        return list(json.loads(text)["points"])

    every = points()
    by_params = points("--sort", "-params")
    assert [p["figures"]["params"] for p in by_params] == sorted(
        [p["figures"]["params"] for p in every], reverse=True
    )
    assert points("--sort", "-params", "--top", "3") == by_params[:3]
    assert points("--front") == [p for p in every if p["front"]]
    values = {i: (p["figures"]["params"], -p["figures"]["macs"]) for i, p in enumerate(every)}
    front = points("--pareto", "params,-macs")
    assert len(front) == len(brute.front(values))
    few = points("--where", "params < 100k and field > 40")
    assert 0 < len(few) < len(every)
    assert all(p["figures"]["params"] < 10**5 and p["figures"]["field"] > 40 for p in few)


def test_what_the_file_does_not_know_is_said(store: str, capsys: Any) -> None:
    text = printed(capsys, "found", store, "--where", "peak < 1GiB")
    assert "undecided   24" in text
    assert run(["search", "--resume", "-o", store, "--where", "peak < 1GiB"]) == 0
    assert "undecided" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "parquet"], "Parquet is no text"),
        (["--pareto", "macs", "--format", "svg"], "two objectives"),
        (["--where", "peek < 3"], "did you mean `peak`"),
        (["--sort", "parms"], "did you mean `params`"),
        (["--where", "params < 0", "--format", "svg"], "nothing to draw"),
    ],
)
def test_wrong_questions(store: str, words: list[str], said: str, capsys: Any) -> None:
    assert run(["found", store, *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "search wants a SPEC"),
        (["small.yaml"], "nothing to vary"),
        (["small.yaml", "--vary", "width=1..9000", "--vary", "kernel=1..9"], "--sample 10000"),
        (["small.yaml", "--vary", "width=1..9", "--grid", "--sample", "3"], "leave one of them"),
        (["small.yaml", "--vary", "width=1..9", "--sampling", "stratified"], "how many"),
        (["small.yaml", "--vary", "width=1..9", "--sample", "5", "--sampling", "evolve"],
         "something to improve"),
        (["small.yaml", "--vary", "width=1..9", "--what", "colour"], "no figure"),
        (["resnet50", "--vary", "groups=1,2", "--jobs", "2", "--cluster", "tcp://x:1"],
         "leave one of them out"),
        (["lenet5", "--variants"], "has no variants"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("folder")
def test_wrong_searches(words: list[str], said: str, capsys: Any) -> None:
    assert run(["search", *words]) == 2
    assert said in capsys.readouterr().err


FILE = """
spec: small.yaml
space:
  width: 8..32:8
  depths[0]: [1, 2, 3]
  input: 24..40:8
where:
  - params < 300k
objectives: [macs, -field]
"""


def test_a_search_file_does_what_options_do(folder: Path, capsys: Any) -> None:
    (folder / "search.yaml").write_text(FILE)
    by_options = printed(capsys, "search", "small.yaml", *VARY, "--where", "params < 300k",
                         "--pareto", "macs,-field")  # fmt: skip
    assert printed(capsys, "search", "search.yaml") == by_options
    fewer = printed(capsys, "search", "search.yaml", "--where", "macs < 3M", "--format", "json")
    assert set(json.loads(fewer)["failed"]) == {"params < 300k", "macs < 3M"}
    assert search_file("small.yaml") is None
    assert search_file("searches/regnet_x") is not None


#: A line of a search file, what is wrong with it, the column, and the help.
FAULTS = [
    ("spce: {width: 1..3}", "a search has no key `spce`", 1, "did you mean"),
    ("vary: {width: 1..3}", "a search has no key `vary`", 1, "space"),
    ("space: 3", "`space` must be a mapping, not a number", 8, "width: 8..64:8"),
    ("space: {width: 3..1}", "`3..1` is no usable range: it ends below its beginning, 3", 16, "16"),
    ("space: {wi dth: 1..3}", "`wi dth` cannot vary", 9, "name a parameter"),
    ("space: {width: {a: 1}}", "wanted values, not a mapping", 16, "list of values"),
    ("spec: nothing_like_it", "there is no network and no file named `nothing_like_it`", 7, ""),
    ("sample: many", "`sample` must be a whole number from 1", 9, "1000"),
    ("sample: {number: 3}", "`sample` has no key `number`", 10, "did you mean `count`?"),
    ("sample: {method: unifrom}", "`method` cannot be `unifrom`", 18, "did you mean `uniform`?"),
    ("where: {a: 1}", "`where` must be a text, not a mapping", 8, "a list of conditions"),
    ("rounding: up", "`rounding` cannot be `up`", 11, "floor"),
    ("dtype: float3", "`dtype` cannot be `float3`", 8, "did you mean `float32`?"),
    ("batch: 0", "`batch` must be a whole number from 1", 8, ""),
    ("grid: yes", "`grid` cannot be `yes`", 7, ""),
    ("set: 3", "`set` must be a mapping, not a number", 6, "width: 64"),
    ("variants: some", "`variants` must be `all` or a list of names", 11, "all"),
]


@pytest.mark.parametrize(("line", "message", "column", "help"), FAULTS)
def test_faults_of_search_files_are_shown_where_they_stand(
    folder: Path, line: str, message: str, column: int, help: str
) -> None:
    key = line.partition(":")[0]
    rest = [
        kept
        for kept in ("spec: small.yaml", "space: {width: 1..3}")
        if not kept.startswith(f"{key}:")
    ]
    (folder / "search.yaml").write_text("\n".join([line, *rest, ""]))
    with pytest.raises(SpecError) as caught:
        read("search.yaml")
    (fault,) = caught.value.diagnostics
    assert fault.message == message
    assert fault.span is not None
    assert (fault.span.line, fault.span.column) == (1, column)
    assert help in (fault.help or "")


def test_a_fault_of_a_formula_is_shown_in_the_file(folder: Path, capsys: Any) -> None:
    (folder / "search.yaml").write_text(FILE.replace("params < 300k", "params < 3M and marcs < 1"))
    assert run(["search", "search.yaml"]) == 1
    said = capsys.readouterr().err
    assert " --> search.yaml:8:21" in said
    assert "did you mean `macs`?" in said


def test_a_search_without_a_spec_says_so(folder: Path) -> None:
    (folder / "search.yaml").write_text("where: params < 3\nspace: {}\n")
    with pytest.raises(SpecError) as caught:
        read("search.yaml")
    messages = [fault.message for fault in caught.value.diagnostics]
    assert messages == ["`space` must be a mapping, not a mapping", "the search has no `spec`"]


@pytest.mark.parametrize("name", ["regnet_x", "regnet_y", "mobile"])
def test_shipped_searches_find_something(name: str, capsys: Any) -> None:
    text = printed(capsys, "search", f"searches/{name}", "--sample", "200", "--format", "json")
    found = json.loads(text)
    assert found["tried"] + 0 <= 200
    assert found["no_network"] == {}
    assert found["unknown"] == {}
    for point in found["points"][:2]:
        words = shlex.split(point["command"])
        graph = cnncalc.load(words[2], **settings(words))
        assert cnncalc.analyze(graph).totals().params == point["figures"]["params"]


def settings(words: list[str]) -> dict[str, str]:
    """Return what `--set` says in the words of a command."""
    pairs = [word.partition("=") for at, word in enumerate(words) if words[at - 1] == "--set"]
    return {name: value for name, _, value in pairs}
