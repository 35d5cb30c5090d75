"""What is searched, as one value that can be sent to any worker and stored with what was found."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any

from cnncalc import __version__
from cnncalc.record import Record
from cnncalc.search.space import Space, Variable


class SearchQuestion(Record):
    """What is asked of every candidate: conditions, what to make small, and other figures."""

    where: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


class Problem(Record):
    """A spec and its options, the space around it, and the version of cnncalc that counts.

    `spec` is the name as typed, which commands repeat; `source` that of messages; `text` the spec
    itself, so that a worker needs no files. `settings` and `inputs` are `(name, text)` pairs.
    """

    __slots__ = ("__dict__",)
    spec: str
    source: str
    text: str
    space: Space
    variant: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    rounding: str | None = None
    batch: int = 1
    dtype: str = "float32"
    version: str = __version__

    def as_json(self) -> str:
        """Return the problem as text; `from_json` reads it."""
        value = self.as_dict()
        value["space"] = [variable.as_dict() for variable in self.space.variables]
        return json.dumps(value, sort_keys=True)

    @cached_property
    def mark(self) -> str:
        """A digest by which equal problems are known."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()


def from_json(text: str) -> Problem:
    """Return the problem that `Problem.as_json` wrote."""
    value: dict[str, Any] = json.loads(text)
    variables = [Variable(v["name"], tuple(v["choices"]), v["log"]) for v in value.pop("space")]
    for name in ("settings", "inputs"):
        value[name] = tuple([(a, b) for a, b in value[name]])
    return Problem(space=Space(tuple(variables)), **value)
