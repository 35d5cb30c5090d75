"""A JSON Schema of the spec language, generated from the layer classes.

An editor checks a spec while it is typed, with what can be seen without computing: keys, values,
words, and the names of layers. A spec without `blocks` and `parameters` has no names of its own,
so there an unknown one is a fault too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.geometry import MAX_LENGTH
from cnncalc.graph import SEEN_AS
from cnncalc.language.axis_order import LAYOUTS
from cnncalc.language.compiler import BRANCH_KEYS, GROUP_KEYS, SEQUENCES
from cnncalc.language.inputs import MAX_AXES
from cnncalc.language.names import LONGEST_NAME
from cnncalc.language.parameters import RESERVED
from cnncalc.language.published import FACT_KEYS, QUANTITIES
from cnncalc.layers import LAYERS, layer_class
from cnncalc.layers.options import ROUNDINGS
from cnncalc.quantities import DTYPE_BITS
from cnncalc.report.schema_fields import PLAIN_NAMES, expression, field_schema, integer

if TYPE_CHECKING:
    Schema = dict[str, Any]

NAME: Schema = {"type": "string", "pattern": "^[^/\\s]+$", "maxLength": LONGEST_NAME}
LIST_OF_NAMES: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1}
NAMES: Schema = {"anyOf": [{"type": "string", "minLength": 1}, LIST_OF_NAMES]}
#: The entries of `layers` that are no layers.
OTHERS = (*SEQUENCES, "layer", "network")
BLOCK_NAME: Schema = {**NAME, "not": {"enum": [*LAYERS, *OTHERS, "input"]}}


class Dialect:
    """The definitions of a spec that has names of its own, or (`plain`) of one that has none."""

    def __init__(self, plain: bool) -> None:
        self.plain = plain
        self.prefix = "plain_" if plain else ""
        self.expression = self.ref("expression")
        self.entries: Schema = {
            "type": "array",
            "items": self.ref("entry"),
            "description": "layers, one after the other",
        }

    def ref(self, name: str) -> Schema:
        """Return a reference to a definition of this dialect."""
        return {"$ref": f"#/$defs/{self.prefix}{name}"}

    def definitions(self) -> Schema:
        """Return all definitions, by their names."""
        found: Schema = {
            "expression": expression(PLAIN_NAMES if self.plain else None),
            "integer": integer(0, self.expression),
            "entry": self.entry(),
            "branch": self.branch(),
            **{f"layer_{keyword}": self.layer(keyword) for keyword in LAYERS},
        }
        return {f"{self.prefix}{name}": schema for name, schema in found.items()}

    def network_parts(self) -> Schema:
        """Return the keys at the top of a spec that may hold names: its inputs and layers."""
        shape = shape_schema(self.expression)
        several: Schema = {
            "type": "object",
            "minProperties": 1,
            "propertyNames": NAME,
            "additionalProperties": shape,
            "description": "several inputs, each with its name and shape",
        }
        return {"input": shape, "inputs": several, "layers": {**self.entries, "minItems": 1}}

    def generic(self) -> Schema:
        """Return the schemas of the keys that any entry may have."""
        condition: Schema = {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, self.expression]}
        described = {
            "name": (NAME, "the last part of the layer's path"),
            "from": (NAMES, "read this earlier layer instead of the one before"),
            "repeat": (self.ref("integer"), "how many copies in a row"),
            "share": ({"type": "string"}, "use the weights of this earlier layer"),
            "if": (condition, "leave out if false"),
            "trainable": (condition, "whether its weights are trained, or of all layers within"),
            "dtype": (
                {"anyOf": [{"enum": list(DTYPE_BITS)}, self.expression]},
                "the type of its weights and output in memory",
            ),
            "seen_as": ({"enum": list(SEEN_AS)}, "for other tools' conventions"),
        }
        return {key: {**schema, "description": says} for key, (schema, says) in described.items()}

    def group(self, *keys: str) -> Schema:
        """Return what a group may hold: some of the generic keys, and its layers."""
        properties = {**{key: self.generic()[key] for key in keys}, "layers": self.entries}
        return {**closed(properties, "layers"), "description": "several layers under one key"}

    def branch(self) -> Schema:
        """Return what a branch may be: layers, or layers under a condition."""
        group = closed({"group": self.group(*GROUP_KEYS)}, "group")
        branch = self.group(*BRANCH_KEYS)
        del branch["required"]
        branch["anyOf"] = [{"required": ["layers"]}, {"required": ["from"]}]
        return {
            "anyOf": [self.entries, branch, group],
            "description": "one branch: its layers in order; none is the input itself",
        }

    def layer(self, keyword: str) -> Schema:
        """Return what may stand after a layer's keyword."""
        fields = layer_class(keyword).fields()
        says = layer_class(keyword).documentation()["Summary"]
        own = {name: field_schema(spec, self.expression) for name, spec in fields.items()}
        if is_merge(keyword):
            return {
                "type": "object",
                "minProperties": 1,
                "properties": {**own, **self.generic()},
                "propertyNames": NAME,
                "additionalProperties": self.ref("branch"),
                "description": says,
            }
        required = [name for name, spec in fields.items() if spec.required]
        either = [closed({**own, **self.generic()}, *required)]
        if not required:
            either.append({"type": "null"})
        first = next(iter(fields), None)
        if first is not None and required in ([], [first]):
            either.append(own[first])
        return {"anyOf": either, "description": says}

    def network(self) -> Schema:
        """Return what may be said of another spec that stands as a block."""
        own: Schema = {
            "spec": {"type": "string", "description": "a built-in name, or a file beside this one"},
            "set": {"type": "object", "description": "its parameters"},
            "until": {"type": "string", "description": "the last layer or scope that is taken"},
        }
        whole = closed({**own, **self.generic()}, "spec")
        return {"anyOf": [{"type": "string"}, whole], "description": "another spec as a block"}

    def entry(self) -> Schema:
        """Return what an entry of `layers` may be: a word, or one keyword with its value."""
        keys: Schema = {key: self.generic()[key] for key in ("name", "from", "if")}
        aux = closed({**keys, "layers": self.entries}, "layers")
        named: Schema = {"type": "object", "required": ["is"]}
        properties: Schema = {
            **{keyword: self.ref(f"layer_{keyword}") for keyword in LAYERS},
            "aux": {**aux, "description": "a side head; the main path goes on where it was"},
            "group": self.group(*GROUP_KEYS),
            "layer": {**named, "description": "a layer whose name is a parameter"},
            "network": self.network(),
        }
        needy = [
            k
            for k in LAYERS
            if is_merge(k) or any(s.required for s in layer_class(k).fields().values())
        ]
        alone = [keyword for keyword in LAYERS if keyword not in needy]
        word: Schema = {"enum": alone} if self.plain else {"not": {"enum": [*needy, *OTHERS]}}
        mapping: Schema = {"minProperties": 1, "maxProperties": 1, "properties": properties}
        if self.plain:
            mapping["additionalProperties"] = False
        return {
            "anyOf": [{"type": "string", **word}, {"type": "object", **mapping}],
            "description": "a layer or a block, alone or with its fields",
        }


def closed(properties: Schema, *required: str) -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def is_merge(keyword: str) -> bool:
    """Return whether a layer joins branches."""
    return layer_class(keyword).arity is None


def shape_schema(expressions: Schema) -> Schema:
    """Return the schema of an input's shape."""
    length: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_LENGTH}
    several: Schema = {
        "type": "array",
        "items": {"anyOf": [length, expressions]},
        "minItems": 1,
        "maxItems": MAX_AXES + 1,
    }
    written: Schema = {
        "type": "string",
        "pattern": rf"^\s*[1-9][0-9]{{0,9}}(\s*[xX×]\s*[1-9][0-9]{{0,9}}){{0,{MAX_AXES}}}\s*$",
    }
    either = [length, several, written, expressions]
    says = "channels x height x width, such as 3x224x224, or a list"
    return {"anyOf": either, "description": says}


def head() -> Schema:
    """Return the schemas of the keys at the top of a spec that hold no layers."""
    text: Schema = {"type": ["string", "number"]}
    facts: Schema = {key: {} for key in FACT_KEYS}
    facts["quantity"] = {"enum": list(QUANTITIES), "description": "what the figure counts"}
    described = {
        "name": (text, "the network's name"),
        "source": (text, "the paper or the code that it is described from"),
        "year": ({"type": "integer"}, "when that was published"),
        "description": (text, "what it is, in a sentence"),
        "layout": ({"enum": list(LAYOUTS)}, "the order in which shapes are written"),
        "parameters": (parameters(), "values that `--set` and variants change"),
        "variants": (
            {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
            "networks of the family: the parameters that each changes",
        ),
        "blocks": (
            {"type": "object", "propertyNames": BLOCK_NAME, "additionalProperties": block()},
            "layers under one name, with parameters of their own",
        ),
        "outputs": (NAMES, "the layers that are outputs; without it, the last one"),
        "rounding": ({"enum": list(ROUNDINGS)}, "what to do where a window does not fit exactly"),
        "published": (
            {"type": "array", "items": closed(facts, "quantity", "value")},
            "figures of the source, which `cnncalc check` compares",
        ),
    }  # fmt: skip
    return {key: {**schema, "description": says} for key, (schema, says) in described.items()}


def parameters() -> Schema:
    """Return the schema of a mapping of parameters."""
    return {
        "type": "object",
        "propertyNames": {"pattern": r"^[^\W\d]\w*$", "not": {"enum": list(RESERVED)}},
        "additionalProperties": {"not": {"type": "object"}},
    }


def block() -> Schema:
    """Return the schema of a block."""
    says = {"type": "string", "description": "what the block is"}
    inside: Schema = {
        "parameters": {**parameters(), "description": "what a call gives; a value is the default"},
        "layers": Dialect(False).entries,
        "inputs": {**NAMES, "description": "the names of several inputs"},
        "outputs": {**NAMES, "description": "the names of several outputs"},
        "description": says,
    }
    return closed(inside, "layers")


def spec_schema() -> Schema:
    """Return the JSON Schema of a whole spec."""
    own, plain = Dialect(False), Dialect(True)
    names = {"anyOf": [{"required": ["blocks"]}, {"required": ["parameters"]}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnncalc architecture spec",
        "description": "a convolutional network, layer by layer",
        "type": "object",
        "properties": {**head(), **{key: {} for key in own.network_parts()}},
        "required": ["layers"],
        "oneOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "if": names,
        "then": {"properties": own.network_parts()},
        "else": {"properties": plain.network_parts()},
        "additionalProperties": False,
        "$defs": {**own.definitions(), **plain.definitions()},
    }
