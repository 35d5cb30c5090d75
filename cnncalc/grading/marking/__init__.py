"""What an answer is worth: right, following from a student's own answers, or a named slip.

`marker` is the way in and `reasons` finds why an answer is wrong. Both rest on `believed_network`,
the network as somebody believes it to be, and its one walk: `own_answers` puts into it what a
student states (of values, into a network on `drawn_numbers`), `slips` is the table of what else
somebody may do to it, made of the `slip_forms`. They
see an item at its `places`.
"""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """A memory of at most `most` things, for a class says the same few; full, it begins anew."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self.most:
            self.clear()
        super().__setitem__(key, value)
