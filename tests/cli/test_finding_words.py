"""Finding one's way: help in groups, words that lead on, and what Tab completes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from processes import cnncalc, environment, shell

from cnncalc.cli import COMMANDS, GROUPS, SHORT, run
from cnncalc.cli.completion import candidates
from cnncalc.cli.welcome import WELCOME
from cnncalc.diagnostics import UsageError
from cnncalc.language.library import find
from cnncalc.networks import load


def test_every_command_is_in_one_group() -> None:
    named = [name for _, names in GROUPS for name in names]
    assert sorted(named) == sorted(COMMANDS)
    assert set(SHORT.values()) <= set(COMMANDS)
    assert not set(SHORT) & set(COMMANDS)


def test_the_first_minute_works(tmp_path: Path) -> None:
    done = cnncalc(cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, WELCOME)
    lines = WELCOME.splitlines()
    spec = [line[2:] for line in lines[lines.index("  name: Tiny") :] if line.startswith("  ")]
    (tmp_path / "tiny.yaml").write_text("\n".join(spec[:8]))
    for line in lines:
        if line.startswith("  cnncalc "):
            command = line.strip().partition("  ")[0]
            assert shell(command, cwd=tmp_path).returncode == 0, command


@pytest.mark.parametrize(
    ("typed", "help"),
    [
        (["resnet50"], "`cnncalc summary resnet50` shows a network"),
        (["net.yaml", "--wide"], "`cnncalc summary net.yaml --wide` shows a network"),
        (["sumary", "lenet5"], "did you mean `cnncalc summary`?"),
        (["resnet5O"], "did you mean `cnncalc summary resnet50`?"),
        (["xyzzyplugh"], "`cnncalc --help` lists them"),
        (["help", "sumary"], "did you mean `cnncalc summary`?"),
    ],
)
def test_what_is_no_command_leads_on(
    typed: list[str], help: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 2
    assert f"= help: {help}\n" in capsys.readouterr().err


def test_help_shows_the_page_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["summary"], ["solve", "conv"], ["rf"], []):
        assert run(["help", *words]) == 0
        shown = capsys.readouterr().out
        assert run([SHORT.get(word, word) for word in words] + ["--help"]) == 0
        assert capsys.readouterr().out == shown


def test_short_names(capsys: pytest.CaptureFixture[str]) -> None:
    for short, name in SHORT.items():
        assert run([short, "--help"]) == 0
        shown = capsys.readouterr().out
        assert run([name, "--help"]) == 0
        assert capsys.readouterr().out.splitlines()[2:] == shown.splitlines()[2:]


CASES = [
    ("su", "summary"), ("r", "receptive-field"), ("summary res", "resnet50"),
    ("summary resnet50 --conv", "--convention"), ("summary resnet50 --convention f", "fvcore"),
    ("summary resnet50 --convention=f", "--convention=fvcore"), ("summary -f j", "json"),
    ("summary resnet50 --format = j", "json"), ("summary lenet5 --columns name,par", "name,params"),
    ("explain lenet5 C", "C1"), ("explain resnet50 stage1/unit_1", "stage1/unit_1/add_1"),
    ("summary resnet --variant resnet1", "resnet101"), ("summary wrn_28_10 --set w", "widen="),
    ("compare alexnet vgg1", "vgg16"), ("compare alexnet --columns params,rec",
    "params,receptive_field"), ("layers conv", "conv_transpose"), ("solve ", "batch"),
    ("help sum", "summary"), ("completion z", "zsh"), ("rf resnet50 --layer fl", "flatten_1"),
    ("why resnet50 --against thop", "thop"), ("explain lenet5 --what mem", "memory"),
    ("summary resnet50 --freeze sta", "stage1"),
    ("draw resnet50 --scope stage1/u", "stage1/unit_2"),
    ("search wrn_28_10 --vary w", "widen="), ("solve parameter wrn_28_10 w", "widen"),
    ("summary ne", "net.yaml"), ("summary fol", "folder/"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "word"), CASES)
def test_what_completes(
    typed: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text("input: 3x8x8\nlayers: [relu]\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("")
    found = candidates(typed.split(" "))
    assert word in found
    assert all(one.startswith(typed.split(" ")[-1]) for one in found)
    assert "notes.txt" not in found


@pytest.mark.parametrize(
    "typed", ["nonsense ", "summary nonsense --variant ", "conv ", "summary - --set x"]
)
def test_where_nothing_is_known_nothing_completes(typed: str) -> None:
    assert candidates(typed.split(" ")) == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_scripts_are_read_by_their_shells(name: str) -> None:
    script = cnncalc("completion", name).stdout
    assert "completion --at" in script
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")
    done = subprocess.run([name, "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes(tmp_path: Path) -> None:
    line = (
        'eval "$(cnncalc completion bash)"; COMP_WORDS=(cnncalc summary resnet5); COMP_CWORD=2;'
        ' _cnncalc; echo "${COMPREPLY[*]}"'
    )
    assert "resnet50" in shell(line, cwd=tmp_path).stdout.split()
    assert "COMPREPLY" not in environment()


def test_files_that_were_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Tiny.yaml").write_text("input: 3x8x8\nlayers: [relu]\n")
    for typed in ("tiny", "tiny.yml", "tinny.yaml"):
        with pytest.raises(UsageError) as caught:
            find(typed)
        assert caught.value.help == "did you mean `Tiny.yaml`?"


@pytest.mark.parametrize(
    ("typed", "words"),
    [("conv 32x32x3 10 5", "--filters 10 --kernel 5"), ("quiz lenet5 -o q", "--seed"),
     ("solve kernel", "cnncalc solve"), ("grade", "cnncalc grade homework.yaml`")],
)  # fmt: skip
def test_an_example_where_words_are_missing_or_too_many(
    typed: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed.split(" ")) == 2
    shown = capsys.readouterr().err
    assert "for example `cnncalc " in shown
    assert words in shown


def test_a_program_is_no_network() -> None:
    with pytest.raises(UsageError, match="is a program"):
        load("model.py")
