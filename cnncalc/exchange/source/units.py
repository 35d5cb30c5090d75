"""The scopes of a graph as units that call one another: what becomes classes, or functions."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.forms import Form
    from cnncalc.graph import Graph

#: A value within a unit: one of its inputs (-1, number), or an item's result (index, number).
Ref = tuple[int, int]


class UnitStep:
    """One step of a unit: a layer of the graph, a call of another unit, or a run of such calls.

    `path` is its name relative to the unit, `label` what it is called, `auto` whether nobody chose
    that name. `reads` are the values that it reads. A run is several calls of alike units, each
    reading the one before.
    """

    def __init__(self, path: str, label: str, auto: bool) -> None:
        self.path = path
        self.label = label
        self.auto = auto
        self.reads: list[Ref] = []
        self.node: int | None = None
        self.form: Form | None = None
        self.unit: Unit | None = None
        self.run: list[Unit] = []
        self.shares: str | None = None
        self.lane = ""  # the branch in which it stands

    @property
    def called(self) -> Unit | None:
        """The unit that is called, the first one of a run."""
        return self.run[0] if self.run else self.unit


class Unit:
    """A scope of the graph: its path, what made it, its items, its inputs and its results.

    `inputs` and `results` are nodes of the graph: those outside that it reads, and those inside
    that others read or that the network gives.
    """

    def __init__(self, path: str, kind: str) -> None:
        self.path = path
        self.kind = kind
        self.items: list[UnitStep] = []
        self.inputs: list[int] = []
        self.results: list[int] = []
        self.blueprint: Any = None


class Builder:
    """Makes units of a graph; `dissolved` are scopes that become part of the scope around them."""

    def __init__(self, graph: Graph, forms: dict[int, Form], dissolved: set[str]) -> None:
        self.graph = graph
        self.forms = forms
        self.readers = graph.readers()
        self.ends = {*graph.outputs, *graph.aux_outputs}
        self.kinds = {
            path: kind
            for path, kind in (graph.scopes or {}).items()
            if kind != "branch" and path not in dissolved
        }
        for scope in self.broken():
            self.kinds.pop(scope, None)
        self.keep_shared_together()

    def broken(self) -> set[str]:
        """Return scopes whose nodes do not stand together: they cannot be one call."""
        last: dict[str, int] = {}
        found = set()
        for index, node in enumerate(self.graph.nodes):
            scopes = node.scope
            for depth in range(1, len(scopes) + 1):
                path = "/".join(scopes[:depth])
                if last.get(path, index - 1) != index - 1:
                    found.add(path)
                last[path] = index
        return found

    def keep_shared_together(self) -> None:
        """Dissolve scopes until nodes that share weights stand in one unit."""
        nodes = self.graph.nodes
        pairs = [(n.scope, nodes[n.shares].scope) for n in nodes if n.shares is not None]
        for one, other in (*pairs, *[pair[::-1] for pair in pairs]):
            for depth in range(1, len(one) + 1):
                if other[:depth] != one[:depth]:
                    self.kinds.pop("/".join(one[:depth]), None)

    def root(self) -> Unit:
        """Return the whole graph as a unit."""
        root = Unit("", "")
        root.inputs = list(self.graph.inputs)
        inside = [i for i in range(len(self.graph.nodes)) if i not in set(self.graph.inputs)]
        self.fill(root, inside)
        root.results = [*dict.fromkeys((*self.graph.outputs, *self.graph.aux_outputs))]
        return root

    def fill(self, unit: Unit, nodes: list[int]) -> None:
        """Give a unit its items, inputs and results; `nodes` are those of its scope, in order."""
        inside, known = set(nodes), self.graph.nodes
        position = 0
        where: dict[int, Ref] = {index: (-1, i) for i, index in enumerate(unit.inputs)}
        while position < len(nodes):
            scope = self.inner(unit, nodes[position])
            end = position + 1
            while scope and end < len(nodes) and known[nodes[end]].name.startswith(f"{scope}/"):
                end += 1
            part = nodes[position:end]
            self.add(unit, scope, part, where)
            position = end
            unit.items[-1].lane = self.lane(unit, part[0], scope)
        unit.results = [
            i for i in nodes if i in self.ends or any(r not in inside for r in self.readers[i])
        ]

    def lane(self, unit: Unit, index: int, scope: str) -> str:
        """Return the name of the innermost branch of a unit in which an item stands."""
        path = scope or self.graph.nodes[index].name
        while len(path) > len(unit.path):
            if (self.graph.scopes or {}).get(path) == "branch":
                return path.rpartition("/")[2]
            path = path.rpartition("/")[0]
        return ""

    def inner(self, unit: Unit, index: int) -> str:
        """Return the outermost scope within a unit that holds a node; empty if there is none."""
        scopes = self.graph.nodes[index].scope
        start = len(unit.path.split("/")) + 1 if unit.path else 1
        for depth in range(start, len(scopes) + 1):
            path = "/".join(scopes[:depth])
            if path in self.kinds:
                return path
        return ""

    def add(self, unit: Unit, scope: str, part: list[int], where: dict[int, Ref]) -> None:
        """Add the item that some nodes are: one layer, or the call of a scope within."""
        start = len(unit.path) + 1 if unit.path else 0
        if not scope:
            self.add_layer(unit, part[0], start, where)
            return
        kind = self.kinds[scope]
        inner = Unit(scope, kind)
        inside = set(part)
        reads = [i for index in part for i in self.graph.nodes[index].inputs if i not in inside]
        inner.inputs = list(dict.fromkeys(reads))
        self.fill(inner, part)
        label = scope.rpartition("/")[2]
        auto = label.rpartition("_")[0] == kind and label.rpartition("_")[2].isdigit()
        item = UnitStep(scope[start:], label, auto)
        alone = inner.items[0] if len(inner.items) == 1 else None
        if alone is not None and alone.unit is not None:
            item.path = f"{item.path}/{alone.path}"
            inner = alone.unit
        elif alone is not None:
            self.add_layer(unit, part[0], start, where)
            unit.items[-1].label, unit.items[-1].auto = label, False
            return
        item.unit = inner
        item.reads = [self.reference(unit, i, where) for i in inner.inputs]
        for number, index in enumerate(inner.results):
            where[index] = (len(unit.items), number)
        unit.items.append(item)

    def add_layer(self, unit: Unit, index: int, start: int, where: dict[int, Ref]) -> None:
        node = self.graph.nodes[index]
        last = node.name.rpartition("/")[2]
        stem, _, number = last.rpartition("_")
        item = UnitStep(node.name[start:], last, stem == node.layer.keyword and number.isdigit())
        item.node, item.form = index, self.forms[index]
        item.reads = [self.reference(unit, i, where) for i in node.inputs]
        if node.shares is not None:
            item.shares = self.graph.nodes[node.shares].name[start:]
        where[index] = (len(unit.items), 0)
        unit.items.append(item)

    def reference(self, unit: Unit, index: int, where: dict[int, Ref]) -> Ref:
        """Return where a unit has the value of a node; one from outside becomes its input."""
        if index not in where:
            if index not in unit.inputs:
                unit.inputs.append(index)
            where[index] = (-1, unit.inputs.index(index))
        return where[index]


def find_runs(unit: Unit) -> None:
    """Join calls of alike units, each of which reads only the one before, to runs, in place."""
    ends = set(unit.results)
    readers: dict[int, list[int]] = {}
    for place, item in enumerate(unit.items):
        for source, _ in item.reads:
            readers.setdefault(source, []).append(place)
    position = 0
    merged: list[tuple[int, int]] = []  # first and last place of every run
    while position < len(unit.items):
        end = position
        while end + 1 < len(unit.items) and follows(unit, position, end, readers, ends):
            end += 1
        merged.append((position, end))
        position = end + 1
    if len(merged) == len(unit.items):
        return
    moved = {last: new for new, (_first, last) in enumerate(merged)}
    items = []
    for first, last in merged:
        item = unit.items[first]
        if last > first:
            units = [other.unit for other in unit.items[first : last + 1]]
            run = UnitStep(item.path, item.label.rpartition("_")[0], item.auto)
            run.lane = item.lane
            run.reads, run.run = item.reads, [inner for inner in units if inner is not None]
            item = run
        items.append(item)
    for item in items:
        item.reads = [(moved[s] if s >= 0 else s, number) for s, number in item.reads]
    unit.items = items


def follows(
    unit: Unit, first: int, end: int, readers: dict[int, list[int]], ends: set[int]
) -> bool:
    """Return whether the item after `end` goes on with a run that begins at `first`."""
    head, before, item = unit.items[first], unit.items[end], unit.items[end + 1]
    if head.unit is None or before.unit is None or item.unit is None:
        return False
    if head.unit.blueprint is not item.unit.blueprint or before.unit.results[0] in ends:
        return False
    stem, _, number = head.path.rpartition("_")
    named = number.isdigit() and item.path == f"{stem}_{int(number) + end + 1 - first}"
    chain = item.reads == [(end, 0)] and readers.get(end) == [end + 1]
    plain = all(len(u.inputs) == len(u.results) == 1 for u in (head.unit, item.unit))
    return named and chain and plain and (not item.auto or goes_on(head.unit, item.unit))


def goes_on(first: Unit, later: Unit) -> bool:
    """Return whether a call that nobody named repeats another one: at most one value differs.

    The channels that enter follow from what came before, and do not count.
    """
    parameters = first.blueprint.parameters
    pairs = zip(
        parameters, first.blueprint.arguments(first), later.blueprint.arguments(later), strict=True
    )
    entering = ("in_channels", "in_features")
    return len([p for p, a, b in pairs if p.hint not in entering and a != b]) <= 1


def results_of(item: UnitStep) -> list[int]:
    """Return the nodes of the graph whose values an item gives."""
    if item.node is not None:
        return [item.node]
    called = item.run[-1] if item.run else item.unit
    assert called is not None
    return called.results
