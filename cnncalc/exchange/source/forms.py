"""How a layer is written in a framework, before it is known which of its values vary."""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from cnncalc.quantities import Shape

    Shapes: TypeAlias = tuple[Shape, ...]
    #: Writes a layer that reads and gives maps of some shapes.
    Rule: TypeAlias = Callable[[Any, Shapes, Shape], "Form"]
    #: How a kind of layers is written: by a rule, or always in one form.
    Rules: TypeAlias = Mapping[str, "Rule | Form"]


class Code(Record):
    """A value that is code, such as `F.relu`."""

    text: str


class Argument(Record):
    """A value in a call: by keyword, or by position where that is None.

    It is left out where it is always `default`; `hint` is what a parameter that stands for it is
    called.
    """

    keyword: str | None
    value: Any
    default: Any = None
    hint: str = ""


class Form(Record):
    """One layer in a framework: what is made of it, and the expression that uses it.

    `head` and `arguments` make the object that holds its weights or options; empty for functions.
    `use` is the expression: `{m}` is the object, `{0}`, `{1}` are what the layer reads; other
    names are `inserts`, pairs of name and value, or with what it is called as a parameter. `stem`
    begins the object's name. `operator` says that the expression needs parentheses within another
    one. `helpers` are names of definitions that have to stand in the file. `wraps` marks what may
    be written around the expression before it.
    """

    use: str
    head: str = ""
    arguments: tuple[Argument, ...] = ()
    inserts: tuple[tuple[Any, ...], ...] = ()
    stem: str = ""
    operator: bool = False
    helpers: tuple[str, ...] = ()
    wraps: bool = False

    def of(self, layer: Any) -> Form:
        """Return the form of a layer whose fields are the names in the expression."""
        names = [name for name in layer.fields() if f"{{{name}}}" in self.use]
        values = [(name, getattr(layer, name)) for name in names]
        return self.replace(inserts=(*self.inserts, *values))

    def slots(self) -> list[tuple[str, Any, str]]:
        """Return the values that may vary between copies: key, value, and what it is called."""
        made = [
            (f"argument {i}", a.value, a.hint or a.keyword or "value")
            for i, a in enumerate(self.arguments)
        ]
        return made + [
            (f"value {name}", value, hint[0] if hint else name)
            for name, value, *hint in self.inserts
        ]

    def negated(self) -> Form:
        """Return how the opposite is written, of what it does to the opposite."""
        return self.replace(use="-" + self.use.replace("{0}", "-{0}"), operator=True)

    def likeness(self) -> tuple[Any, ...]:
        """Return what two copies must have in common."""
        keywords = tuple([(a.keyword, type(a.value) is str) for a in self.arguments])
        return self.head, keywords, self.use, self.stem, tuple([name for name, *_ in self.inserts])


def sliced(layer: Any, shape: Shape, where: str) -> Form:
    """Return some positions of an axis; `where` is the source of the axes before it."""
    end = layer.end(shape)
    hint = ("channels",) if layer.axis == 0 else ()
    values = [("start", layer.start, *hint)] if layer.start else []
    values += [("stop", end, *hint)] if end < shape[layer.axis] else []
    kept = ":".join(f"{{{n}}}" if n in [v[0] for v in values] else "" for n in ("start", "stop"))
    step = f":{layer.step}" if layer.step > 1 else ""
    return Form(f"{{0}}[{where}{kept}{step}]", inserts=tuple(values))


def shown_axes(axes: Iterable[int]) -> str:
    """Return axes as source: one number, or several in brackets."""
    found = tuple(axes)
    return str(found[0]) if len(found) == 1 else str(found)
