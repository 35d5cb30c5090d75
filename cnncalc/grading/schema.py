"""A JSON Schema of assignment files, for editors: made from the kinds of questions themselves."""

from __future__ import annotations

from typing import Any

from cnncalc.grading import assignment, conventions, rubric
from cnncalc.grading.key_words import MEANINGS
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.quantities import MEASURES, SYNONYMS
from cnncalc.grading.question_types.catalogue import QUESTION_TYPES
from cnncalc.grading.question_types.question import COMMON, SHARED_KEYS, VISIBILITIES
from cnncalc.quantities import DTYPE_BYTES

Schema = dict[str, Any]

_WORD: Schema = {"type": ["string", "number"]}
_FLAG: Schema = {"type": "boolean"}
_SHARE: Schema = {"type": ["number", "string"], "description": "such as 0.5, 1/2 or 50%"}
_ANY: Schema = {"type": ["string", "number", "boolean", "array", "object"]}
_MAPPING: Schema = {"type": "object"}
_NETWORK: Schema = {
    "type": ["string", "object"],
    "description": "a name of `specs` or `networks`, a built-in network, a file, or a spec",
}
#: What stands under the keys that every kind may have, and under those with few possible values.
_KEYS: dict[str, Schema] = {
    "id": _WORD, "points": _SHARE, "text": {"type": "string"}, "spec": _NETWORK, "set": _MAPPING,
    "variant": {"type": "string"}, "input": {"type": ["string", "array"]}, "draw": _MAPPING,
    "where": {"type": ["string", "array"]}, "fits": {"enum": ["exactly", "never", "any"]},
    "visibility": {"enum": list(VISIBILITIES)},
    "node": _WORD, "execute": _FLAG, "total": _FLAG, "tolerance": _SHARE, "formula": _WORD,
    "axes": {"enum": ["all", "spatial"]}, "quantity": {"enum": [*MEASURES, *SYNONYMS, "fits"]},
    "conventions": {"$ref": "#/$defs/conventions"}, "credit": {"$ref": "#/$defs/credit"},
}  # fmt: skip
_CONVENTIONS: dict[str, Schema] = {
    "rounding": {"enum": ["floor", "ceil", "strict"]}, "bias": {"enum": ["counted", "apart"]},
    "batch_norm": {"enum": [2, 4]}, "flops": {"enum": list(conventions.FLOPS)},
    "layout": {"enum": ["free", "hwc", "chw"]}, "kilobyte": {"enum": [1000, 1024]},
    "dtype": {"enum": list(DTYPE_BYTES)}, "tolerance": _SHARE,
    "decimal_mark": {"enum": ["point", "comma"]},
}  # fmt: skip
_TOP: dict[str, Schema] = {
    "title": _WORD, "id": _WORD, "description": {"type": "string"}, "deadline": _WORD,
    "grace": _WORD, "late_penalty": _SHARE, "attempts": {"enum": ["latest", "best", "first"]},
    "specs": {"type": "object", "additionalProperties": {"type": ["string", "object"]}},
    "conventions": {"$ref": "#/$defs/conventions"}, "credit": {"$ref": "#/$defs/credit"},
}  # fmt: skip


def assignment_schema() -> Schema:
    """Return the schema (draft 2020-12) of an assignment, or of a template of a quiz."""
    own: dict[str, Schema] = {
        "networks": {"type": "object", "additionalProperties": _closed(SHARED_KEYS)},
        "questions": {"type": "array", "minItems": 1, "items": {"oneOf": _questions()}},
    }
    top = {key: described(key, own.get(key) or _TOP.get(key, _ANY)) for key in assignment.KEYS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnncalc assignment",
        "type": "object",
        "properties": top,
        "required": ["questions"],
        "additionalProperties": False,
        "$defs": {"conventions": _closed(conventions.KEYS, _CONVENTIONS), "credit": _credit()},
    }


def described(key: str, schema: Schema) -> Schema:
    """Return the schema of a key with what the key means, if it does not say so itself."""
    return schema if "description" in schema else {**schema, "description": MEANINGS[key]}


def _closed(keys: tuple[str, ...], known: dict[str, Schema] | None = None) -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    known = _KEYS if known is None else known
    properties = {key: described(key, known.get(key, _ANY)) for key in keys}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _questions() -> list[Schema]:
    """Return a schema for every kind of question."""
    found = []
    for kind in QUESTION_TYPES.values():
        one = _closed(tuple(dict.fromkeys((*COMMON, *kind.keys))))
        one["properties"]["kind"] = {"const": kind.name, "description": kind.asks}
        found.append({**one, "required": ["id", "kind"]})
    return found


def _credit() -> Schema:
    shares = dict.fromkeys(rubric.KEYS, _SHARE)
    slips = {name: _SHARE | {"description": slip.says} for name, slip in SLIPS.items()}
    named = {"type": "object", "properties": slips, "additionalProperties": False}
    return _closed(rubric.KEYS, shares | {"charge": {"enum": ["once", "always"]},
                                          "misconceptions": named})  # fmt: skip
