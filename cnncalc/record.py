"""Immutable value classes, declared without code generation.

A frozen, slotted dataclass costs about 0.6 ms each time it is imported, because its methods are
written as text and compiled. The layer list alone would then take longer to import than the whole
of `cnncalc summary` may run, so the value classes on that path derive from `Record`: same meaning
(and the same meaning to a type checker, through `dataclass_transform`), no compilation.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_options):
        return lambda cls: cls


class Missing:
    """The type of `MISSING`, the default of a field that must be given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


class FieldSpec:
    """What a class body may assign to a field instead of a bare default."""

    __slots__ = ("default",)

    def __init__(self, default: Any = MISSING) -> None:
        self.default = default


@dataclass_transform(frozen_default=True)
class RecordType(type):
    """Turns the annotations of a class body into slots, in the order of their writing."""

    _fields: dict[str, Any]

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> RecordType:
        own = {
            field: body.pop(field, MISSING)
            for field, kind in body.get("__annotations__", {}).items()
            if not (field.startswith("_") or str(kind).startswith("ClassVar"))
        }
        fields: dict[str, Any] = {}
        for base in bases:
            fields.update(getattr(base, "_fields", {}))
        new = [field for field in own if field not in fields]
        fields.update(own)
        body["__slots__"] = (*body.get("__slots__", ()), *new)
        body["_fields"] = fields
        body["__match_args__"] = tuple(fields)
        cls = super().__new__(mcs, name, bases, body)
        setters = []
        for field, default in fields.items():
            if isinstance(default, FieldSpec):
                default = default.default
            setters.append((field, getattr(cls, field).__set__, default))
        cls._setters = tuple(setters)  # type: ignore[attr-defined]  # a slot of every Record
        cls._puts = tuple([put for _, put, _ in setters])  # type: ignore[attr-defined]  # likewise
        return cls


def _rebuild(cls: type[Record], values: tuple[Any, ...]) -> Record:
    return cls(*values)


class Record(metaclass=RecordType):
    """Base of immutable values: keyword or positional construction, equality, hash, repr, pickle.

    Fields are the annotated names of the class body, inherited ones first. Names that begin with
    an underscore are not fields; a class that needs a private slot lists it in `__slots__`.
    """

    if TYPE_CHECKING:
        _fields: ClassVar[dict[str, Any]]
        _setters: ClassVar[tuple[tuple[str, Callable[[Any, Any], None], Any], ...]]
        _puts: ClassVar[tuple[Callable[[Any, Any], None], ...]]

    else:

        def __init__(self, *args, **kwargs):
            given = len(args)
            puts = self._puts
            for put, value in zip(puts, args, strict=False):
                put(self, value)
            if given == len(puts) and not kwargs:
                return
            if given > len(puts):
                raise TypeError(f"{type(self).__name__} takes at most {len(puts)} values")
            for name, put, default in self._setters[given:]:
                if name in kwargs:
                    put(self, kwargs.pop(name))
                elif default is MISSING:
                    raise TypeError(f"{type(self).__name__} needs {name}")
                else:
                    put(self, default)
            if kwargs:
                raise TypeError(f"{type(self).__name__} cannot take {', '.join(kwargs)}")

        def __setattr__(self, name, value):
            raise AttributeError(f"{type(self).__name__} is immutable")

        def __delattr__(self, name):
            raise AttributeError(f"{type(self).__name__} is immutable")

    def values(self) -> tuple[Any, ...]:
        """Return the values of the fields, in their order."""
        return tuple([getattr(self, name) for name in self._fields])

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a new dictionary."""
        return {name: getattr(self, name) for name in self._fields}

    def replace(self, **changes: Any) -> Self:
        """Return a copy in which the named fields have other values."""
        values = self.as_dict()
        if not changes.keys() <= values.keys():
            values.update(changes)  # which the constructor refuses
            return type(self)(**values)
        values.update(changes)
        return type(self)(*values.values())

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self), self.values()))

    def __repr__(self) -> str:
        pairs = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"{type(self).__name__}({pairs})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.values())


class Shown:
    """What values have in common that people look at: a line, HTML, rows and a dictionary.

    Nothing here knows how each of them is shown: the package puts that into `shower`.
    """

    __slots__ = ()

    #: Returns what shows all values, and is called when the first one is looked at.
    shower: ClassVar[Callable[[], Any]]

    def __repr__(self) -> str:
        return str(Shown.shower().line(self))

    def _repr_html_(self) -> str:
        return str(Shown.shower().html(self))

    def rows(self) -> Any:
        """Return one mapping of plain values for each layer, as pandas reads them."""
        return Shown.shower().rows_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the value as the commands print it with `--format json`."""
        shown: dict[str, Any] = Shown.shower().to_dict(self)
        return shown
