"""Compiled entries -> nodes of the graph: repeats, conditions, branches and heads laid out."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.language.calls import Calls
from cnncalc.language.entries import (
    AuxEntry,
    CallEntry,
    ChosenEntry,
    GroupEntry,
    LayerEntry,
    MergeEntry,
    NetworkEntry,
)
from cnncalc.language.limits import MAX_LAYERS
from cnncalc.layers.option import brief
from cnncalc.quantities import DTYPE_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from cnncalc.language.entries import Entry
    from cnncalc.language.laid import Env
    from cnncalc.language.places import Scope

    Handler: TypeAlias = Callable[["Expander", Any, "Env", Scope, int | None], None]


class Expander(Calls):
    """Lays entries out as nodes."""

    def run(self, entries: list[Entry], env: Env, scope: Scope) -> None:
        """Lay out entries one after the other; faults are gathered, and the rest goes on."""
        for entry in entries:
            try:
                if type(entry) is LayerEntry and entry.is_plain:
                    env.entry = entry
                    env.reads = self.current
                    self.layer(entry, env, scope, None)
                else:
                    self.entry(entry, env, scope)
            except SpecError as error:
                self.errors.extend(error.diagnostics)

    def entry(self, entry: Entry, env: Env, scope: Scope) -> None:
        """Lay out one entry, as often as it is repeated and wherever its condition holds."""
        sources = entry.sources
        env.entry = entry
        env.reads = self.current if sources is None else self.find(sources[0], scope)
        if entry.repeat is not None:
            self.repeated(entry, env, scope)
            return
        before = len(self.nodes)
        if entry.condition is None or self.holds(entry, env):
            HANDLERS[type(entry)](self, entry, env, scope, None)
            self.mark(entry, env, before)
        if len(self.nodes) == before:
            self.count_idle(entry)

    def repeated(self, entry: Entry, env: Env, scope: Scope) -> None:
        """Lay out the copies of an entry, each reading the one before it."""
        count = self.count(entry, env)
        before = len(self.nodes)
        outer = env.get("index")
        group = None
        handler = HANDLERS[type(entry)]
        for index in range(count):
            if len(self.nodes) == before:
                self.count_idle(entry)
            env["index"] = index
            if index:
                env.reads = self.current
            if entry.condition is not None and not self.holds(entry, env):
                continue
            start = len(self.nodes)
            handler(self, entry, env, scope, index + 1)
            self.mark(entry, env, start)
            if index == 0 and (len(self.nodes) - before) * count + before > MAX_LAYERS:
                self.too_many(entry)
            group = entry.name
        env["index"] = outer
        if group is not None:
            path = scope.path + group.text
            if path not in self.places.of:
                self.places.end(path, before, self.current)
            if isinstance(entry, CallEntry):
                self.name_outputs(entry, path)

    def holds(self, entry: Entry, env: Env) -> bool:
        """Return whether the entry's condition is true; raises `SpecError` if it is neither.

        Warns where the same condition has just decided otherwise.
        """
        condition = entry.condition
        assert condition is not None
        value = condition.evaluate(env.__getitem__)
        if type(value) not in (bool, int):
            message = f"`if` must be true or false, not {brief(value)}"
            raise SpecError(Diagnostic(message, condition.node.span, "compare: `if: stride == 1`"))
        entry.decision = bool(value)
        before = entry.same_condition
        if before is not None and before.decision is not entry.decision:
            message = (
                f"this condition is {'true' if value else 'false'} here, but the same words on line"
                f" {before.node.line} were {'true' if before.decision else 'false'}"
            )
            help = "`in_channels` is what enters each layer: put both in one `group` with this `if`"
            self.warnings.append(
                Diagnostic(message, condition.node.span, help, severity="warning", code="condition")
            )
        return entry.decision

    def mark(self, entry: Entry, env: Env, before: int) -> None:
        """Say of the nodes that an entry laid out what it says of them, unless they say it."""
        if entry.trainable is None and entry.dtype is None:
            return
        trainable, dtype = self.trainable(entry, env), self.dtype(entry, env)
        for node in self.nodes[before:]:
            own = node.marks or (None, None)
            node.marks = (trainable if own[0] is None else own[0], own[1] or dtype)

    def trainable(self, entry: Entry, env: Env) -> bool | None:
        """Return whether an entry's weights are trained, if it says so; raises `SpecError`."""
        said = entry.trainable
        if said is None:
            return None
        value = said.evaluate(env.__getitem__)
        if type(value) not in (bool, int):
            message = f"`trainable` must be true or false, not {brief(value)}"
            raise SpecError(Diagnostic(message, said.node.span, "such as `trainable: false`"))
        if entry.share is not None:
            message = "shared weights are trained, or not, where they belong"
            help = f"say `trainable` at `{entry.share.text}`"
            raise SpecError(Diagnostic(message, said.node.span, help))
        return bool(value)

    def dtype(self, entry: Entry, env: Env) -> str | None:
        """Return the type of an entry's numbers, if it says so; raises `SpecError`."""
        said = entry.dtype
        if said is None:
            return None
        value = said.evaluate(env.__getitem__)
        if value not in DTYPE_BITS:
            message = f"`dtype` must be one of {', '.join(DTYPE_BITS)}, not {brief(value)}"
            raise SpecError(Diagnostic(message, said.node.span, "such as `dtype: int8`"))
        return str(value)

    def count(self, entry: Entry, env: Env) -> int:
        """Return how often an entry is repeated."""
        repeat = entry.repeat
        assert repeat is not None
        value = repeat.evaluate(env.__getitem__)
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or value < 0:
            help = "0 leaves the entry out"
            message = f"`repeat` must be a whole number from 0, not {brief(value)}"
            raise SpecError(Diagnostic(message, repeat.node.span, help))
        if value > MAX_LAYERS:
            self.too_many(entry)
        return value

    def layer(self, entry: LayerEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out one copy of a layer."""
        path = self.places.name(entry, scope, copy)
        layer = entry.fixed or entry.layer(env.__getitem__)
        inputs: tuple[int, ...] = (env.reads,)
        if entry.sources is not None and len(entry.sources) > 1:
            inputs = tuple([self.find(name, scope) for name in entry.sources])
        if entry.like is not None:
            inputs = (env.reads, self.find(entry.like, scope))
        self.add(entry, layer, inputs, scope, path)

    def merge(self, entry: MergeEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out the branches of a merge, then the merge itself."""
        path = self.places.name(entry, scope, copy)
        if entry.branches:
            inner = self.nested(entry, scope.inner(path))
            ends = self.branches(entry, env, inner, env.reads)
            if not ends:
                message = f"the conditions leave {entry.keyword} no branch"
                raise SpecError(Diagnostic(message, entry.span, "put an `if` on the merge itself"))
        else:
            ends = [self.find(name, scope) for name in entry.sources or ()]
        layer = entry.fixed or entry.layer(env.__getitem__)
        self.add(entry, layer, tuple(ends), scope, path)

    def branches(self, entry: MergeEntry, env: Env, inner: Scope, start: int) -> list[int]:
        """Lay out the branches of a merge whose conditions hold; returns where they end."""
        ends = []
        for branch in entry.branches:
            env.reads = self.current = start
            if branch.sources is not None:
                env.reads = self.current = self.find(branch.sources[0], inner)
            if branch.condition is not None and not self.holds(branch, env):
                continue
            path = inner.path + branch.keyword
            before = self.places.begin(path, "branch")
            self.run(branch.body, env, inner.inner(path))
            self.mark(branch, env, before)
            ends.append(self.current)
            if len(self.nodes) > before and path not in self.places.of:
                self.places.end(path, before, self.current)
        return ends

    def group(self, entry: GroupEntry, env: Env, scope: Scope, _copy: int | None) -> None:
        """Lay out the entries of a group as if they stood here."""
        self.current = env.reads
        self.run(entry.body, env, self.nested(entry, scope.nameless()))

    def chosen(self, entry: ChosenEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out the layer or block that a parameter names."""
        word = entry.word.evaluate(env.__getitem__)
        if not isinstance(word, str):
            help = "write the word of a layer or a block, such as `relu`"
            message = f"`is` must be a word, not {brief(word)}"
            raise SpecError(Diagnostic(message, entry.word.node.span, help))
        real = entry.entry(word)
        HANDLERS[type(real)](self, real, env, scope, copy)

    def aux(self, entry: AuxEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out an auxiliary head and return to the main path."""
        path = self.places.name(entry, scope, copy)
        nested = self.nested(entry, scope.inner(path, aux=True))
        back = self.current
        self.current = env.reads
        before = self.places.begin(path, "aux")
        self.run(entry.body, env, nested)
        if len(self.nodes) > before:
            self.places.end(path, before, self.current)
            self.aux_outputs.append(self.current)
        self.current = back


#: What lays out each kind of entry.
HANDLERS: dict[type[Entry], Handler] = {
    LayerEntry: Expander.layer,
    MergeEntry: Expander.merge,
    CallEntry: Expander.call,
    AuxEntry: Expander.aux,
    GroupEntry: Expander.group,
    ChosenEntry: Expander.chosen,
    NetworkEntry: Expander.network,
}
