"""What the writers of source have in common: forms, names, and what is said of results."""

from __future__ import annotations

import re

from cnncalc.exchange.source.blueprints import Blueprint, BlueprintStep, planned
from cnncalc.exchange.source.naming import class_name, network_name, network_title, unique
from cnncalc.exchange.source.text import literal, plain, statement
from cnncalc.exchange.source.units import Unit
from cnncalc.exchange.source.values import CHANNELS, same
from cnncalc.exchange.targets import output_shapes, written
from cnncalc.quantities import product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from cnncalc.exchange.source.forms import Form, Rules
    from cnncalc.exchange.source.values import Parameter
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape


class SourceWriter:
    """A graph as blueprints with names, for one framework.

    `target` is what the framework is called, `helpers` are the definitions that a file may need,
    `name` turns the words of a block or the network into a name. Raises `SpecError` for a layer
    that the framework cannot say. `defaults` are the values of its layers' arguments that need not
    be said, by the hint of a parameter.
    """

    target: str
    channels_last = False
    defaults: Mapping[str, object] = {}
    rules: Rules
    helpers: Mapping[str, str]

    def __init__(self, graph: Graph, file_names: dict[str, str]) -> None:
        self.graph = graph
        self.file_names = file_names
        self.shapes = output_shapes(graph)
        inner = [i for i in range(len(graph.nodes)) if i not in graph.inputs]
        forms = {index: self.form(index) for index in inner}
        self.blueprints = planned(graph, forms, self.entering())
        self.needed = [
            name for name in self.helpers if any(name in form.helpers for form in forms.values())
        ]
        # The network's own name is given first, then those of the blueprints that serve most.
        order = sorted(self.blueprints, key=lambda b: (bool(b.kind), -len(b.units)))
        wishes = [self.name(b.kind or network_name(graph)) for b in order]
        names = unique(wishes, self.needed)
        self.names = dict(zip(map(id, order), names, strict=True))

    def entering(self) -> Callable[[int], int] | None:
        """Return what gives the channels of a node, if a block can ask its input for them."""
        return None

    def name(self, words: str) -> str:
        """Return the name of a class."""
        return class_name(words)

    def form(self, index: int) -> Form:
        """Return how a layer is written; raises `SpecError` where that cannot be."""
        shapes = self.input_shapes(index), self.shapes[index]
        found: Form = written(self.rules, self.graph.nodes[index], self.target, *shapes)
        return found

    def input_shapes(self, index: int) -> tuple[Shape, ...]:
        """Return the shapes that a layer reads."""
        return tuple([self.shapes[i] for i in self.graph.nodes[index].inputs])

    def is_weighted(self, step: BlueprintStep) -> bool:
        """Return whether a step has weights of its own."""
        item = step.item
        if item.node is not None:
            layer = self.graph.nodes[item.node].layer
            return item.shares is None and bool(layer.facts(self.input_shapes(item.node)).params)
        called = item.called
        assert called is not None
        return any(self.is_weighted(inner) for inner in called.blueprint.steps)

    def described(self, blueprint: Blueprint) -> str:
        """Return the docstring of a blueprint: what it is, and what it makes of what."""
        graph, unit = self.graph, blueprint.model

        def shown(nodes: list[int]) -> str:
            return " and ".join(show_shape(self.shapes[i]) for i in nodes)

        if blueprint.kind:
            times = len(blueprint.units)
            what = f"`{blueprint.kind}`: {shown(unit.inputs)} to {shown(unit.results)}"
            return f"{what}, the first of {times}." if times > 1 else f"{what}."
        params = sum(
            product(array.shape)
            for index, node in enumerate(graph.nodes)
            if node.shares is None
            for array in node.layer.facts(self.input_shapes(index)).params
            if array.trainable
        )
        text = f"{network_title(graph)}: {shown(unit.inputs)} to {shown(unit.results)}."
        more = [graph.source.strip() + "."] if graph.source else []
        more.append(f"{params:,} parameters.")
        if graph.aux_outputs:
            more.append("The results after the first are those of the auxiliary heads.")
        return "\n".join([text, "", *more])

    def comment(self, blueprint: Blueprint, step: BlueprintStep) -> str:
        """Return the shape that a step gives, if all copies have the same there."""
        shapes = {self.shape_of(step, unit) for unit in blueprint.units}
        found = shapes.pop()
        if shapes or found is None:
            return ""
        return show_shape((*found[1:], found[0]) if self.channels_last else found)

    def shape_of(self, step: BlueprintStep, unit: Unit) -> Shape | None:
        """Return the shape of a step's result in one copy, or None if it has several or none."""
        for item in unit.items:
            if item.path == step.item.path:
                if item.node is not None:
                    return self.shapes[item.node]
                called = item.run[-1] if item.run else item.unit
                if called is not None and len(called.results) == 1:
                    return self.shapes[called.results[0]]
        return None

    def inputs(self, blueprint: Blueprint, lone: str, taken: tuple[str, ...]) -> list[str]:
        """Return what the inputs of a blueprint are called; `lone` is the name of a single one."""
        nodes = blueprint.model.inputs
        if len(nodes) == 1:
            return [lone]
        known = self.graph.entering or {}
        newest = {unit.inputs.index(max(unit.inputs)) for unit in blueprint.units}
        names = []
        for place, node in enumerate(nodes):
            given = {self.graph.nodes[unit.inputs[place]].name for unit in blueprint.units}
            called = {name.rpartition("/")[2] for name in given}
            declared = {
                known.get(unit.path, {}).get(unit.inputs[place]) for unit in blueprint.units
            }
            label = declared.pop()
            if label is not None and not declared:
                called = {label}
            elif blueprint.kind and (len(called) > 1 or self.unnamed(node)):
                called = {"x" if len(newest) > 1 or place in newest else "skip"}
            names.append(plain(called.pop()))
        return unique(names, taken)

    def unnamed(self, index: int) -> bool:
        """Return whether a node is called after its kind, since nobody gave it a name."""
        node = self.graph.nodes[index]
        stem, _, number = node.name.rpartition("/")[2].rpartition("_")
        return stem == node.layer.keyword and number.isdigit()

    def default(self, parameter: Parameter) -> str:
        """Return the source of a parameter's default, or "" where it has none."""
        default = self.defaults.get(parameter.hint)
        found = default is not None and any(same(value, default) for value in parameter.values)
        return literal(default) if found else ""

    def signature(self, inputs: list[str], blueprint: Blueprint, more: tuple[str, ...]) -> str:
        """Return what stands between the brackets of a definition; `more` are further names."""
        names = [p.name for p in blueprint.parameters if not self.default(p)]
        rest = [f"{p.name}={self.default(p)}" for p in blueprint.parameters if self.default(p)]
        return ", ".join([*inputs, *names, *more, *rest])

    def call(self, blueprint: Blueprint, first: list[str], texts: list[str]) -> str:
        """Return a call with arguments as source; numbers other than channels by keyword."""
        parts = [
            text if parameter.hint in CHANNELS else f"{parameter.name}={text}"
            for parameter, text in zip(blueprint.parameters, texts, strict=True)
            if text != self.default(parameter)
        ]
        return f"{self.names[id(blueprint)]}({', '.join([*first, *parts])})"

    def rows(
        self, step: BlueprintStep, taken: Iterable[str], indent: str
    ) -> tuple[list[str], list[str], list[str], str]:
        """Return how a loop makes the calls of a run.

        That is the arguments of each call, the variables for what comes from a table, the lines
        that define the table, and what the loop goes over; "" where no table says how often.
        """
        texts: list[str] = []
        names: list[str] = []
        tables = []
        for parameter, series in zip(
            step.item.run[0].blueprint.parameters, step.series, strict=True
        ):
            if series.kind == "table":
                names += unique([parameter.name], [*taken, *names])
                tables.append(series.first)
            texts.append(names[-1] if series.kind == "table" else series.text())
        if not tables:
            return texts, names, [], ""
        if any(table.parameter is not None for table in tables):
            sources = ", ".join(table.text() for table in tables)
            return texts, names, [], f"zip({sources})" if len(tables) > 1 else sources
        rows = list(zip(*[table.constant for table in tables], strict=True))
        shown = literal([row[0] if len(row) == 1 else row for row in rows])
        return texts, names, statement(f"rows = {shown}", indent), "rows"

    def file_names_table(self) -> list[str]:
        """Return the table of what layers are called in the model that was read, if otherwise."""
        if not self.file_names:
            return []
        lines = ["", "# What the layers are called in the model that this was read from."]
        rows = [f"    {literal(o)}: {literal(n)}," for o, n in self.file_names.items()]
        return [*lines, "FILE_NAMES = {", *rows, "}"]


def made(step: BlueprintStep) -> list[str]:
    """Return the arguments that make the object of a layer, without those that are defaults."""
    form = step.item.form
    assert form is not None
    arguments = []
    for number, argument in enumerate(form.arguments):
        value = step.values[f"argument {number}"]
        plainly = value.parameter is None and same_as(value.constant, argument.default)
        if value.parameter is None and value.constant is None:
            continue
        if argument.default is not None and plainly:
            continue
        prefix = f"{argument.keyword}=" if argument.keyword else ""
        arguments.append(prefix + value.text())
    return arguments


def same_as(value: Any, default: Any) -> bool:
    """Return whether a value is the default; one number stands for all axes."""
    if isinstance(value, tuple) and not isinstance(default, tuple):
        return all(item == default for item in value)
    return bool(value == default)


def filled(template: str, known: dict[str, str]) -> str:
    """Return a template with its `{names}` replaced."""
    operands = [known[name] for name in ("start", "stop") if f"{{{name}}}" in template]
    if template.startswith("{0}[") and not all(re.fullmatch(r"\w+", text) for text in operands):
        # In slices, colons beside what is more than a name have spaces around.
        template = template.replace("{start}:", "{start} :").replace(":{stop}", ": {stop}")
    return re.sub(r"\{(\w+)\}", lambda match: known[match[1]], template)
