"""The statements that compute a blueprint: expressions, and the variables that hold their values.

An activation or a norm is written around the call before it. A variable is used again as soon as
nobody needs what it holds, unless it is called
after what it held; branches have variables by their names.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from cnncalc.exchange.source.text import INDENT, WIDTH, plain, statement
from cnncalc.exchange.source.units import Ref, results_of
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.source.blueprints import Blueprint, BlueprintStep
    from cnncalc.exchange.source.writer import SourceWriter

#: How many calls stand within one another at most.
DEEPEST = 4


class PendingExpression(Record):
    """An expression that has not been given to a variable yet, and the steps it is made of."""

    ref: Ref
    text: str
    operator: bool
    depth: int
    step: BlueprintStep


class BlueprintText(ABC):
    """What writes one blueprint: as a class, or as a function."""

    #: Whether the last statement is made of variables, not of an expression.
    returns_names = False

    def __init__(self, writer: SourceWriter, blueprint: Blueprint) -> None:
        self.writer = writer
        self.blueprint = blueprint

    @abstractmethod
    def use(self, step: BlueprintStep, operands: list[str]) -> str:
        """Return the expression that computes a step from the source of its operands."""

    def test(self, step: BlueprintStep) -> str:
        """Return the condition of a step that some copies lack, or "" where it is not needed."""
        return "" if step.condition is None else step.condition.text()

    def ending(self, values: list[str]) -> str:
        """Return the last statement from the results."""
        return f"return {', '.join(values)}"

    def comment(self, step: BlueprintStep) -> str:
        """Return what is said of the result of a step."""
        return self.writer.comment(self.blueprint, step)


class Flow:
    """Writes the body of a function that computes a blueprint."""

    def __init__(self, text: BlueprintText, indent: str, taken: tuple[str, ...] = ()) -> None:
        blueprint = text.blueprint
        self.text = text
        self.blueprint = blueprint
        self.indent = indent
        self.taken = set(taken)
        self.lines: list[str] = []
        self.names: dict[Ref, str] = {}
        self.kept: set[str] = set()  # variables called after one value, which hold no other
        self.pending: PendingExpression | None = None
        self.held: list[Ref] = []  # what the pending expression reads
        self.uses: dict[Ref, int] = {}
        self.results = [self.result(node) for node in blueprint.model.results]
        for step in blueprint.steps:
            for ref in step.item.reads:
                self.uses[ref] = self.uses.get(ref, 0) + 1
        for ref in self.results:
            self.uses[ref] = self.uses.get(ref, 0) + 1

    def result(self, node: int) -> Ref:
        """Return which value is a result."""
        for index, item in enumerate(self.blueprint.model.items):
            if node in results_of(item):
                return index, results_of(item).index(node)
        return -1, self.blueprint.model.inputs.index(node)

    def body(self, inputs: list[str]) -> list[str]:
        """Return the lines of the body, `return` included; `inputs` are the arguments' names."""
        self.names = {(-1, number): name for number, name in enumerate(inputs)}
        steps = self.blueprint.steps
        index = 0
        while index < len(steps):
            count = 1
            if self.text.test(steps[index]):
                while index + count < len(steps) and steps[index + count].group == (
                    steps[index].group
                ):
                    count += 1
                self.optional(index, count)
            else:
                self.step(index)
            index += count
        self.give_back()
        return self.lines

    def step(self, index: int) -> None:
        """Write one step, or keep its expression to be written around."""
        step = self.blueprint.steps[index]
        reads = step.item.reads
        before = self.pending
        wraps = step.item.form is not None and step.item.form.wraps
        joined = (
            before is not None
            and (wraps or self.nests(step, before))
            and set(reads) == {before.ref}
            and self.uses[before.ref] == 1
            and before.depth < DEEPEST
        )
        if before is not None and joined:
            form = step.item.form
            inside = form is not None and re.search(r"\({0}[,)]", form.use) is not None
            inner = before.text if inside or not before.operator else f"({before.text})"
            text = self.text.use(step, [inner])
            if len(self.indent) + len(text) + 20 > WIDTH:
                joined = False
        if before is not None and not joined:
            self.flush()
        if not joined:
            text = self.text.use(step, [self.names[ref] for ref in reads])
        depth = 1 + (before.depth if joined and before is not None else 0)
        called = step.item.called
        if called is not None and len(called.results) > 1:
            self.used(reads)
            self.assign_many(index, text)
            return
        operator = step.item.form is not None and step.item.form.operator
        held = reads if not joined else self.held
        self.pending = PendingExpression((index, 0), text, operator, depth, step)
        self.held = held

    def nests(self, step: BlueprintStep, before: PendingExpression) -> bool:
        """Return whether a call in a branch may stand around the one call before it."""
        form = step.item.form
        simple = all(
            s.item.form is None or s.item.form.use == "{m}({0})" for s in (step, before.step)
        )
        return simple and bool(step.item.lane) and before.depth == 1 and form is None

    def used(self, refs: list[Ref]) -> None:
        """Note that values have been read."""
        for ref in refs:
            self.uses[ref] -= 1

    def flush(self) -> None:
        """Give the pending expression to a variable."""
        pending = self.pending
        if pending is None:
            return
        self.pending = None
        self.used(self.held)
        name = self.variable(pending.step, self.held)
        self.names[pending.ref] = name
        comment = self.text.comment(pending.step)
        self.lines += statement(f"{name} = {pending.text}", self.indent, comment)

    def alive(self, name: str) -> bool:
        """Return whether a variable holds a value that is needed later."""
        return any(held == name and self.uses.get(ref, 0) > 0 for ref, held in self.names.items())

    def variable(self, step: BlueprintStep, reads: list[Ref], number: int = 0) -> str:
        """Return a free variable for the result of a step that reads some values."""
        item = step.item
        own = plain(item.label)
        wishes = [plain(item.lane) if item.lane else "x"]
        index = self.blueprint.steps.index(step)
        is_last = index == len(self.blueprint.steps) - 1
        kept = self.is_skip(step) or ((index, 0) in self.results and not is_last)
        if kept:
            wishes = [own]
        if number:
            wishes = []
        wishes += [self.names[ref] for ref in reads[:1] if ref in self.names]
        wishes += [own] if not item.auto else ["y", "z"]
        for wish in [*wishes, own, *[f"{own}_{n}" for n in range(2, 10_000)]]:
            if wish not in self.taken and wish not in self.kept and not self.alive(wish):
                if kept:
                    self.kept.add(wish)
                return wish
        raise AssertionError("there is always a free name")

    def is_skip(self, step: BlueprintStep) -> bool:
        """Return whether a result is kept for later while the network goes on from it."""
        index = self.blueprint.steps.index(step)
        readers = [s.item for s in self.blueprint.steps if (index, 0) in s.item.reads]
        goes_on = len(readers) > 1 and not readers[0].lane and len(readers[0].reads) == 1
        return goes_on and not step.item.lane and not step.item.auto

    def assign_many(self, index: int, text: str) -> None:
        """Give the results of a call to variables."""
        step = self.blueprint.steps[index]
        called = step.item.called
        assert called is not None
        names = []
        for number in range(len(called.results)):
            reads = step.item.reads if number == 0 else []
            name = self.variable(step, reads, number)
            self.names[index, number] = name
            names.append(name)
        self.lines += statement(
            f"{', '.join(names)} = {text}", self.indent, self.text.comment(step)
        )

    def optional(self, index: int, count: int) -> None:
        """Write steps that only some copies have, as a chain that changes one variable."""
        self.flush()
        steps = self.blueprint.steps[index : index + count]
        source = steps[0].item.reads[0]
        before = self.names[source]
        self.used([source])
        name = before if not self.alive(before) else self.variable(steps[-1], [source])
        if name != before:
            self.lines.append(f"{self.indent}{name} = {before}")
        self.lines.append(f"{self.indent}if {self.text.test(steps[0])}:")
        text = name
        for step in steps:
            longer = self.text.use(step, [text])
            if len(self.indent) + len(longer) + 12 > WIDTH and text != name:
                self.lines += statement(f"{name} = {text}", self.indent + INDENT)
                longer = self.text.use(step, [name])
            text = longer
        self.lines += statement(f"{name} = {text}", self.indent + INDENT)
        self.names[index + count - 1, 0] = name

    def give_back(self) -> None:
        """Write what the function returns."""
        pending = self.pending
        if pending is not None and self.results == [pending.ref] and not self.text.returns_names:
            comment = self.text.comment(pending.step)
            self.lines += statement(f"return {pending.text}", self.indent, comment)
            return
        self.flush()
        code = self.text.ending([self.names[ref] for ref in self.results])
        self.lines += statement(code, self.indent)
