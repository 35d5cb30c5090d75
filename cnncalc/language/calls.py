"""Block calls laid out: their parameters settled, their bodies laid out or copied.

And other networks as blocks, whose nodes are copied too.
"""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError, UsageError
from cnncalc.graph import Node
from cnncalc.language.entry_faults import one_input
from cnncalc.language.fragments import MAX_REACH, Fragment, Recording, typed
from cnncalc.language.laid import Env, Laid, Stop
from cnncalc.language.limits import MAX_IDLE, MAX_LAYERS, MAX_NESTING, MAX_PATH
from cnncalc.language.places import Scope
from cnncalc.language.plans import Plan, even
from cnncalc.language.values import check_size
from cnncalc.layers.option import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.language.entries import Block, CallEntry, NetworkEntry
    from cnncalc.language.fragments import Fragments
    from cnncalc.language.places import Places
    from cnncalc.language.tree import Scalar
    from cnncalc.quantities import Shape


class Calls(Laid):
    """What is laid out so far, and block calls on top of it."""

    given: tuple[int, ...] = ()  # what the last block with `outputs` gave

    def call(self, entry: CallEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out a block: its parameters from arguments and defaults, then its body."""
        block = entry.block
        path = self.places.name(entry, scope, copy)
        nested = self.nested(entry, scope.inner(path))
        sources = self.sources(entry, env, scope, copy) if len(block.inputs) > 1 else (env.reads,)
        for label, source in zip(block.inputs, sources):  # noqa: B905  # a source for each
            self.places.of[nested.path + label.text] = source
        inner = self.settled(entry, env)
        again = self.places.calls_itself(block.name.text, scope)
        if again and self.recordings:
            self.recordings[-1].include((), 0)
        before = self.places.begin(path, block.name.text)
        self.current = env.reads
        if again or len(sources) > 1:
            self.run(block.body, inner, nested)
        elif self.fragments is None:
            self.body(block, inner, nested, path)
        else:
            self.copied(block, inner, nested, path, self.fragments)
        if block.outputs:
            self.given = tuple([self.find(label, nested) for label in block.outputs])
            self.current = self.given[0]
            self.name_outputs(entry, path)
        if entry.share is not None:
            self.share_block(entry.share, scope, before)
        self.places.end(path, before, self.current)

    def settled(self, entry: CallEntry, env: Env) -> Env:
        """Return the parameters of a block, from the call's arguments and the block's defaults."""
        inner = Env(self, entry, env.reads)
        arguments = entry.arguments
        for name, default in entry.block.defaults.items():
            given = arguments.get(name, default)
            if given is None:
                continue
            value = given.evaluate((inner if given is default else env).__getitem__)
            if type(value) is tuple:
                inner.put_list(name, check_size(given, value))
            else:
                inner[name] = value
        return inner

    def sources(
        self, entry: CallEntry, env: Env, scope: Scope, copy: int | None
    ) -> tuple[int, ...]:
        """Return the nodes that a block of several inputs reads; raises `SpecError`.

        Without `from`, and from the second copy on, it reads the outputs of the block above it.
        """
        wanted = len(entry.block.inputs)
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

    def copied(
        self, block: Block, inner: Env, scope: Scope, path: str, fragments: Fragments
    ) -> None:
        """Lay out what is in a block, or copy it where the same call was laid out before."""
        reads = inner.reads
        shape = self.entering(reads)
        if shape is None:
            self.body(block, inner, scope, path)
            return
        lists = inner.lists and tuple(inner.lists.items())
        key = block, shape, scope.aux, typed(tuple(inner.values())), typed(lists)
        found = fragments.find(key, self.spec_values)
        if found is not None and self.fits(found, scope, path):
            found.copy(self, reads, path)
            if self.recordings:
                self.recordings[-1].include(found.names, MAX_REACH)
        elif not fragments.wants(key):
            self.body(block, inner, scope, path)
        else:
            recording = self.recorded(block, inner, scope, path)
            if recording is not None and self.entering(len(self.nodes) - 1) is not None:
                fragments.keep(key, Fragment(self, recording, path))

    def recorded(self, block: Block, inner: Env, scope: Scope, path: str) -> Recording | None:
        """Lay out a block; returns what it depends on, None if it may not be laid out by that."""
        recording, doubts = Recording(self), len(self.errors) + len(self.warnings)
        self.recordings.append(recording)
        self.body(block, inner, scope, path)
        self.recordings.pop()
        if self.recordings:
            self.recordings[-1].include(recording.names, recording.reach)
        is_quiet = len(self.errors) + len(self.warnings) == doubts
        return recording if is_quiet and recording.reach > len(path) else None

    def body(self, block: Block, inner: Env, scope: Scope, path: str) -> None:
        """Lay out what is in a block, from the third time on by its plan if it has one."""
        plan = block.plan
        if isinstance(plan, Plan) and plan.fits(self, scope, path):
            steps, faults = self.steps, len(self.errors)
            try:
                layers = plan.layers(inner)
            except (SpecError, Stop):  # laid out one by one, what is before the fault is kept
                self.steps = steps
                del self.errors[faults:]
            else:
                plan.lay(self, layers, inner.reads, path)
                return
        block.calls += 1
        entries = even(block.body) if block.calls == 2 else None
        if entries is None:
            self.run(block.body, inner, scope)
            return
        recording = self.recorded(block, inner, scope, path)
        if recording is not None:
            plan = Plan(self, recording, path, scope, entries)
            block.plan = plan if plan.is_sound() else None

    def entering(self, reads: int) -> Shape | None:
        """Return the shape of a node, all shapes so far computed; None where a layer fails."""
        try:
            self.shape(len(self.nodes) - 1)
        except Stop:
            return None  # the layers after it are still looked through for other faults
        return self.facts[reads].output

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

    def network(self, entry: NetworkEntry, env: Env, scope: Scope, copy: int | None) -> None:
        """Lay out another spec, whose input is what this entry reads."""
        path = self.places.name(entry, scope, copy)
        nested = self.nested(entry, scope.inner(path))
        get = env.__getitem__
        settings = {name: show(value.evaluate(get)) for name, value in entry.settings.items()}
        try:
            graph, places = entry.open(settings, self.shape(env.reads), nested.depth)
        except UsageError as error:
            help = None if "--" in (error.help or "") else error.help  # no option changes it here
            raise SpecError(Diagnostic(error.message, entry.span, help)) from None
        last = graph.outputs[0]
        if entry.until is not None and graph.complete:
            found = places.find(entry.until, Scope())
            if found is None:
                raise places.unknown(entry.until, Scope())
            last = found[1]
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
                    node.span, node.seen_as, node.places, node.marks,
                )
            )  # fmt: skip
        self.places.graft(places, scope.path, start, last)
        self.aux_outputs += [start + index for index in graph.aux_outputs if index <= last]
        self.current = start + last if last else reads
