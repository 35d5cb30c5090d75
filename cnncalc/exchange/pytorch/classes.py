"""One class of a generated PyTorch file: what it makes, and how it computes."""

from __future__ import annotations

from cnncalc.exchange.source.blueprints import Blueprint, BlueprintStep
from cnncalc.exchange.source.flow import Flow
from cnncalc.exchange.source.naming import part_names, unique
from cnncalc.exchange.source.text import (
    INDENT,
    WIDTH,
    docstring,
    literal,
    loop,
    plain,
    statement,
)  # fmt: skip
from cnncalc.exchange.source.writer import SourceWriter, filled, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.source.values import BlueprintExpression

#: What a module has already; its parts are called otherwise.
RESERVED = (
    "x", "forward", "train", "eval", "type", "half", "float", "double", "to", "apply", "children",
    "modules", "parameters", "buffers", "training", "cpu", "cuda", "share_memory", "state_dict",
    "torch", "F", "nn", "self", "bfloat16", "requires_grad_", "zero_grad", "compile", "xpu",
)  # fmt: skip


class ClassText:
    """Writes one class."""

    def __init__(self, writer: SourceWriter, blueprint: Blueprint) -> None:
        self.writer = writer
        self.blueprint = blueprint
        objects = {
            index
            for index, step in enumerate(blueprint.steps)
            if step.item.form is None or step.item.form.head
        }
        names = part_names(blueprint, RESERVED)
        self.attributes = {index: names[index] for index in sorted(objects)}
        for index, step in enumerate(blueprint.steps):
            if step.item.shares is not None and index in self.attributes:
                self.attributes[index] = self.attributes[self.owner(step)]
        owners = {blueprint.steps[index].item.path: name for index, name in names.items()}
        blueprint.values.name(set(RESERVED), owners)
        self.stored: dict[str, str] = {}  # what `forward` needs: attributes and their source

    def owner(self, step: BlueprintStep) -> int:
        """Return the step whose weights a step uses."""
        return next(
            i for i, s in enumerate(self.blueprint.steps) if s.item.path == step.item.shares
        )

    def lines(self) -> list[str]:
        """Return the lines of the class."""
        blueprint = self.blueprint
        name = self.writer.names[id(blueprint)]
        lines = [
            f"class {name}(nn.Module):",
            *docstring(self.writer.described(blueprint), INDENT),
            "",
        ]
        inner = INDENT * 2
        body = Flow(blueprint, self.use, self.comment, self.test, inner)
        inputs = self.writer.inputs(blueprint, "x", RESERVED[1:])
        forward = body.body(inputs)
        init = [f"{inner}super().__init__()"]
        init += [f"{inner}self.{name} = {text}" for name, text in self.stored.items()]
        for index in range(len(blueprint.steps)):
            init += self.declared(index, inner)
        if len(init) > 1 or blueprint.parameters:
            arguments = self.writer.signature(["self"], blueprint, ())
            lines += statement(f"def __init__({arguments}):", INDENT)
            lines += [*init, ""]
        return [*lines, f"{INDENT}def forward(self, {', '.join(inputs)}):", *forward]

    def comment(self, step: BlueprintStep) -> str:
        """Return what is said of the result of a step."""
        return self.writer.comment(self.blueprint, step)

    def call_text(self, blueprint: Blueprint, texts: list[str]) -> str:
        """Return the source that makes an object of another class."""
        return self.writer.call(blueprint, [], texts)

    def test(self, step: BlueprintStep) -> str:
        """Return the condition of a step in `forward`, or "" where it is always there."""
        if step.condition is None or self.stands_in(step):
            return ""
        first = next(s for s in self.blueprint.steps if s.group == step.group)
        name = f"has_{plain(first.item.label)}"
        self.stored[name] = step.condition.text()
        return f"self.{name}"

    def stands_in(self, step: BlueprintStep) -> bool:
        """Return whether a part that copies lack can be an identity there: it is alone."""
        alone = sum(other.group == step.group for other in self.blueprint.steps) == 1
        form = step.item.form
        return alone and (form is None or form.use == "{m}({0})")

    def use(self, step: BlueprintStep, operands: list[str]) -> str:
        """Return the expression that computes a step."""
        index = self.blueprint.steps.index(step)
        form = step.item.form
        if form is None:
            return f"self.{self.attributes[index]}({', '.join(operands)})"
        known = {str(i): text for i, text in enumerate(operands)}
        known["m"] = f"self.{self.attributes[index]}" if index in self.attributes else ""
        for name, *_ in form.inserts:
            known[name] = self.stored_text(step.values[f"value {name}"])
        return filled(form.use, known)

    def stored_text(self, expression: BlueprintExpression) -> str:
        """Return a value for use in `forward`, and keep its parameter if it has one."""
        if expression.parameter is None:
            return expression.text()
        name = expression.parameter.name
        (kept,) = unique([name], self.attributes.values())
        self.stored[kept] = name
        return expression.text("self.").replace(f"self.{name}", f"self.{kept}")

    def declared(self, index: int, indent: str) -> list[str]:
        """Return the lines that make a part."""
        step = self.blueprint.steps[index]
        if index not in self.attributes or step.item.shares is not None:
            return []
        target = f"self.{self.attributes[index]}"
        if step.condition is None:
            return self.made(step, target, indent)
        if not self.stands_in(step):
            return [
                f"{indent}if {step.condition.text()}:",
                *self.made(step, target, indent + INDENT),
            ]
        return [
            f"{indent}{target} = nn.Identity()",
            f"{indent}if {step.condition.text()}:",
            *self.made(step, target, indent + INDENT),
        ]

    def made(self, step: BlueprintStep, target: str, indent: str) -> list[str]:
        """Return the lines that make a part under a name."""
        form = step.item.form
        if form is not None:
            arguments = made(step)
            return statement(f"{target} = {form.head}({', '.join(arguments)})", indent)
        called = step.item.called
        assert called is not None
        if step.item.run:
            return self.made_run(step, target, indent)
        return statement(f"{target} = {self.call(called, step.arguments)}", indent)

    def call(self, called: Any, arguments: list[BlueprintExpression]) -> str:
        """Return the source that makes an object of another class."""
        return self.call_text(called.blueprint, [argument.text() for argument in arguments])

    def made_run(self, step: BlueprintStep, target: str, indent: str) -> list[str]:
        """Return the lines that make a sequence of alike parts."""
        blueprint = step.item.run[0].blueprint
        kinds = {series.kind for series in step.series}
        if "table" in kinds:
            return self.made_of_rows(step, target, indent)
        count = step.count
        assert count is not None
        if kinds <= {"constant", "rest"} and "rest" in kinds:
            first = self.call_text(blueprint, [series.first.text() for series in step.series])
            rest = self.call_text(
                blueprint, [(series.rest or series.first).text() for series in step.series]
            )
            name = target.removeprefix("self.")
            times = str(count.constant - 1) if count.parameter is None else f"{count.text()} - 1"
            if times in ("1", "2"):
                parts = ", ".join([first, *[rest] * int(times)])
                if times == "1" or len(f"{indent}{target} = nn.Sequential({parts})") <= WIDTH:
                    return statement(f"{target} = nn.Sequential({parts})", indent)
            return [
                *statement(f"{name} = [{first}]", indent),
                f"{indent}for _ in range({times}):",
                *statement(f"{name}.append({rest})", indent + INDENT),
                f"{indent}{target} = nn.Sequential(*{name})",
            ]
        texts = []
        for series in step.series:
            text = series.first.text()
            if series.kind == "steps" and series.rest is not None:
                text = f"{text} + {series.rest.text()} * i"
            elif series.kind == "rest" and series.rest is not None:
                text = f"{text} if i == 0 else {series.rest.text()}"
            texts.append(text)
        variable = "i" if any(" i" in text for text in texts) else "_"
        call = self.call_text(blueprint, texts)
        name = target.removeprefix("self.")
        line = f"{target} = nn.Sequential(*[{call} for {variable} in range({count.text()})])"
        if len(indent) + len(line) <= WIDTH:
            return [indent + line]
        return [
            f"{indent}{name} = []",
            f"{indent}for {variable} in range({count.text()}):",
            *statement(f"{name}.append({call})", indent + INDENT),
            f"{indent}{target} = nn.Sequential(*{name})",
        ]

    def made_of_rows(self, step: BlueprintStep, target: str, indent: str) -> list[str]:
        """Return the lines that make a sequence of parts from a table of their arguments."""
        blueprint = step.item.run[0].blueprint
        name = target.removeprefix("self.")
        tables = [
            (parameter, series)
            for parameter, series in zip(blueprint.parameters, step.series, strict=True)
            if series.kind == "table"
        ]
        own = [parameter.name for parameter in self.blueprint.parameters]
        short = dict(zip([p.name for p, _ in tables], unique([p.name for p, _ in tables], own),
                         strict=True))  # fmt: skip
        texts, sources = [], []
        for parameter, series in zip(blueprint.parameters, step.series, strict=True):
            if series.kind == "table":
                texts.append(short[parameter.name])
                sources.append(series.first)
            elif series.kind == "steps" and series.rest is not None:
                texts.append(f"{series.first.text()} + {series.rest.text()} * i")
            elif series.kind == "rest" and series.rest is not None:
                texts.append(f"{series.first.text()} if i == 0 else {series.rest.text()}")
            else:
                texts.append(series.first.text())
        if all(source.parameter is None for source in sources):
            rows = list(zip(*[source.constant for source in sources], strict=True))
            shown = [literal(row[0] if len(row) == 1 else row) for row in rows]
            lines = statement(f"rows = [{', '.join(shown)}]", indent)
            over = "rows"
        else:
            lines = []
            over = sources[0].text() if len(sources) == 1 else (
                f"zip({', '.join(source.text() for source in sources)})")  # fmt: skip
        numbered = any(" i" in text for text in texts)
        return [
            *lines,
            f"{indent}{name} = []",
            *loop(list(short.values()), over, indent, numbered=numbered),
            *statement(f"{name}.append({self.call_text(blueprint, texts)})", indent + INDENT),
            f"{indent}{target} = nn.Sequential(*{name})",
        ]
