"""A JSON Schema of search files, for editors."""

from __future__ import annotations

from typing import Any

from cnncalc.layers.options import ROUNDINGS
from cnncalc.quantities import DTYPE_BITS
from cnncalc.search.file import KEYS, SAMPLE_KEYS
from cnncalc.search.sampling import METHODS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_SOME: Schema = {"type": ["string", "number", "boolean"]}
_FORMULAS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_VALUES: Schema = {"anyOf": [_SOME, {"type": "array", "minItems": 1}]}
_SAMPLES: dict[str, Schema] = {
    "count": {**_COUNT, "description": "how many"},
    "seed": {"type": "integer", "minimum": 0, "description": "the same seed draws the same"},
    "method": {"enum": list(METHODS), "description": "how they are drawn"},
    "passing": {**_COUNT, "description": "draw until so many pass"},
}
#: Each key with its schema and what it means.
_DESCRIBED: dict[str, tuple[Schema, str]] = {
    "spec": (_TEXT, "the network: a name, or a file beside this one"),
    "variant": (_TEXT, "the variant to search around"),
    "variants": (
        {"anyOf": [{"const": "all"}, {"type": "array", "items": _TEXT, "minItems": 1}]},
        "variants to try: `all`, or a list",
    ),
    "set": ({"type": "object"}, "parameters that do not vary"),
    "input": (_VALUES, "the input of all candidates"),
    "rounding": ({"enum": list(ROUNDINGS)}, "what to do where a window does not fit exactly"),
    "batch": (_COUNT, "samples at once, for memory"),
    "dtype": ({"enum": list(DTYPE_BITS)}, "the type of one number, for memory"),
    "space": (
        {"type": "object", "minProperties": 1, "additionalProperties": _VALUES},
        "what varies: a parameter, an item of one, or the input, and its values (8..64:8)",
    ),
    "where": (_FORMULAS, "conditions that a candidate must meet, such as params < 5M"),
    "objectives": (_FORMULAS, "figures to be made small"),
    "figures": (_FORMULAS, "other figures to keep"),
    "sample": (
        {"anyOf": [_COUNT, {"type": "object", "additionalProperties": False,
                            "properties": {key: _SAMPLES[key] for key in SAMPLE_KEYS}}]},
        "how many candidates are drawn, from which seed, by which method",
    ),
    "grid": ({"type": "boolean"}, "whether every candidate is tried"),
}  # fmt: skip


def search_schema() -> Schema:
    """Return the schema (draft 2020-12) of a search file; a key without one is an error."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnncalc search",
        "description": "a design space, and what is wanted of its networks",
        "type": "object",
        "properties": {
            key: {**_DESCRIBED[key][0], "description": _DESCRIBED[key][1]} for key in KEYS
        },
        "anyOf": [{"required": ["spec"]}, {"required": ["space"]}],
        "additionalProperties": False,
    }
