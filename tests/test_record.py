"""Records behave as frozen, slotted dataclasses do, which serve as the oracle."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.record import Record


class Point(Record):
    x: int
    y: int = 0
    label: str = "p"
    kind: ClassVar[str] = "point"


@dataclasses.dataclass(frozen=True)
class Oracle:
    x: int
    y: int = 0
    label: str = "p"


class Solid(Point):
    """A subclass adds fields after the inherited ones, and may give one another default."""

    z: int = 1
    y: int = 5


values = st.one_of(st.integers(), st.text(max_size=2))
calls = st.tuples(
    st.lists(values, max_size=4),
    st.dictionaries(st.sampled_from(["x", "y", "label", "other"]), values, max_size=3),
)


def made(cls: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    try:
        return cls(*args, **kwargs)
    except TypeError:
        return TypeError


@given(calls)
def test_construction_takes_what_a_dataclass_takes(call: tuple[list[Any], dict[str, Any]]) -> None:
    record, oracle = made(Point, *call), made(Oracle, *call)
    if oracle is TypeError:
        assert record is TypeError
    else:
        assert record.as_dict() == dataclasses.asdict(oracle)
        assert record.values() == dataclasses.astuple(oracle)
        assert repr(record) == repr(oracle).replace("Oracle", "Point")


@given(calls, calls)
def test_equality_and_hash(first: Any, second: Any) -> None:
    a, b = made(Point, *first), made(Point, *second)
    if TypeError not in (a, b):
        assert (a == b) == (made(Oracle, *first) == made(Oracle, *second))
        if a == b:
            assert hash(a) == hash(b)


def test_records_of_different_classes_differ() -> None:
    class Twin(Record):
        x: int
        y: int = 0
        label: str = "p"

    assert Point(1) != Twin(1)
    assert Point(1) != (1, 0, "p")


def test_fields_cannot_be_set_removed_or_added() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]  # what the test is about
    with pytest.raises(AttributeError):
        del point.x
    with pytest.raises(AttributeError):
        point.unknown = 2  # type: ignore[attr-defined]  # what the test is about
    assert not hasattr(point, "__dict__")


def test_subclasses_keep_the_order_and_may_change_a_default() -> None:
    assert Solid(1).as_dict() == {"x": 1, "y": 5, "label": "p", "z": 1}
    assert Solid(1, 2, "q", 3).values() == (1, 2, "q", 3)
    assert Solid.__match_args__ == ("x", "y", "label", "z")


def test_replace_and_pickle_make_equal_copies() -> None:
    point = Solid(1, z=4)
    assert point.replace(x=2) == Solid(2, z=4)
    assert point == Solid(1, z=4)
    assert pickle.loads(pickle.dumps(point)) == point
    with pytest.raises(TypeError, match="w"):
        point.replace(w=1)


def test_class_variables_and_matching() -> None:
    assert Point.kind == "point"
    match Point(3, 4):
        case Point(x, y):
            assert (x, y) == (3, 4)
