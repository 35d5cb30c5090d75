"""One function of a generated Keras file: the layers that it puts one after the other."""

from __future__ import annotations

from cnncalc.exchange.source.blueprints import Blueprint, BlueprintStep
from cnncalc.exchange.source.flow import BlueprintText, Flow
from cnncalc.exchange.source.naming import network_title, part_names
from cnncalc.exchange.source.text import INDENT, WIDTH, docstring, literal, loop, statement
from cnncalc.exchange.source.writer import SourceWriter, filled, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.quantities import Shape

RESERVED = ("keras", "layers", "ops", "name", "inputs", "in_channels", "rows", "i")


class FunctionText(BlueprintText):
    """Writes one function."""

    def __init__(self, writer: SourceWriter, blueprint: Blueprint) -> None:
        super().__init__(writer, blueprint)
        self.returns_names = not blueprint.kind
        self.named = bool(blueprint.kind) and any(map(writer.is_weighted, blueprint.steps))
        names = part_names(blueprint, RESERVED)
        owners = {blueprint.steps[index].item.path: name for index, name in names.items()}
        blueprint.values.name({"x", *RESERVED, *writer.names.values()}, owners)
        shared = {step.item.shares for step in blueprint.steps if step.item.shares is not None}
        self.shared = {
            step.item.path: f"shared_{names[index]}"
            for index, step in enumerate(blueprint.steps)
            if step.item.path in shared
        }

    def lines(self) -> list[str]:
        """Return the lines of the function."""
        writer, blueprint = self.writer, self.blueprint
        parameters = [parameter.name for parameter in blueprint.parameters]
        lone = "x" if blueprint.kind else "inputs"
        self.inputs = inputs = writer.inputs(blueprint, lone, (*RESERVED, *parameters))
        taken = (*writer.names.values(), *parameters, *self.shared.values(), *RESERVED)
        if not blueprint.kind:  # the model begins at its inputs: they stay what they are
            taken += tuple(inputs)
        body = RunFlow(self, INDENT, taken).body(inputs)
        more = ("name",) * self.named
        arguments = writer.signature(inputs, blueprint, more) if blueprint.kind else ""
        lines = statement(f"def {writer.names[id(blueprint)]}({arguments}):", "")
        lines += docstring(writer.described(blueprint), INDENT)
        if not blueprint.kind:
            for input, index in zip(inputs, writer.graph.inputs, strict=True):
                label = f', name="{input}"' if len(inputs) > 1 else ""
                shape = literal(last(writer.shapes[index]))
                lines.append(f"{INDENT}{input} = keras.Input({shape}{label})")
        entering = blueprint.values.entering
        if entering is not None and any("in_channels" in line for line in body):
            lines.append(f"{INDENT}in_channels = {inputs[0]}.shape[-1]")
        for step in blueprint.steps:
            if step.item.path in self.shared:
                lines += statement(f"{self.shared[step.item.path]} = {self.layer(step)}", INDENT)
        return [*lines, *body]

    def ending(self, values: list[str]) -> str:
        if self.blueprint.kind:
            return super().ending(values)
        given, results = [
            names[0] if len(names) == 1 else f"[{', '.join(names)}]"
            for names in (self.inputs, values)
        ]
        name = literal(self.writer.name(network_title(self.writer.graph)))
        return f"return keras.Model({given}, {results}, name={name})"

    def path(self, path: str) -> str:
        """Return the source of the name of a layer, or of a part with layers in it."""
        name = joined(path)
        return f'f"{{name}}_{name}"' if self.blueprint.kind else f'"{name}"'

    def layer(self, step: BlueprintStep) -> str:
        """Return the source that makes a layer."""
        form = step.item.form
        assert form is not None
        arguments = made(step)
        chosen = not step.item.auto and step.item.shares is None
        knows_name = self.named or not self.blueprint.kind
        if self.writer.is_weighted(step) or (chosen and knows_name):
            arguments.append(f"name={self.path(step.item.path)}")
        return f"{form.head}({', '.join(arguments)})"

    def use(self, step: BlueprintStep, operands: list[str]) -> str:
        form = step.item.form
        if form is None:
            called = step.item.called
            assert called is not None
            texts = [argument.text() for argument in step.arguments]
            return self.call(called.blueprint, operands, texts, self.path(step.item.path))
        known = {str(i): text for i, text in enumerate(operands)}
        if "{m}" in form.use:
            owner = step.item.path if step.item.shares is None else step.item.shares
            known["m"] = self.shared[owner] if owner in self.shared else self.layer(step)
        for name, *_ in form.inserts:
            known[name] = step.values[f"value {name}"].text()
        return filled(form.use, known)

    def call(self, blueprint: Blueprint, operands: list[str], texts: list[str], path: str) -> str:
        """Return a call of another function, with the path of what it makes."""
        text = self.writer.call(blueprint, operands, texts)
        if any(map(self.writer.is_weighted, blueprint.steps)):
            return f"{text[:-1]}, name={path})"
        return text

    def loop(self, step: BlueprintStep, variable: str, indent: str) -> list[str]:
        """Return the lines of a run: one call after the other on one variable."""
        stem, _, first = step.item.path.rpartition("_")
        own = [parameter.name for parameter in self.blueprint.parameters]
        texts, names, lines, over = self.writer.rows(step, [*own, "x", variable, *RESERVED], indent)
        number = "{i}" if first == "0" else f"{{i + {first}}}"
        prefix = "{name}_" if self.blueprint.kind else ""
        path = f'f"{prefix}{joined(stem)}_{number}"'
        call = self.call(step.item.run[0].blueprint, [variable], texts, path)
        if over:
            lines += loop(names, over, indent, numbered=True)
        else:
            assert step.count is not None
            lines.append(f"{indent}for i in range({step.count.text()}):")
        return [*lines, *statement(f"{variable} = {call}", indent + INDENT)]


class RunFlow(Flow):
    """The statements of a function, in which a run is a loop that changes one variable."""

    text: FunctionText

    def step(self, index: int) -> None:
        """Write one step; a run changes its variable call by call."""
        step = self.blueprint.steps[index]
        if not step.item.run:
            super().step(index)
            return
        self.flush()
        source = step.item.reads[0]
        before = self.names[source]
        self.used([source])
        name = before
        if self.alive(before) or before in (*self.taken, *self.kept):
            name = self.variable(step, [])
            self.lines.append(f"{self.indent}{name} = {before}")
        lines = self.text.loop(step, name, self.indent)
        shape = self.text.comment(step)
        head = next(i for i, line in enumerate(lines) if line.endswith(":"))
        if shape and len(f"{lines[head]}  # to {shape}") <= WIDTH:
            lines[head] += f"  # to {shape}"
        elif shape:
            lines.insert(0, f"{self.indent}# to {shape}")
        self.lines += lines
        self.names[index, 0] = name


def last(shape: Shape) -> Shape:
    """Return a shape with its channels at the end."""
    return (*shape[1:], shape[0])


def joined(path: str) -> str:
    """Return a path as a name that every backend of Keras takes."""
    return path.replace("/", "_").replace(".", "_")
