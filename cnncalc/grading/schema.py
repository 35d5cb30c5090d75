"""A JSON Schema of assignment files, for editors: made from the kinds of questions themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.grading import assignment, conventions, rubric
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.quantities import MEASURES, SYNONYMS
from cnncalc.grading.question_types.catalogue import QUESTION_TYPES
from cnncalc.grading.question_types.question import COMMON, SHARED_KEYS, VISIBILITIES
from cnncalc.grading.yaml_keys import Values

Schema = dict[str, Any]

_WORD: Schema = {"type": ["string", "number"]}
_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": ["string", "array"]}
_FLAG: Schema = {"type": "boolean"}
_SHARE: Schema = {"type": ["number", "string"], "description": "such as 0.5, 1/2 or 50%"}
_ANY: Schema = {"type": ["string", "number", "boolean", "array", "object"]}
_MAPPING: Schema = {"type": "object"}
_NETWORK: Schema = {
    "type": ["string", "object"],
    "description": "a name of `specs` or `networks`, a built-in network, a file, or a spec",
}
#: What stands under each key, and what it means in a few words: an editor shows them.
_KEYS: dict[str, tuple[Schema, str]] = {
    "also": (_ANY, "further letters for the formula's symbols"),
    "answer": (_ANY, "the right answer, or all: where there are several"),
    "attempts": ({"enum": ["latest", "best", "first"]}, "which attempt counts"),
    "axes": ({"enum": ["all", "spatial"]}, "which axes of a shape are asked for"),
    "batch_norm": (_ANY, "values per channel of a batch normalisation"),
    "bias": (_ANY, "whether biases are counted with the parameters"),
    "charge": (_ANY, "whether a repeated slip costs once or always"),
    "columns": (_ANY, "the quantities of a table"),
    "constraints": (_ANY, "what a student's network must meet"),
    "conventions": ({"$ref": "#/$defs/conventions"}, "how things are counted"),
    "credit": ({"$ref": "#/$defs/credit"}, "what an answer that is partly right earns"),
    "deadline": (_WORD, "2025-03-01 23:59; a date alone lasts to its end"),
    "decimal_mark": (_ANY, "the sign before decimals in answers"),
    "description": (_TEXT, "a sentence about the assignment"),
    "draw": (_MAPPING, "what is drawn anew for every student"),
    "dtype": (_ANY, "the type of one value, for memory"),
    "execute": (_FLAG, "whether the network is run too"),
    "fits": ({"enum": ["exactly", "never", "any"]}, "whether windows must fit exactly"),
    "flops": (_ANY, "what FLOPs count"),
    "formula": (_WORD, "the formula to show"),
    "given": (_ANY, "what is known of the layer"),
    "grace": (_WORD, "how late is still in time, such as 15m"),
    "id": (_WORD, "the name that answers give"),
    "input": (_TEXTS, "another input of the network"),
    "kilobyte": (_ANY, "the meaning of K in KB"),
    "kind": (_ANY, "the kind of question"),
    "late_penalty": (_SHARE, "what a begun day costs, such as 10%"),
    "layer": (_ANY, "the layer that is solved for"),
    "layout": (_ANY, "the order of axes in answers"),
    "misconceptions": (_ANY, "shares for recognised slips, by name"),
    "networks": (_ANY, "networks that a quiz draws once per student"),
    "node": (_WORD, "the layer or scope that is asked about"),
    "of": (_ANY, "the quantity that is divided"),
    "options": (_ANY, "the answers to choose from"),
    "cell": (_ANY, "the cell whose value is asked for, `channel,row,column` from 0, or `map`"),
    "channel": (_ANY, "the channel of a map that is asked for"),
    "numbers": (_ANY, "another number draws other values"),
    "pick": (_ANY, "how the right option, or one solution of several, is found"),
    "points": (_SHARE, "what a right answer earns"),
    "quantity": ({"enum": [*MEASURES, *SYNONYMS, "fits"]}, "what is asked for"),
    "questions": (_ANY, "the questions, in order"),
    "range": (_ANY, "the values that are tried"),
    "rounding": (_ANY, "what to do where a window does not fit exactly"),
    "rows": (_ANY, "the layers of a table, or all"),
    "set": (_MAPPING, "values of the network's parameters"),
    "spec": (_NETWORK, "the network: a name, a file, or a spec"),
    "specs": ({"type": "object", "additionalProperties": {"type": ["string", "object"]}},
              "names for networks"),
    "symbols": (_ANY, "the letters of the formula and what they stand for"),
    "text": (_TEXT, "the question in your own words"),
    "title": (_WORD, "what the assignment is called"),
    "to": (_ANY, "the quantity that it is divided by"),
    "tolerance": (_SHARE, "how far a number may be off"),
    "total": (_FLAG, "whether a table ends in a total"),
    "unit": (_ANY, "the unit of the answer"),
    "unknown": (_ANY, "what is to be found"),
    "variant": (_TEXT, "the variant of the network"),
    "visibility": ({"enum": list(VISIBILITIES)}, "when an autograder shows the marks"),
    "want": (_ANY, "the result that is to be reached"),
    "where": (_TEXTS, "conditions on what is drawn"),
}  # fmt: skip


def assignment_schema() -> Schema:
    """Return the schema (draft 2020-12) of an assignment, or of a template of a quiz."""
    own: dict[str, Schema] = {
        "networks": {"type": "object", "additionalProperties": _closed(SHARED_KEYS)},
        "questions": {"type": "array", "minItems": 1, "items": {"oneOf": _questions()}},
    }
    slips = {name: _SHARE | {"description": slip.says} for name, slip in SLIPS.items()}
    named = {"type": "object", "properties": slips, "additionalProperties": False}
    credit = {**_values(rubric.VALUES), "misconceptions": named}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnncalc assignment",
        **_closed(assignment.KEYS, own),
        "required": ["questions"],
        "$defs": {
            "conventions": _closed(conventions.VALUES, _values(conventions.VALUES)),
            "credit": _closed(rubric.KEYS, credit),
        },
    }


def _closed(keys: Iterable[str], own: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of a mapping with these keys and no others; `own` are schemas of some."""
    properties = {key: described(key, (own or {}).get(key)) for key in keys}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def described(key: str, own: Schema | None = None) -> Schema:
    """Return the schema of a key with what the key means, if it does not say so itself."""
    usual, meaning = _KEYS.get(key, (_ANY, ""))
    schema = usual if own is None else own
    return schema if "description" in schema or not meaning else {**schema, "description": meaning}


def _values(values: Values) -> dict[str, Schema]:
    """Return the schemas of keys with few values, or shares."""
    return {key: _SHARE if one is None else {"enum": list(one)} for key, one in values.items()}


def _questions() -> list[Schema]:
    """Return a schema for every kind of question."""
    found = []
    for kind in QUESTION_TYPES.values():
        one = _closed(dict.fromkeys((*COMMON, *kind.keys)))
        one["properties"]["kind"] = {"const": kind.name, "description": kind.asks}
        found.append({**one, "required": ["id", "kind"]})
    return found
