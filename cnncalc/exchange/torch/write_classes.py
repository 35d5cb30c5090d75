"""One class of a generated PyTorch file: what it makes, and how it computes."""

from __future__ import annotations

from cnncalc.exchange.source.blueprints import Blueprint, BlueprintStep
from cnncalc.exchange.source.flow import BlueprintText, Flow
from cnncalc.exchange.source.naming import part_names, unique
from cnncalc.exchange.source.text import (
    INDENT,
    WIDTH,
    docstring,
    loop,
    plain,
    statement,
)  # fmt: skip
from cnncalc.exchange.source.writer import SourceWriter, filled, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.source.values import BlueprintExpression

#: What a module has already; its parts are called otherwise.
RESERVED = (
    "x", "forward", "train", "eval", "type", "half", "float", "double", "to", "apply", "children",
    "modules", "parameters", "buffers", "training", "cpu", "cuda", "share_memory", "state_dict",
    "torch", "F", "nn", "self", "bfloat16", "requires_grad_", "zero_grad", "compile", "xpu",
)  # fmt: skip


class ClassText(BlueprintText):
    """Writes one class."""

    def __init__(self, writer: SourceWriter, blueprint: Blueprint) -> None:
        super().__init__(writer, blueprint)
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
        inputs = self.writer.inputs(blueprint, "x", RESERVED[1:])
        forward = Flow(self, inner).body(inputs)
        init = [f"{inner}super().__init__()"]
        init += [f"{inner}self.{name} = {text}" for name, text in self.stored.items()]
        for index in range(len(blueprint.steps)):
            init += self.declared(index, inner)
        if len(init) > 1 or blueprint.parameters:
            arguments = self.writer.signature(["self"], blueprint, ())
            lines += statement(f"def __init__({arguments}):", INDENT)
            lines += [*init, ""]
        return [*lines, f"{INDENT}def forward(self, {', '.join(inputs)}):", *forward]

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
        instead = [f"{indent}{target} = nn.Identity()"] if self.stands_in(step) else []
        test = f"{indent}if {step.condition.text()}:"
        return [*instead, test, *self.made(step, target, indent + INDENT)]

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
        texts = [argument.text() for argument in step.arguments]
        return statement(f"{target} = {self.writer.call(called.blueprint, [], texts)}", indent)

    def made_run(self, step: BlueprintStep, target: str, indent: str) -> list[str]:
        """Return the lines that make a sequence of alike parts."""
        blueprint = step.item.run[0].blueprint
        name = target.removeprefix("self.")
        kinds = {series.kind for series in step.series}
        if kinds <= {"constant", "rest"} and "rest" in kinds:
            return self.made_after_first(step, target, indent)
        own = [parameter.name for parameter in self.blueprint.parameters]
        texts, names, lines, over = self.writer.rows(step, own, indent)
        numbered = any(" i" in text for text in texts)
        call = self.writer.call(blueprint, [], texts)
        if over:
            head = loop(names, over, indent, numbered=numbered)
        else:
            assert step.count is not None
            over = f"for {'i' if numbered else '_'} in range({step.count.text()})"
            line = f"{indent}{target} = nn.Sequential(*[{call} {over}])"
            if len(line) <= WIDTH:
                return [line]
            lines, head = [], [f"{indent}{over}:"]
        return [
            *lines,
            f"{indent}{name} = []",
            *head,
            *statement(f"{name}.append({call})", indent + INDENT),
            f"{indent}{target} = nn.Sequential(*{name})",
        ]

    def made_after_first(self, step: BlueprintStep, target: str, indent: str) -> list[str]:
        """Return the lines that make a sequence whose parts are all alike after the first."""
        blueprint, count, name = step.item.run[0].blueprint, step.count, target[len("self.") :]
        assert count is not None
        first, rest = [
            self.writer.call(blueprint, [], [expression.text() for expression in expressions])
            for expressions in zip(
                *[(s.first, s.rest or s.first) for s in step.series], strict=True
            )
        ]
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
