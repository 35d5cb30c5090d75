"""A JSON Schema of the spec language, generated from the layer classes."""

from __future__ import annotations

from cnncalc.graph import SEEN_AS
from cnncalc.language.axis_order import LAYOUTS
from cnncalc.language.compiler import BRANCH_KEYS, GROUP_KEYS, SEQUENCES
from cnncalc.language.published import FACT_KEYS, QUANTITIES
from cnncalc.layers import LAYERS, layer_class
from cnncalc.layers.options import ROUNDINGS
from cnncalc.quantities import DTYPE_BITS
from cnncalc.record import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.layers.options import LayerField

    Schema = dict[str, Any]

EXPRESSION: Schema = {"type": "string", "description": "arithmetic over parameters"}
NAME: Schema = {"type": "string", "pattern": "^[^/\\s]+$"}
ENTRIES: Schema = {"type": "array", "items": {"$ref": "#/$defs/entry"}}
LENGTHS: Schema = {"type": "array", "items": {"$ref": "#/$defs/integer"}}


def field_schema(spec: LayerField) -> Schema:
    """Return the schema of one field; any value may also be an expression."""
    integer: Schema = {"type": "integer", "minimum": getattr(spec, "minimum", 0)}
    either: list[Schema]
    if spec.kind == "integer":
        either = [integer]
    elif spec.kind == "number":
        bounds = {"minimum": getattr(spec, "minimum", 0), "maximum": getattr(spec, "maximum", 0)}
        either = [{"type": "number", **bounds}]
    elif spec.kind == "boolean":
        either = [{"type": "boolean"}, {"enum": [0, 1]}]
    elif spec.kind == "bias":
        either = [{"type": "boolean"}, {"enum": [0, 1]}, {"type": "array"}]
    elif spec.kind == "word":
        either = [{"enum": list(getattr(spec, "choices", ()))}]
    elif spec.kind == "reference":
        either = [{"type": "string"}]
    elif spec.kind == "factors":
        positive: Schema = {"type": "number", "exclusiveMinimum": 0}
        either = [positive, {"type": "array", "items": positive, "minItems": 1, "maxItems": 3}]
    elif spec.kind in ("axes", "padding"):
        either = [integer, {"type": "array", "minItems": 1, "maxItems": 3}]
    else:
        either = [{"type": "array"}, {"type": "number"}]
    if spec.optional:
        either.append({"type": "null"})
    result: Schema = {"anyOf": [*either, EXPRESSION], "description": f"{spec.doc}: {spec.wanted}"}
    if spec.default is not MISSING and spec.default is not None:
        result["default"] = spec.default
    return result


def generic() -> Schema:
    """Return the schemas of the keys that any entry may have."""
    names: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    return {
        "name": {**NAME, "description": "the last part of the layer's path"},
        "from": {"anyOf": [{"type": "string"}, names], "description": "read this earlier layer"},
        "repeat": {"$ref": "#/$defs/integer", "description": "how many copies in a row"},
        "share": {"type": "string", "description": "use the weights of this earlier layer"},
        "if": {"anyOf": [{"type": "boolean"}, EXPRESSION], "description": "leave out if false"},
        "trainable": {
            "anyOf": [{"type": "boolean"}, EXPRESSION],
            "description": "whether its weights are trained, or of all layers within",
        },
        "dtype": {
            "anyOf": [{"enum": list(DTYPE_BITS)}, EXPRESSION],
            "description": "the type of its weights and output in memory",
        },
        "seen_as": {"enum": list(SEEN_AS), "description": "for other tools' conventions"},
    }


def group_schema(*keys: str) -> Schema:
    """Return what a group may hold: some of the generic keys, and its layers."""
    return {
        "type": "object",
        "properties": {**{key: generic()[key] for key in keys}, "layers": ENTRIES},
        "required": ["layers"],
        "additionalProperties": False,
    }


def network_schema() -> Schema:
    """Return what may be said of another spec that stands as a block."""
    own: Schema = {
        "spec": {"type": "string", "description": "a built-in name, or a file beside this one"},
        "set": {"type": "object", "description": "its parameters"},
        "until": {"type": "string", "description": "the last layer or scope that is taken"},
    }
    return {
        "type": "object",
        "properties": {**own, **generic()},
        "required": ["spec"],
        "additionalProperties": False,
    }


def branch_schema() -> Schema:
    """Return what a branch under a condition may be."""
    group: Schema = {
        "type": "object",
        "properties": {"group": group_schema(*GROUP_KEYS)},
        "required": ["group"],
        "additionalProperties": False,
    }
    branch = group_schema(*BRANCH_KEYS)
    branch["anyOf"] = [{"required": [branch.pop("required")[0]]}, {"required": ["from"]}]
    return {"anyOf": [branch, group]}


def layer_schema(keyword: str) -> Schema:
    """Return what may stand after a layer's keyword."""
    if is_merge(keyword):
        fields = layer_class(keyword).fields()
        return {
            "type": "object",
            "properties": {**{n: field_schema(s) for n, s in fields.items()}, **generic()},
            "additionalProperties": {"anyOf": [ENTRIES, branch_schema()]},
            "description": layer_class(keyword).documentation()["Summary"],
        }
    fields = layer_class(keyword).fields()
    mapping: Schema = {
        "type": "object",
        "properties": {**{n: field_schema(s) for n, s in fields.items()}, **generic()},
        "additionalProperties": False,
        "required": [name for name, spec in fields.items() if spec.required],
    }
    either = [mapping]
    required = mapping["required"]
    if not required:
        either.append({"type": "null"})
    first = next(iter(fields), None)
    if first is not None and required in ([], [first]):
        either.append(field_schema(fields[first]))
    return {"anyOf": either, "description": layer_class(keyword).documentation()["Summary"]}


def is_merge(keyword: str) -> bool:
    """Return whether a layer joins branches."""
    return layer_class(keyword).arity is None


def fields_of(keyword: str) -> tuple[LayerField, ...]:
    """Return the fields of a layer."""
    return tuple(layer_class(keyword).fields().values())


def entry_schema() -> Schema:
    """Return what an entry of `layers` may be: a word, or one keyword with its value."""
    aux: Schema = {
        "type": "object",
        "properties": {**generic(), "layers": ENTRIES},
        "required": ["layers"],
    }
    needy = [k for k in LAYERS if is_merge(k) or any(s.required for s in fields_of(k))]
    return {
        "anyOf": [
            {"type": "string", "not": {"enum": [*needy, *SEQUENCES, "layer", "network"]}},
            {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {
                    **{keyword: layer_schema(keyword) for keyword in LAYERS},
                    "aux": aux,
                    "group": group_schema(*GROUP_KEYS),
                    "layer": {"type": "object", "required": ["is"]},
                    "network": {"anyOf": [{"type": "string"}, network_schema()]},
                },
            },
        ]
    }


def spec_schema() -> Schema:
    """Return the JSON Schema of a whole spec."""
    names: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    shape: Schema = {"anyOf": [{"type": "string"}, {"type": "integer"}, LENGTHS]}
    block: Schema = {
        "type": "object",
        "properties": {
            "parameters": {"type": "object"},
            "layers": ENTRIES,
            "inputs": {"anyOf": [{"type": "string"}, names]},
            "outputs": {"anyOf": [{"type": "string"}, names]},
            "description": {"type": "string"},
        },
        "required": ["layers"],
        "additionalProperties": False,
    }
    fact: Schema = {
        "type": "object",
        "properties": {
            **{key: {} for key in FACT_KEYS},
            "quantity": {"enum": list(QUANTITIES)},
        },
        "required": ["quantity", "value"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnncalc architecture spec",
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "source": {"type": "string"},
            "year": {"type": "integer"},
            "description": {"type": "string"},
            "input": shape,
            "inputs": {"type": "object", "additionalProperties": shape},
            "layout": {"enum": list(LAYOUTS)},
            "parameters": {"type": "object"},
            "variants": {
                "type": "object",
                "additionalProperties": {"type": ["object", "null"]},
            },
            "blocks": {"type": "object", "additionalProperties": block},
            "layers": {**ENTRIES, "minItems": 1},
            "outputs": {"anyOf": [{"type": "string"}, names]},
            "rounding": {"enum": list(ROUNDINGS)},
            "published": {"type": "array", "items": fact},
        },
        "required": ["layers"],
        "oneOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
        "$defs": {
            "entry": entry_schema(),
            "integer": {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION]},
        },
    }
