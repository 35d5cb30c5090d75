"""Lines that are read without click mean what click reads in them."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import cli
from cnncalc.cli import COMMANDS, imported
from cnncalc.cli.declare import Declared, Runnable, flag, takes
from cnncalc.diagnostics import UsageError

#: Every command that can run without click.
RUNNABLE: dict[str, Runnable] = {
    name: imported(name)
    for name, (module, _) in COMMANDS.items()
    if "@takes(" in Path(cli.__path__[0], f"{module.partition(':')[0]}.py").read_text("utf-8")
}
#: What may be typed for any option, rightly or not.
VALUES = (
    "3", "0", "-1", "1_0", "٣", "all", "", "-", "--wide", "a=b", "json", "csv", "exact", "float16",
    "99999999999999999999", "out.csv", "sgd", "hwc", "ceil",
)  # fmt: skip


def words_of(command: Runnable) -> list[str]:
    """Return what lines of a command are mixed of."""
    names = [name for part in command.takes.parts for name in part.flags if name[0] == "-"]
    chosen = [word for part in command.takes.parts for word in part.of or ()]
    joined = [f"{name}={value}" for name in names for value in VALUES[:8]]
    return [*names, *chosen, *joined, *VALUES, "lenet5", "--", "--help", "-wf", "--nonsense"]


def by_click(command: Runnable, line: list[str]) -> dict[str, object] | None:
    """Return what click reads in a line, None if it refuses it."""
    try:
        return command.by_click().make_context("command", list(line)).params
    except (click.ClickException, click.exceptions.Exit, UsageError):
        return None


def test_a_summary_is_run_without_click() -> None:
    assert "summary" in RUNNABLE


@pytest.mark.parametrize("name", RUNNABLE)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_plain_line_means_what_click_reads(name: str, data: st.DataObject) -> None:
    command = RUNNABLE[name]
    line = data.draw(st.lists(st.sampled_from(words_of(command)), max_size=5))
    place = data.draw(st.integers(0, len(line)))
    line.insert(place, "lenet5")
    values = command.plain_values(line)
    if values is not None:
        assert values == by_click(command, line)


@pytest.mark.parametrize("name", RUNNABLE)
def test_every_option_is_plain_where_its_value_is_good(name: str) -> None:
    command = RUNNABLE[name]
    for part in command.takes.parts:
        if part.is_argument:
            continue
        good = part.of[0] if part.of else str(part.low) if part.low is not None else "2"
        flag = part.flags[0]
        lines = [[flag]] if part.is_flag else [[flag, good], [f"{part.flags[-1]}={good}"]]
        for line in lines:
            if line[0].startswith("-"):
                values = command.plain_values([*line, "lenet5"])
                follows = part.keyword == "output"  # the file's name may choose the format
                assert (values is None) == follows
                assert follows or values == by_click(command, [*line, "lenet5"])


@pytest.mark.parametrize(
    "line",
    ["", "lenet5 lenet5", "lenet5 --help", "lenet5 --depth", "lenet5 --depth 0", "lenet5 -wfjson",
     "lenet5 --batch 1 --batch 2", "-- lenet5", "lenet5 --batch -1", "lenet5 --wide=yes",
     "lenet5 -o out.csv", "lenet5 --nonsense", "lenet5 --dtype float"],
)  # fmt: skip
def test_other_lines_are_left_to_click(line: str) -> None:
    assert RUNNABLE["summary"].plain_values(line.split()) is None


def test_a_flag_with_an_opposite_has_a_keyword_and_is_left_to_click() -> None:
    @takes(Declared("SPEC"), flag("--bias/--no-bias", "Biases.", default=True))
    def command(**options: object) -> dict[str, object]:
        return options

    assert command.plain_values(["lenet5"]) == {"spec": "lenet5", "bias": True}
    for line in (["lenet5", "--bias"], ["lenet5", "--no-bias"]):
        assert command.plain_values(line) is None
        assert by_click(command, line) == {"spec": "lenet5", "bias": line[1] == "--bias"}
