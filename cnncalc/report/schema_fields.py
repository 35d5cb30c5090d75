"""JSON Schemas of what stands in a spec's fields: values, and arithmetic over names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.geometry import MAX_LENGTH
from cnncalc.language.arithmetic import FUNCTIONS
from cnncalc.language.tokens import KEYWORDS
from cnncalc.language.values import AMBIENT
from cnncalc.record import MISSING

if TYPE_CHECKING:
    from cnncalc.layers.option import LayerField

    Schema = dict[str, Any]

_LETTER = "A-Za-z_\u00aa-\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u3040-\uffdc"
_NUMBER = r"(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.])"
_SIGNS = r"//|<=|>=|==|!=|[-+*/%()\[\],:<>]|\s"
#: What no expression holds: powers, leading zeros, a comma outside brackets, an open end.
_NEVER = (
    r"(?!.*\*\*)(?!(?:.*[^0-9A-Za-z_.])?0[0-9])(?![^(\[]*[,:])(?!\s*[*/%<>=,)\]])"
    r"(?!.*[-+*/%<>=,(\[]\s*$)"
)


def expression(names: tuple[str, ...] | None) -> Schema:
    """Return the schema of arithmetic over any names, or over these alone."""
    if names is None:
        name = f"[{_LETTER}][{_LETTER}0-9]*"
    else:
        name = f"(?:{'|'.join(names)})(?![{_LETTER}0-9])"
    return {
        "type": "string",
        "pattern": f"^{_NEVER}(?:{_NUMBER}|{name}|{_SIGNS})+$",
        "maxLength": 1000,
        "description": "arithmetic over parameters and in_channels",
    }


#: In specs without parameters and blocks the names in expressions are known.
PLAIN_NAMES = (*AMBIENT, *FUNCTIONS, *KEYWORDS, "true", "True", "false", "False")


def integer(minimum: int, expressions: Schema) -> Schema:
    """Return the schema of a whole number, or of arithmetic that gives one."""
    return {"anyOf": [{"type": "integer", "minimum": minimum, "maximum": MAX_LENGTH}, expressions]}


def listed(items: Schema, most: int = 3) -> Schema:
    """Return the schema of a list with one item for each axis."""
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def allowed(spec: Any, text: Schema) -> list[Schema]:
    """Return what a field of its kind may hold; `text` is arithmetic."""
    flag: list[Schema] = [{"type": "boolean"}, {"enum": [0, 1]}]
    words: Schema = {"type": "string", "minLength": 1}
    match spec.kind:
        case "integer":
            return [integer(spec.minimum, text)]
        case "number":
            return [{"type": "number", "minimum": spec.minimum, "maximum": spec.maximum}, text]
        case "boolean":
            return [*flag, text]
        case "bias":
            return [*flag, {"type": "array"}, text]
        case "word":
            return worded(spec.choices, text)
        case "axes":
            one = integer(spec.minimum, text)
            return [one, listed(one)]
        case "factors":
            factor: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_LENGTH}
            one = {"anyOf": [factor, text]}
            return [one, listed(one)]
        case "padding":
            one = integer(0, {"$ref": text["$ref"]})
            pair: Schema = {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
            sides = listed({"anyOf": [pair, text]})
            return [integer(0, text), listed(one), sides, *worded(spec.words, text)]
        case "integers":
            return _integers(spec, text)
        case "values":
            numbers: list[Schema] = [{"type": "array", "minItems": 1}, {"type": "number"}]
            return [*numbers, *worded(spec.choices, text)]
        case "formula":
            return [words, {"type": "integer", "minimum": 0}]
        case "shape":
            one = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}
            return [one, listed(one, 4)]
        case "reference" | "name":
            return [words]
    raise ValueError(f"no schema for fields of the kind {spec.kind}")


def _integers(spec: Any, text: Schema) -> list[Schema]:
    one = integer(spec.minimum if spec.depth == 1 else 0, text)
    if spec.depth == 2:
        row: Schema = {"type": "array", "items": one, "minItems": 1}
        return [{"type": "array", "items": {"anyOf": [row, text]}, "minItems": 1}, text]
    many: Schema = {"type": "array", "items": one, "minItems": spec.length or 1}
    return [many | {"maxItems": spec.length}, text] if spec.length else [many, one]


def worded(words: tuple[str, ...], text: Schema) -> list[Schema]:
    """Return the schemas of a few words, or of arithmetic; not of a word in other letters."""
    if not words:
        return [text]
    other = "|".join("".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in word)
                     for word in words)  # fmt: skip
    return [{"enum": list(words)}, {"allOf": [text, {"not": {"pattern": f"^(?:{other})$"}}]}]


def field_schema(spec: LayerField, expressions: Schema) -> Schema:
    """Return the schema of one field."""
    either = allowed(spec, expressions)
    if spec.optional:
        either.append({"type": "null"})
    result: Schema = {"anyOf": either, "description": f"{spec.doc}: {spec.wanted}"}
    if spec.default is not MISSING and spec.default is not None:
        result["default"] = spec.default
    return result
