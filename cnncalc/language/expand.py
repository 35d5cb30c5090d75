"""Compiled entries -> nodes of the graph: repeats, blocks, branches and names laid out."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError, quoted, suggest
from cnncalc.graph import Node
from cnncalc.language.entries import AuxEntry, CallEntry, LayerEntry, MergeEntry
from cnncalc.language.fragments import MAX_REACH, Fragment, Recording, typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from cnncalc.language.entries import Entry
    from cnncalc.language.fragments import Fragments
    from cnncalc.language.tree import Scalar
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape

MAX_LAYERS = 150_000
MAX_IDLE = 50_000
MAX_PATH = 300  # characters of a layer's full name
MAX_RECURSION = 15  # how deep a block may be inside itself
MAX_SCOPES = 60  # how deep blocks and branches may nest


class Stop(Exception):
    """Expansion cannot go on: a layer before this place cannot take its input."""


class Env:
    """The names that expressions read at one place: a block's and the spec's parameters."""

    __slots__ = ("expander", "reads", "values")

    def __init__(self, values: dict[str, Any], expander: Expander) -> None:
        self.values = values
        self.expander = expander
        self.reads = 0

    def __call__(self, name: str) -> Any:
        if name == "in_channels":
            return self.expander.shape(self.reads)[0]
        values = self.values
        if name in values:
            return values[name]
        recordings = self.expander.recordings
        if recordings:
            recordings[-1].names.add(name)
        return self.expander.spec_values[name]


class Scope:
    """Where names are given out: the path so far, and a running number for each keyword."""

    __slots__ = ("aux", "depth", "numbers", "path")

    def __init__(self, path: str = "", depth: int = 0, aux: bool = False) -> None:
        self.path = path
        self.depth = depth
        self.aux = aux
        self.numbers: dict[str, int] = {}

    def inner(self, path: str, aux: bool = False) -> Scope:
        """Return a scope inside this one."""
        return Scope(path + "/", self.depth + 1, aux or self.aux)


class Expander:
    """Lays entries out as nodes; `nodes` begins with the inputs of the network.

    `spec_values` are the spec's own parameters, which every block knows too; `fragments` what
    was laid out before of the same spec (None: nothing, and nothing is to be kept).
    """

    def __init__(
        self,
        nodes: list[Node],
        spec_values: dict[str, Any],
        errors: list[Diagnostic],
        fragments: Fragments | None = None,
    ) -> None:
        self.fragments = fragments
        self.recordings: list[Recording] = []  # of the calls that are being laid out
        self.nodes = nodes
        self.spec_values = spec_values
        self.top = Scope()
        self.places: dict[str, int] = {node.name: i for i, node in enumerate(nodes)}
        self.spans: dict[str, tuple[int, int]] = {}
        self.scopes: dict[str, str] = {}
        self.aux_outputs: list[int] = []
        self.errors = errors
        self.idle = 0  # entries so far that laid out no layer
        self.shapes: list[Shape] = []
        self.current = 0

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
        env.reads = self.source(entry, scope)
        before = len(self.nodes)
        if entry.repeat is None:
            if entry.condition is None or self.holds(entry, env):
                self.one(entry, env, scope, self.name(entry, scope, None))
            if len(self.nodes) == before:
                self.count_idle(entry)
            return
        count = self.count(entry, env)
        outer = env.values.get("index")
        group = None
        for index in range(count):
            if len(self.nodes) == before:
                self.count_idle(entry)
            env.values["index"] = index
            env.reads = self.source(entry, scope) if index == 0 else self.current
            if entry.condition is not None and not self.holds(entry, env):
                continue
            self.one(entry, env, scope, self.name(entry, scope, index + 1))
            if index == 0 and (len(self.nodes) - before) * count + before > MAX_LAYERS:
                self.too_many(entry)
            group = entry.name
        env.values["index"] = outer
        if group is not None:
            path = scope.path + group.text
            self.places.setdefault(path, self.current)
            self.spans.setdefault(path, (before, len(self.nodes)))

    def count_idle(self, entry: Entry) -> None:
        """Give up if too many entries come to nothing: blocks of empty blocks, false conditions."""
        self.idle += 1
        if self.idle > MAX_IDLE:
            message = f"more than {MAX_IDLE:,} entries come to no layer"
            help = "check `repeat`, `if` and empty blocks"
            self.errors.append(Diagnostic(message, entry.span, help))
            raise Stop

    def holds(self, entry: Entry, env: Env) -> bool:
        """Return whether the entry's condition is true; raises `SpecError` if it is neither."""
        condition = entry.condition
        assert condition is not None
        value = condition.evaluate(env)
        if type(value) not in (bool, int):
            raise SpecError(
                Diagnostic(
                    f"`if` must be true or false, not {value!r}",
                    condition.node.span,
                    "compare: `if: stride == 1`",
                )
            )
        return bool(value)

    def count(self, entry: Entry, env: Env) -> int:
        """Return how often an entry is repeated."""
        repeat = entry.repeat
        assert repeat is not None
        value = repeat.evaluate(env)
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or value < 0:
            help = "0 leaves the entry out"
            message = f"`repeat` must be a whole number from 0, not {value!r}"
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

    def name(self, entry: Entry, scope: Scope, copy: int | None) -> str:
        """Return the path of the entry's next node or scope."""
        if entry.name is not None:
            name = entry.name.text if copy is None else f"{entry.name.text}_{copy}"
        else:
            number = scope.numbers.get(entry.keyword, 0) + 1
            scope.numbers[entry.keyword] = number
            name = f"{entry.keyword}_{number}"
        path = scope.path + name
        if len(path) > MAX_PATH:
            place = entry.name or entry.node
            message = (
                f"with its scopes this name has {len(path)} characters; {MAX_PATH} may be used"
            )
            raise SpecError(Diagnostic(message, place.span, "choose shorter names"))
        if path in self.places:
            first = self.nodes[self.places[path]].span
            line = f" (line {first.line})" if first else ""
            place = entry.name or entry.node
            raise SpecError(
                Diagnostic(
                    f"the name `{path}` is taken already{line}", place.span, "choose another name"
                )
            )
        return path

    def source(self, entry: Entry, scope: Scope) -> int:
        """Return the node from which an entry with one input reads."""
        if entry.sources is None:
            return self.current
        return self.find(entry.sources[0], scope)

    def find(self, name: Scalar, scope: Scope) -> int:
        """Return the node that a name means, looking in the innermost scope first."""
        path = scope.path
        while True:
            found = self.places.get(path + name.text)
            if found is not None:
                if self.recordings:
                    self.recordings[-1].include((), len(path))
                return found
            if not path:
                break
            path = path[: path[:-1].rfind("/") + 1]
        if self.errors:
            raise Stop  # the layer that is missing may be one that was refused
        known = [p.removeprefix(scope.path) for p in self.places]
        inside = [path for path in known if path.endswith("/" + name.text)]
        meant = inside[-1] if inside else suggest(name.text, known[-500:])
        named = ", ".join([quoted(path) for path in known[-8:]])
        all_or_last = (
            "only these come earlier" if len(known) <= 8 else "the last of those before it"
        )
        help = f"did you mean `{meant}`?" if meant else f"{all_or_last}: {named}"
        raise SpecError(
            Diagnostic(f"no earlier layer is named {quoted(name.text)}", name.span, help)
        )

    def one(self, entry: Entry, env: Env, scope: Scope, path: str) -> None:
        """Lay out one copy of an entry."""
        if isinstance(entry, MergeEntry):
            self.merge(entry, env, scope, path)
        elif isinstance(entry, LayerEntry):
            layer = entry.layer(env if entry.names else None)
            self.add(entry, layer, (env.reads,), scope, path)
        elif isinstance(entry, CallEntry):
            self.call(entry, env, scope, path)
        else:
            self.aux(entry, env, scope, path)

    def add(
        self, entry: Entry, layer: Layer, inputs: tuple[int, ...], scope: Scope, path: str
    ) -> None:
        """Append a node."""
        index = len(self.nodes)
        if index >= MAX_LAYERS:
            self.too_many(entry)
        shares = self.shared(entry.share, scope) if entry.share is not None else None
        places = entry.places if isinstance(entry, LayerEntry) else None
        self.nodes.append(
            Node(path, layer, inputs, shares, scope.aux, entry.span, entry.seen_as, places)
        )
        self.places[path] = index
        self.current = index

    def shared(self, name: Scalar, scope: Scope) -> int:
        """Return the node that owns the weights which a `share` names."""
        index = self.find(name, scope)
        owner = self.nodes[index].shares
        return index if owner is None else owner

    def merge(self, entry: MergeEntry, env: Env, scope: Scope, path: str) -> None:
        """Lay out the branches of a merge, then the merge itself."""
        start = env.reads
        if entry.branches:
            inner = self.nested(entry, scope, path)
            ends = []
            for label, body in entry.branches:
                self.current = start
                branch = f"{path}/{label}"
                self.scopes[branch] = "branch"
                before = len(self.nodes)
                self.run(body, env, inner.inner(branch))
                ends.append(self.current)
                if len(self.nodes) > before:
                    self.places.setdefault(branch, self.current)
                    self.spans[branch] = (before, len(self.nodes))
        else:
            ends = [self.find(name, scope) for name in entry.sources or ()]
        self.add(entry, entry.layer(None), tuple(ends), scope, path)

    def nested(self, entry: Entry, scope: Scope, path: str, aux: bool = False) -> Scope:
        """Return the scope of a block, a merge or an auxiliary head."""
        if scope.depth >= MAX_SCOPES:
            message = f"blocks and branches are nested more than {MAX_SCOPES} deep"
            self.errors.append(Diagnostic(message, entry.span))
            raise Stop
        return scope.inner(path, aux)

    def call(self, entry: CallEntry, env: Env, scope: Scope, path: str) -> None:
        """Lay out a block: its parameters from arguments and defaults, then its body."""
        block = entry.block
        block.open += 1
        if block.open > 1 and self.recordings:
            self.recordings[-1].include((), 0)
        if block.open > MAX_RECURSION:
            message = f"block `{entry.keyword}` calls itself more than {MAX_RECURSION} deep"
            help = "give the call an `if` that ends it"
            self.errors.append(Diagnostic(message, entry.span, help))
            raise Stop
        inner = Env({}, self)
        inner.reads = env.reads
        for name, default in block.defaults.items():
            argument = entry.arguments.get(name)
            if argument is not None:
                inner.values[name] = argument.evaluate(env)
            elif default is not None:
                inner.values[name] = default.evaluate(inner)
        self.scopes[path] = block.name.text
        before = len(self.nodes)
        self.body(entry, inner, scope, path)
        block.open -= 1
        self.places[path] = self.current
        self.spans[path] = (before, len(self.nodes))
        if entry.share is not None:
            self.share_block(entry, scope, before)

    def body(self, entry: CallEntry, inner: Env, scope: Scope, path: str) -> None:
        """Lay out what is in a block, or copy it where the same call was laid out before."""
        nested = self.nested(entry, scope, path)
        reads = self.current = inner.reads
        fragments = self.fragments
        shape = self.entering(reads) if fragments is not None and entry.block.open == 1 else None
        if fragments is None or shape is None:
            self.run(entry.block.body, inner, nested)
            return
        key = entry.block, shape, scope.aux, typed(tuple(inner.values.values()))
        found = fragments.find(key, self.spec_values)
        if found is not None and self.fits(found, scope, path):
            found.lay(self, reads, path)
            if self.recordings:
                self.recordings[-1].include(found.names, MAX_REACH)
            return
        if not fragments.wants(key):
            self.run(entry.block.body, inner, nested)
            return
        recording, faults = Recording(self), len(self.errors)
        self.recordings.append(recording)
        self.run(entry.block.body, inner, nested)
        self.recordings.pop()
        if self.recordings:
            self.recordings[-1].include(recording.names, recording.reach)
        contained = recording.reach > len(path) and len(self.errors) == faults
        if contained and self.entering(len(self.nodes) - 1) is not None:
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
            and scope.depth + fragment.deepest <= MAX_SCOPES
            and self.idle + fragment.idle <= MAX_IDLE
        )

    def share_block(self, entry: CallEntry, scope: Scope, before: int) -> None:
        """Give every node of a block copy the weights of its counterpart in an earlier scope."""
        name = entry.share
        assert name is not None
        self.find(name, scope)
        path = scope.path
        while path + name.text not in self.spans and path:
            path = path[: path[:-1].rfind("/") + 1]
        first, last = self.spans.get(path + name.text, (0, 0))
        if last - first != len(self.nodes) - before:
            message = (
                f"`{name.text}` has {last - first} layers, this block has"
                f" {len(self.nodes) - before}: their weights cannot be shared"
            )
            raise SpecError(Diagnostic(message, name.span))
        for offset in range(last - first):
            owner = self.nodes[first + offset].shares
            self.nodes[before + offset].shares = first + offset if owner is None else owner

    def aux(self, entry: Entry, env: Env, scope: Scope, path: str) -> None:
        """Lay out an auxiliary head and return to the main path."""
        assert isinstance(entry, AuxEntry)
        back = self.current
        self.current = env.reads
        self.scopes[path] = "aux"
        before = len(self.nodes)
        self.run(entry.body, env, self.nested(entry, scope, path, aux=True))
        if len(self.nodes) > before:
            self.places[path] = self.current
            self.spans[path] = (before, len(self.nodes))
            self.aux_outputs.append(self.current)
        self.current = back
