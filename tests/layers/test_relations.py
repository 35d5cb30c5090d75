"""Every relation of reading against its own definition: what one unit reads, taken unit by unit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.geometry import Field, Window
from cnncalc.layers import rearranging, relations, resampling
from cnncalc.layers.relations import Blocks, Everything, First, Relation, Slide, Upto
from cnncalc.layers.resampling import Bins, Cubic, LinearInterpolation, Nearest, Spread

MODES = ("zeros", "zeros", "reflect", "replicate", "circular")


@st.composite
def slides(draw: Any) -> Slide:
    """Windows over an axis, with padding of every mode."""
    length = draw(st.integers(1, 12))
    kernel, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    mode = draw(st.sampled_from(MODES))
    most = {"reflect": length - 1, "circular": length}.get(mode, 4)
    before, after = [draw(st.integers(0, min(most, 4))) for _ in range(2)]
    window = Window(kernel, draw(st.integers(1, 4)), before, after, dilation)
    room = length + before + after - window.extent
    units = draw(st.integers(1, max(1, room // window.stride + 1)))
    if room < 0:
        window, units = Window(1), length
    return Slide(length, units, window, mode)


SMALL = st.integers(1, 9)


@st.composite
def resampled(draw: Any, kind: Any) -> Relation:
    """Places on an axis of another length, which is given, or a factor."""
    length, corners = draw(SMALL), (draw(st.booleans()),) if kind is not Nearest else ()
    if draw(st.booleans()):
        return kind(length, draw(SMALL), False, None, *corners)
    count, parts = draw(st.sampled_from([(1, 2), (1, 3), (2, 3), (3, 4), (3, 2), (5, 2), (2, 1)]))
    return kind(length, max(1, length * count // parts), False, (count, parts), *corners)


RELATIONS: dict[str, st.SearchStrategy[Relation]] = {
    "Slide": slides(),
    "Spread": st.builds(
        Spread, SMALL, SMALL, SMALL, st.integers(1, 4), st.integers(0, 3), st.integers(1, 4)
    ),
    "Bins": st.builds(Bins, SMALL, SMALL),
    "Nearest": resampled(Nearest),
    "LinearInterpolation": resampled(LinearInterpolation),
    "Cubic": resampled(Cubic),
    "Everything": st.builds(Everything, SMALL, SMALL),
    "First": st.builds(First, SMALL),
    "Upto": st.builds(Upto, SMALL),
    "Blocks": st.builds(Blocks, st.integers(1, 4), st.integers(1, 4)),
}


def test_every_relation_along_space_is_tried() -> None:
    found = {
        name
        for module in (relations, resampling)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Relation)
    }
    bases = {"Relation", "Periodic", "Resampling"}
    channels = {"ConnectionTable", "Shuffled"}
    assert found - bases == set(RELATIONS)
    assert channels <= set(vars(rearranging))


def members(runs: Any) -> set[int]:
    """The positions of a set of runs."""
    return {place for lo, hi in runs for place in range(lo, hi)}


@pytest.mark.parametrize("name", RELATIONS)
@given(data=st.data())
def test_relations_are_what_units_read(name: str, data: Any) -> None:
    relation = data.draw(RELATIONS[name])
    for unit in range(-4, 9):
        if name in ("Everything", "First") or (name == "Bins" and unit < 0):
            continue
        assert members(relation.back(((unit, unit + 1),))) == set(relation.reads(unit)), unit
    lo = data.draw(st.integers(0, 5))
    hi = data.draw(st.integers(lo + 1, 8))
    each = [members(relation.back(((unit, unit + 1),))) for unit in range(lo, hi)]
    assert members(relation.back(((lo, hi),))) == set().union(*each)
    assert relation.is_single() == all(len(relation.reads(unit)) <= 1 for unit in range(12)) or (
        not relation.is_single()
    )


@pytest.mark.parametrize("name", RELATIONS)
@given(data=st.data())
def test_what_is_read_repeats_in_the_rhythm(name: str, data: Any) -> None:
    relation = data.draw(RELATIONS[name])
    if relation.varies():
        assert len(relation.reads(0)) != len(relation.reads(1))
        return
    units, positions = relation.rhythm()
    for unit in range(9):
        here, further = relation.reads(unit), relation.reads(unit + units)
        assert [place + positions for place in here] == list(further)


@pytest.mark.parametrize("name", RELATIONS)
@given(data=st.data())
def test_units_that_read_a_position_are_those_whose_reads_hold_it(name: str, data: Any) -> None:
    relation = data.draw(RELATIONS[name])
    units = getattr(relation, "units", getattr(relation, "length", 8))
    length = getattr(relation, "length", 1)
    if name == "Blocks":
        length, units = 4 * relation.wide, 4 * relation.high
    for place in range(length):
        wanted = {
            unit
            for unit in range(units)
            if place in members(relation.existing(relation.back(((unit, unit + 1),))))
        }
        assert members(relation.ahead(((place, place + 1),))) == wanted, place
    everything = members(relation.existing(relation.back(((0, units),))))
    assert relation.reads_all(units, length) == (everything == set(range(length)))


@given(slides(), st.integers(1, 5), st.integers(1, 5), st.integers(-3, 3))
def test_a_window_moves_a_field_as_its_units_do(
    slide: Slide, size: int, jump: int, start: int
) -> None:
    after = slide.step(Field(size, jump, start))
    assert after is not None
    for unit in range(4):
        reads = slide.reads(unit)
        assert after.start + unit * after.jump == start + reads[0] * jump
        assert after.start + unit * after.jump + after.size == start + reads[-1] * jump + size


@pytest.mark.parametrize("kernel", [10_000_000, 2_000_000_000])
def test_the_size_of_a_kernel_costs_nothing(kernel: int) -> None:
    """Neither memory nor time grow with a number in a spec."""
    spread = Spread(4, kernel + 3, kernel, 1, 0, 1)
    assert spread.back(((0, kernel + 3),)) == ((1 - kernel, kernel + 3),)
    assert spread.reads(kernel)[0] == 1
    slide = Slide(4, 4, Window(kernel, 1, kernel, kernel, 1), "replicate")
    assert slide.ahead(((0, 1),)) == ((0, 4),)


def test_the_guide_names_every_relation() -> None:
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    table = text.partition("| relation |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.split("\n")[2:]]
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    modules = (relations, rearranging, resampling)
    classes = [one for module in modules for one in vars(module).values() if isinstance(one, type)]
    bases = {"Relation", "Periodic", "Resampling"}
    known = {one.__name__ for one in classes if issubclass(one, Relation)} - bases
    assert named == known | {"SAME"}
