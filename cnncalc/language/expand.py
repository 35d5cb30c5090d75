"""Compiled entries -> nodes of the graph: repeats, blocks, branches and names laid out."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError, UsageError
from cnncalc.graph import Node
from cnncalc.language.entries import (
    AuxEntry,
    CallEntry,
    ChosenEntry,
    GroupEntry,
    LayerEntry,
    MergeEntry,
    NetworkEntry,
)
from cnncalc.language.entry_faults import one_input
from cnncalc.language.fragments import MAX_REACH, Fragment, Recording, typed
from cnncalc.language.limits import MAX_IDLE, MAX_LAYERS, MAX_NESTING, MAX_PATH, MAX_STEPS
from cnncalc.language.places import Places, Scope
from cnncalc.language.values import check_size
from cnncalc.layers.options import brief, show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    from cnncalc.graph import Graph
    from cnncalc.language.entries import Entry
    from cnncalc.language.fragments import Fragments
    from cnncalc.language.tree import Scalar
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape

    Handler: TypeAlias = Callable[["Expander", Any, "Env", Scope, int | None], None]


class Stop(Exception):
    """Expansion cannot go on: a layer before this place cannot take its input."""


class Env:
    """The names that expressions read at one place: a block's and the spec's parameters."""

    __slots__ = ("entry", "expander", "reads", "values")

    def __init__(self, values: dict[str, Any], expander: Expander) -> None:
        self.values = values
        self.expander = expander
        self.entry: Entry | None = None  # what is being laid out
        self.reads = 0

    def __call__(self, name: str) -> Any:
        if name == "in_channels":
            return self.expander.shape(self.reads)[0]
        values = self.values
        if name in values:
            value = values[name]
        else:
            recordings = self.expander.recordings
            if recordings:
                recordings[-1].names.add(name)
            value = self.expander.spec_values[name]
        if type(value) is tuple:
            self.expander.count_steps(len(value), self.entry)
        return value


class Expander:
    """Lays entries out as nodes; `nodes` begins with the inputs of the network.

    `spec_values` are the spec's own parameters, which every block knows too; `fragments` what
    was laid out before of the same spec (None: nothing, and nothing is to be kept). `current` is
    the node that the next entry reads, unless it says `from`.
    """

    def __init__(
        self,
        nodes: list[Node],
        spec_values: dict[str, Any],
        errors: list[Diagnostic],
        fragments: Fragments | None = None,
        depth: int = 0,
    ) -> None:
        self.nodes = nodes
        self.spec_values = spec_values
        self.fragments = fragments
        self.recordings: list[Recording] = []  # of the calls that are being laid out
        self.top = Scope(depth=depth)
        self.places = Places(nodes)
        self.aux_outputs: list[int] = []
        self.errors = errors
        self.warnings: list[Diagnostic] = []
        self.idle = 0  # entries so far that laid out no layer
        self.steps = 0  # items of lists that expressions read so far
        self.shapes: list[Shape] = []
        self.current = 0
        self.given: tuple[int, ...] = ()  # what the last block with `outputs` gave

    def count_steps(self, count: int, entry: Entry | None) -> None:
        """Give up if the expressions of the spec go over lists for ever."""
        self.steps += count
        if self.steps > MAX_STEPS:
            message = f"the expressions of this spec go over more than {MAX_STEPS:,} items of lists"
            help = "shorten the lists, or `repeat` less often what reads them"
            self.errors.append(Diagnostic(message, entry.span if entry else None, help))
            raise Stop

    def shape(self, index: int) -> Shape:
        """Return the output shape of a node, computing the shapes of those before it first."""
        shapes = self.shapes
        while len(shapes) <= index:
            node = self.nodes[len(shapes)]
            try:
                facts = node.layer.facts(tuple([shapes[i] for i in node.inputs]))
            except LayerError:
                raise Stop from None
            shapes.append(facts.output)
        return shapes[index]

    def run(self, entries: list[Entry], env: Env, scope: Scope) -> None:
        """Lay out entries one after the other; faults are gathered, and the rest goes on."""
        for entry in entries:
            try:
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
        if len(self.nodes) == before:
            self.count_idle(entry)

    def repeated(self, entry: Entry, env: Env, scope: Scope) -> None:
        """Lay out the copies of an entry, each reading the one before it."""
        count = self.count(entry, env)
        before = len(self.nodes)
        outer = env.values.get("index")
        group = None
        for index in range(count):
            if len(self.nodes) == before:
                self.count_idle(entry)
            env.values["index"] = index
            if index:
                env.reads = self.current
            if entry.condition is not None and not self.holds(entry, env):
                continue
            HANDLERS[type(entry)](self, entry, env, scope, index + 1)
            if index == 0 and (len(self.nodes) - before) * count + before > MAX_LAYERS:
                self.too_many(entry)
            group = entry.name
        env.values["index"] = outer
        if group is not None:
            path = scope.path + group.text
            if path not in self.places.of:
                self.places.end(path, before, self.current)
            if isinstance(entry, CallEntry):
                self.name_outputs(entry, path)

    def check_least(self, entries: list[Entry]) -> None:
        """Give up before anything is laid out if there are too many layers in any case."""
        known: dict[str, int] = {}
        total = 0
        for entry in entries:
            total += entry.least_layers(known)
            if total > MAX_LAYERS:
                self.too_many(entry)

    def count_idle(self, entry: Entry) -> None:
        """Give up if too many entries come to nothing: blocks of empty blocks, false conditions."""
        self.idle += 1
        if self.idle > MAX_IDLE:
            message = f"more than {MAX_IDLE:,} entries come to no layer"
            help = "check `repeat`, `if` and empty blocks"
            self.errors.append(Diagnostic(message, entry.span, help))
            raise Stop

    def holds(self, entry: Entry, env: Env) -> bool:
        """Return whether the entry's condition is true; raises `SpecError` if it is neither.

        Warns where the same condition has just decided otherwise.
        """
        condition = entry.condition
        assert condition is not None
        value = condition.evaluate(env)
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

    def count(self, entry: Entry, env: Env) -> int:
        """Return how often an entry is repeated."""
        repeat = entry.repeat
        assert repeat is not None
        value = repeat.evaluate(env)
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or value < 0:
            help = "0 leaves the entry out"
            message = f"`repeat` must be a whole number from 0, not {brief(value)}"
            raise SpecError(Diagnostic(message, repeat.node.span, help))
        if value > MAX_LAYERS:
            self.too_many(entry)
        return value

    def too_many(self, entry: Entry) -> NoReturn:
        """Give up: the network would have too many layers."""
        node = entry.repeat.node if entry.repeat is not None else entry.node
        message = f"the network has more than {MAX_LAYERS:,} layers"
        self.errors.append(Diagnostic(message, node.span, "check `repeat` and the block calls"))
        raise Stop

    def find(self, name: Scalar, scope: Scope) -> int:
        """Return the node that a name means; raises `SpecError` if it means none."""
        path = self.places.home(name, scope)
        if path is None:
            if self.errors:
                raise Stop  # the layer that is missing may be one that was refused
            raise self.places.unknown(name, scope)
        if self.recordings:
            self.recordings[-1].include((), len(path))
        return self.places.of[path + name.text]

    def layer(self, entry: LayerEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out one copy of a layer."""
        path = self.places.name(entry, scope, copy)
        layer = entry.layer(env if entry.names else None)
        self.add(entry, layer, (env.reads,), scope, path)

    def add(
        self, entry: LayerEntry, layer: Layer, inputs: tuple[int, ...], scope: Scope, path: str
    ) -> None:
        """Append a node."""
        index = len(self.nodes)
        if index >= MAX_LAYERS:
            self.too_many(entry)
        shares = None if entry.share is None else self.shared(entry.share, scope)
        self.nodes.append(
            Node(path, layer, inputs, shares, scope.aux, entry.span, entry.seen_as, entry.places)
        )
        self.places.of[path] = index
        self.current = index

    def shared(self, name: Scalar, scope: Scope) -> int:
        """Return the node that owns the weights which a `share` names."""
        index = self.find(name, scope)
        owner = self.nodes[index].shares
        return index if owner is None else owner

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
        layer = entry.layer(env if entry.names else None)
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
            ends.append(self.current)
            if len(self.nodes) > before and path not in self.places.of:
                self.places.end(path, before, self.current)
        return ends

    def nested(self, entry: Entry, inner: Scope) -> Scope:
        """Return the scope of a block, a group, a merge or a head; gives up if it is too deep."""
        if inner.depth > MAX_NESTING:
            message = f"blocks and branches are nested more than {MAX_NESTING} deep"
            help = None
            if self.places.calls_itself(entry.keyword, inner):
                help = f"`{entry.keyword}` calls itself: give the call an `if` that ends it sooner"
            self.errors.append(Diagnostic(message, entry.span, help))
            raise Stop
        return inner

    def group(self, entry: GroupEntry, env: Env, scope: Scope, _copy: int | None) -> None:
        """Lay out the entries of a group as if they stood here."""
        self.current = env.reads
        self.run(entry.body, env, self.nested(entry, scope.nameless()))

    def call(self, entry: CallEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out a block: its parameters from arguments and defaults, then its body."""
        block = entry.block
        path = self.places.name(entry, scope, copy)
        nested = self.nested(entry, scope.inner(path))
        inner = Env({}, self)
        sources = self.sources(entry, env, scope, copy)
        for label, source in zip(block.inputs, sources, strict=False):
            self.places.of[nested.path + label.text] = source
        inner.entry, inner.reads = entry, env.reads
        for name, default in block.defaults.items():
            argument = entry.arguments.get(name)
            if argument is not None:
                inner.values[name] = check_size(argument, argument.evaluate(env))
            elif default is not None:
                inner.values[name] = check_size(default, default.evaluate(inner))
        again = self.places.calls_itself(block.name.text, scope)
        if again and self.recordings:
            self.recordings[-1].include((), 0)
        before = self.places.begin(path, block.name.text)
        self.current = env.reads
        if again or self.fragments is None or len(sources) > 1:
            self.run(block.body, inner, nested)
        else:
            self.body(entry, inner, nested, path, self.fragments)
        if block.outputs:
            self.given = tuple([self.find(label, nested) for label in block.outputs])
            self.current = self.given[0]
            self.name_outputs(entry, path)
        if entry.share is not None:
            self.share_block(entry.share, scope, before)
        self.places.end(path, before, self.current)

    def sources(
        self, entry: CallEntry, env: Env, scope: Scope, copy: int | None
    ) -> tuple[int, ...]:
        """Return the nodes that a block reads; raises `SpecError` if it needs more than it gets.

        Without `from`, and from the second copy on, a block of several inputs reads the outputs of
        the block above it.
        """
        wanted = len(entry.block.inputs)
        if wanted <= 1:
            return (env.reads,)
        if entry.sources is not None and (copy is None or copy == 1):
            return tuple([self.find(name, scope) for name in entry.sources])
        if len(self.given) != wanted or self.given[0] != self.current:
            raise SpecError(one_input(entry, [name.text for name in entry.block.inputs]))
        env.reads = self.given[0]
        return self.given

    def name_outputs(self, entry: CallEntry, path: str) -> None:
        """Let `path.output` stand for an output of the block that was laid out last."""
        for label, node in zip(entry.block.outputs, self.given, strict=False):
            self.places.of.setdefault(f"{path}.{label.text}", node)

    def network(self, entry: NetworkEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out another spec, whose input is what this entry reads."""
        path = self.places.name(entry, scope, copy)
        nested = self.nested(entry, scope.inner(path))
        settings = {name: show(value.evaluate(env)) for name, value in entry.settings.items()}
        try:
            graph, places = entry.open(settings, self.shape(env.reads), nested.depth)
        except UsageError as error:
            help = None if "--" in (error.help or "") else error.help  # no option changes it here
            raise SpecError(Diagnostic(error.message, entry.span, help)) from None
        last = graph.outputs[0]
        if entry.until is not None and graph.complete:
            found = places.of.get(entry.until.text)
            if found is None:
                raise places.unknown(entry.until, Scope())
            last = found
        if len(self.nodes) + last > MAX_LAYERS:
            self.too_many(entry)
        self.places.begin(path, entry.keyword)
        self.graft(graph, places, last, env.reads, nested)
        self.places.end(path, len(self.nodes) - last, self.current)
        if not graph.complete:
            raise Stop

    def graft(self, graph: Graph, places: Places, last: int, reads: int, scope: Scope) -> None:
        """Append the nodes of a network up to the last one that is wanted, and their names."""
        start = len(self.nodes) - 1  # where its input would stand, which is another node here
        for node in graph.nodes[1 : last + 1]:
            inputs = tuple([start + i if i else reads for i in node.inputs])
            shares = None if node.shares is None else start + node.shares
            self.nodes.append(
                Node(
                    scope.path + node.name, node.layer, inputs, shares, scope.aux or node.aux,
                    node.span, node.seen_as, node.places,
                )
            )  # fmt: skip
        for name, index in places.of.items():
            if 0 < index <= last:
                self.places.of[scope.path + name] = start + index
        for name, (first, stop) in places.nodes_of.items():
            if stop <= last + 1:
                self.places.nodes_of[scope.path + name] = (start + first, start + stop)
        for name, kind in places.kinds.items():
            self.places.kinds[scope.path + name] = kind
        self.aux_outputs += [start + index for index in graph.aux_outputs if index <= last]
        self.current = start + last if last else reads

    def chosen(self, entry: ChosenEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out the layer or block that a parameter names."""
        word = entry.word.evaluate(env)
        if not isinstance(word, str):
            help = "write the word of a layer or a block, such as `relu`"
            message = f"`is` must be a word, not {brief(word)}"
            raise SpecError(Diagnostic(message, entry.word.node.span, help))
        real = entry.entry(word)
        HANDLERS[type(real)](self, real, env, scope, copy)

    def body(
        self, entry: CallEntry, inner: Env, scope: Scope, path: str, fragments: Fragments
    ) -> None:
        """Lay out what is in a block, or copy it where the same call was laid out before."""
        body, reads = entry.block.body, inner.reads
        shape = self.entering(reads)
        if shape is None:
            self.run(body, inner, scope)
            return
        key = entry.block, shape, scope.aux, typed(tuple(inner.values.values()))
        found = fragments.find(key, self.spec_values)
        if found is not None and self.fits(found, scope, path):
            found.lay(self, reads, path)
            if self.recordings:
                self.recordings[-1].include(found.names, MAX_REACH)
            return
        if not fragments.wants(key):
            self.run(body, inner, scope)
            return
        recording, doubts = Recording(self), len(self.errors) + len(self.warnings)
        self.recordings.append(recording)
        self.run(body, inner, scope)
        self.recordings.pop()
        if self.recordings:
            self.recordings[-1].include(recording.names, recording.reach)
        contained = recording.reach > len(path)
        quiet = len(self.errors) + len(self.warnings) == doubts
        if contained and quiet and self.entering(len(self.nodes) - 1) is not None:
            fragments.keep(key, Fragment(self, recording, path))

    def entering(self, reads: int) -> Shape | None:
        """Return the shape of a node, all shapes so far computed; None where a layer fails."""
        try:
            self.shape(len(self.nodes) - 1)
        except Stop:
            return None  # the layers after it are still looked through for other faults
        return self.shapes[reads]

    def fits(self, fragment: Fragment, scope: Scope, path: str) -> bool:
        """Return whether a fragment keeps within what a network may be at this place."""
        return (
            len(self.nodes) + len(fragment.nodes) <= MAX_LAYERS
            and len(path) + fragment.longest <= MAX_PATH
            and scope.depth + fragment.deepest <= MAX_NESTING
            and self.idle + fragment.idle <= MAX_IDLE
        )

    def share_block(self, name: Scalar, scope: Scope, before: int) -> None:
        """Give every node of a block copy the weights of its counterpart in an earlier scope."""
        self.find(name, scope)
        first, last = self.places.span(name, scope)
        if first == last:
            message = f"`{name.text}` is no block: a block shares the weights of an earlier block"
            help = "name a block, or write `share` at each layer within"
            raise SpecError(Diagnostic(message, name.span, help))
        if last - first != len(self.nodes) - before:
            message = (
                f"`{name.text}` has {last - first} layers, this block has"
                f" {len(self.nodes) - before}: their weights cannot be shared"
            )
            raise SpecError(Diagnostic(message, name.span))
        for offset in range(last - first):
            owner = self.nodes[first + offset].shares
            self.nodes[before + offset].shares = first + offset if owner is None else owner

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
