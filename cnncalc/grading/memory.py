"""What is worth remembering, in bounds: a class says the same few things again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """A memory of at most `most` things; when it is full, it begins anew."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self.most:
            self.clear()
        super().__setitem__(key, value)


class OfEach(Generic[K, V]):
    """What was made of values that are shared, found by the value itself: equal ones are not looked
    for. At most `most` are kept.
    """

    def __init__(self, most: int) -> None:
        self._made: dict[int, tuple[K, V]] = Bounded(most)

    def get(self, value: K, make: Callable[[K], V]) -> V:
        """Return what `make` makes of a value, once as long as it is kept."""
        found = self._made.get(id(value))
        if found is None or found[0] is not value:
            found = self._made[id(value)] = value, make(value)
        return found[1]

    def clear(self) -> None:
        """Forget everything."""
        self._made.clear()
