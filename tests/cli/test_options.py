"""Options: one word means one thing in every command."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator

import click
import pytest

from cnncalc.cli import run
from cnncalc.cli.group import cli

#: What these words are followed by, in every command that has them.
MEANS = {
    "--output": {"FILE", "DIR"},
    "--output-size": {"SHAPE", "integer range"},
    "--format": {"choice", "LIST"},
    "--layout": {"choice"},
    "--rounding": {"choice"},
    "--dtype": {"choice"},
    "--batch": {"integer range", "N|free"},
    "--columns": {"A,B,..."},
    "--what": {"A,B,..."},
    "--where": {"CONDITION"},
    "--wide": {"boolean"},
    "--units": {"N", "integer range"},
    "--figures": {"choice"},
    "--seed": {"integer range", "text", "SECRET"},
    "--set": {"NAME=VALUE", "NAME=VALUES", "LETTER=N"},
}


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Give every command with its path, those of groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield path + name, command


def options() -> dict[str, dict[str, click.Option]]:
    """Return by its first long spelling each option, and where it stands."""
    found: dict[str, dict[str, click.Option]] = defaultdict(dict)
    for path, command in commands(cli):
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                long = next((name for name in option.opts if name.startswith("--")), option.opts[0])
                found[long][path] = option
    return found


@pytest.mark.parametrize("word", MEANS)
def test_a_word_means_one_thing(word: str) -> None:
    found = {path: o.metavar or o.type.name for path, o in options()[word].items()}
    assert {path: kind for path, kind in found.items() if kind not in MEANS[word]} == {}
    assert found


def test_a_short_letter_means_one_word() -> None:
    letters: dict[str, set[str]] = defaultdict(set)
    for long, places in options().items():
        for option in places.values():
            for name in option.opts:
                if len(name) == 2:
                    letters[name].add(long)
    # -n counts what a layer makes: filters, units; --count is how many of anything.
    assert letters.pop("-n", set()) <= {"--filters", "--units", "--count"}
    letters["-o"].discard("-o")  # `solve` has the letter alone while `--output` is an old spelling
    assert {letter: words for letter, words in letters.items() if len(words) > 1} == {}


def test_old_spellings_stay_for_a_release(capsys: pytest.CaptureFixture[str]) -> None:
    for old, new in (
        ("solve conv --input 32 --output 16 -k 3 -s any -p 1", ("--output ", "--output-size ")),
        ("solve depth --input 32 --output 4 -k 5", ("--output ", "--output-size ")),
        ("summary lenet5 --units auto", ("--units", "--figures")),
    ):
        texts = []
        for command in (old, old.replace(*new)):
            assert run(command.split()) == 0
            texts.append(capsys.readouterr().out)
        assert texts[0] == texts[1]


def test_a_package_that_is_missing_is_named() -> None:
    program = "import sys; sys.modules['numpy'] = None; from cnncalc.cli import main; main(%r)"
    found = [
        subprocess.run(
            [sys.executable, "-c", program % [command, "lenet5"]], capture_output=True, text=True
        )
        for command in ("verify", "summary")
    ]
    assert [done.returncode for done in found] == [2, 0]
    assert found[0].stderr == (
        "error: this command needs numpy, which is not installed\n  = help: pip install numpy\n"
    )
