"""cnncalc as a process: pipes, terminals, encodings, interruptions, exit statuses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import click
import pytest
from processes import PROGRAM, cnncalc, environment, on_terminal, shell

from cnncalc.cli import run, stepping

STYLE = re.compile(r"\x1b\[[0-9;]*m")
TINY = "input: 3x8x8\nlayers:\n  - conv: {out_channels: 4, kernel_size: 3}\n  - relu\n"


def test_the_reader_may_leave_early() -> None:
    done = shell("cnncalc summary resnet152 --depth all | head -1; echo ${PIPESTATUS[*]}")
    assert done.stdout.splitlines()[-1] == "0 0"
    assert done.stderr == ""


def test_the_reader_may_leave_between_two_lines() -> None:
    """Every line is written at once where Python does not buffer, and click sees the pipe break."""
    command = "PYTHONUNBUFFERED=1 cnncalc layers | head -1; echo ${PIPESTATUS[*]}"
    for _ in range(3):
        done = shell(command)
        assert done.stdout.splitlines()[-1] == "0 0"
        assert done.stderr == ""


def test_a_full_disk_is_told() -> None:
    done = shell("cnncalc summary lenet5 > /dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write standard output: No space left")


def test_a_closed_output_is_told() -> None:
    done = shell("cnncalc summary lenet5 >&-")
    assert done.returncode == 2
    assert done.stderr == "error: cannot write: standard output is closed\n"


def test_a_closed_error_stream_is_no_fault() -> None:
    assert shell("cnncalc summary lenet5 2>&-").returncode == 0
    assert shell("cnncalc summary nonsense 2>&-").returncode == 2


@pytest.mark.parametrize("text", [TINY, TINY.replace("\n", "\r\n"), "\ufeff" + TINY])
def test_a_spec_may_come_through_a_pipe_with_any_line_ends(text: str) -> None:
    done = cnncalc("summary", "-", stdin=text.encode())
    assert done.returncode == 0
    assert "conv 3x3" in done.stdout
    assert done.stdout == cnncalc("summary", "-", stdin=TINY.encode()).stdout


def test_errors_in_a_piped_spec_have_a_place() -> None:
    done = cnncalc("summary", "-", stdin=TINY.replace("out_", "ut_").encode())
    assert done.returncode == 1
    assert " --> <stdin>:3:12" in done.stderr


def test_output_goes_to_a_file_in_one_piece(tmp_path: Path) -> None:
    printed = cnncalc("summary", "lenet5").stdout
    done = cnncalc("summary", "lenet5", "-o", "out.txt", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == printed
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]


def test_a_refused_spec_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("before")
    assert cnncalc("summary", "-", "-f", "json", "-o", str(target), stdin=b"x").returncode == 1
    assert target.read_text() == "before"


def test_links_are_followed_and_devices_written_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real.txt")
    cnncalc("summary", "lenet5", "-o", "link", cwd=tmp_path)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8").startswith("LeNet-5")
    os.mkfifo(tmp_path / "pipe")
    done = shell("cnncalc summary lenet5 -o pipe & head -1 pipe; wait", cwd=tmp_path)
    assert done.stdout.startswith("LeNet-5")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("target", ["nowhere/out.txt", "."])
def test_a_file_that_cannot_be_written_is_wrong_usage(target: str, tmp_path: Path) -> None:
    done = cnncalc("summary", "lenet5", "-o", target, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: cannot write `{target}`: ")
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_gets_styles_and_a_pipe_does_not() -> None:
    status, shown = on_terminal("summary", "lenet5")
    assert status == 0
    assert STYLE.search(shown)
    assert "\x1b" not in cnncalc("summary", "lenet5").stdout


@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_styles_can_be_declined(changes: dict[str, str]) -> None:
    status, shown = on_terminal("summary", "lenet5", **changes)
    assert status == 0
    assert "\x1b" not in shown


def test_a_terminal_and_a_pipe_show_the_same_words() -> None:
    shown = STYLE.sub("", on_terminal("summary", "resnet18", columns=100)[1])
    printed = cnncalc("summary", "resnet18").stdout
    assert [line.split() for line in shown.splitlines() if line.strip(" ─")] == [
        line.split() for line in printed.splitlines() if line.strip(" ─")
    ]


@pytest.mark.parametrize(
    ("columns", "changes"), [(30, {}), (60, {"NO_COLOR": "1"}), (80, {}), (200, {})]
)
def test_tables_fit_narrow_terminals_and_numbers_are_whole(
    columns: int, changes: dict[str, str]
) -> None:
    shown = STYLE.sub("", on_terminal("summary", "resnet18", columns=columns, **changes)[1])
    table = shown.partition("\n\nparameters")[0].splitlines()
    assert max(len(line.rstrip()) for line in table) <= max(columns, 60)
    for number in ("118,013,952", "11,689,512", "1,814,073,344"):
        assert number in shown


def test_columns_of_the_environment_win() -> None:
    shown = STYLE.sub("", on_terminal("summary", "resnet18", columns=200, COLUMNS="70")[1])
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 71


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    done = cnncalc("explain", "lenet5", "C1", PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert "floor((32 - 5 + 2*0)/1) + 1 = floor(27/1) + 1 = 28" in done.stdout
    assert "?" not in done.stdout
    done = cnncalc("summary", "resnet18", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "?" not in done.stdout
    assert "11,689,512" in done.stdout


def test_an_interruption_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cnncalc.analysis.walk.analyze", interrupted)
    assert run(["summary", "lenet5"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["sumary", "lenet5"], 2, "did you mean `cnncalc summary`?"),
        (["summary"], 2, "missing argument 'SPEC'"),
        (["summary", "lenet55"], 2, "did you mean `lenet5`?"),
        (["summary", "nowhere.yaml"], 2, "there is no file `nowhere.yaml`"),
        (["summary", "lenet5", "--colums", "name"], 2, "--columns"),
        (["summary", "lenet5", "--columns", "nme"], 2, "did you mean `name`?"),
        (["summary", "lenet5", "--sort", "parms"], 2, "did you mean `params`?"),
        (["summary", "lenet5", "--format", "jsn"], 2, "'json'"),
        (["summary", "lenet5", "--convention", "fvcor"], 2, "fvcore"),
        (["summary", "lenet5", "--batch", "0"], 2, "batch"),
        (["summary", "lenet5", "--batch", "many"], 2, "batch"),
        (["summary", "lenet5", "--depth", "0"], 2, "depth"),
        (["summary", "lenet5", "--dtype", "float8"], 2, "float16"),
        (["summary", "lenet5", "--input", "3x"], 2, "3x224x224"),
        (["summary", "lenet5", "--input", "0x8x8"], 2, "from 1"),
        (["summary", "lenet5", "--set", "width"], 2, "NAME=VALUE"),
        (["summary", "lenet5", "--set", "width=3"], 2, "no parameter `width`"),
        (["summary", "resnet", "--variant", "resnet19"], 2, "did you mean `resnet18`?"),
        (["summary", "lenet5", "-f", "csv", "--depth", "2"], 2, "--depth"),
        (["summary", "lenet5", "--input", "1x4x4"], 1, "C1"),
        (["summary", "/"], 2, "directory"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_to_type(
    arguments: list[str], status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == status
    out, err = capsys.readouterr()
    assert err.startswith("error: ")
    assert told in err
    if status == 2:
        assert out == ""


def test_a_shape_error_shows_the_table_up_to_there(tmp_path: Path) -> None:
    text = TINY + "  - linear: 10\n  - relu\n"
    done = cnncalc("summary", "-", stdin=text.encode(), cwd=tmp_path)
    assert done.returncode == 1
    assert "conv 3x3" in done.stdout
    assert "relu_2" not in done.stdout
    assert "linear needs a flat vector, but got 4x6x6" in done.stderr
    assert "4 x 6 x 6 = 144 features" in done.stderr


def test_errors_as_json_are_on_standard_output() -> None:
    import json

    for arguments, status in (
        (["summary", "-", "--format", "json"], 1),
        (["summary", "lenet55", "-f", "json"], 2),
        (["summary", "lenet5", "-fjson", "--input", "1x4x4"], 1),
        (["show", "-", "--format=json"], 1),
    ):
        done = cnncalc(*arguments, stdin=b"input: 4\nlayers: [relo]\n")
        assert done.returncode == status
        assert done.stderr == ""
        told = json.loads(done.stdout)
        assert told["schema"] == "cnncalc.error/1"
        for error in told["errors"]:
            assert set(error) >= {"file", "line", "column", "message", "help", "node"}
            assert error["message"]


def test_nothing_is_left_behind_in_the_folder(tmp_path: Path) -> None:
    for arguments in (["summary", "lenet5"], ["show", "lenet5"], ["list", "lenet"]):
        cnncalc(*arguments, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def interrupted(arguments: list[str], after: float, number: int, cwd: Path) -> tuple[int, str]:
    """Start cnncalc and send it a signal after some seconds; returns its status and errors."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(after)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@pytest.mark.parametrize("after", [0.05, 0.1, 0.2, 0.4])
def test_an_early_interruption_is_no_traceback(after: float, tmp_path: Path) -> None:
    status, errors = interrupted(["verify", "vgg16"], after, signal.SIGINT, tmp_path)
    assert "cnncalc/cli" not in errors
    # Python's own start, up to the first lines of ours, reports an interruption in its own way.
    if "Traceback" not in errors and "Fatal Python error" not in errors:
        assert status in (130, -signal.SIGINT)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_nothing_half_written_is_left(number: int, status: int, tmp_path: Path) -> None:
    arguments = ["weights", "vgg16", "-o", "w.npz"]
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(3000):
        # Some bytes are there: it writes, and no longer imports, whose locks swallow exceptions.
        if any(path.stat().st_size for path in tmp_path.glob("*.partial")):
            break
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["practice lenet5", "summary -", "grade nothing.yaml x"])
def test_a_closed_input_is_an_empty_one(command: str) -> None:
    done = shell(f"cnncalc {command} <&-")
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr


def test_errors_on_a_terminal_are_folded_and_coloured_and_in_a_pipe_are_not() -> None:
    spec = "input: 3x8x8\nlayers: [" + ", ".join(["relu"] * 20) + ", {linear: 5}]\n"
    plain = cnncalc("lint", "-", stdin=spec.encode()).stderr
    assert "\x1b" not in plain
    for columns in (40, 60, 80):
        status, shown = on_terminal("why", "lenet5", "--convention", "fvcor", columns=columns)
        assert status == 2
        assert "\x1b[31merror: " in shown
        assert max(map(len, STYLE.sub("", shown).splitlines())) <= columns
        assert "did you mean `fvcore`?" in STYLE.sub("", shown)


def test_maps_on_a_terminal_are_blocks_in_colours() -> None:
    arguments = ("run", "examples/image_filters", "--input", "scene:16", "--colour", "grey")
    status, written = on_terminal(*arguments, "--maps", columns=60)
    assert status == 0
    assert "\x1b[38;2;" in written
    assert "\\x1b" not in written
    rows = [line for line in STYLE.sub("", written).splitlines() if "▀" in line]
    assert len(rows) > 10
    assert {len(row) for row in rows} <= set(range(10, 61))


def test_pages_are_turned_and_scrolled_by_keys(monkeypatch, capsys) -> None:
    pages = ["\n".join(f"{page}.{line}" for line in range(20)) for page in "abc"]
    keys = iter([*"xjjkb", "\x1b[D", "\r", "q"])
    monkeypatch.setattr(stepping, "height", lambda: 12)
    monkeypatch.setattr(click, "clear", lambda: print("CLEAR"))
    monkeypatch.setattr(click, "getchar", lambda: next(keys))
    stepping.page_through(pages)
    shown = [page.split()[0] for page in capsys.readouterr().out.split("CLEAR")[1:]]
    assert shown[:6] == ["a.0", "b.0", "b.5", "b.10", "b.5", "a.5"]
