"""The JSON Schema gives the tool's verdict on every bad spec whose fault can be seen uncomputed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from bad_spec import expectations
from each import each

import cnncalc
from cnncalc.grading.assignment import assignment_schema
from cnncalc.report.schema import spec_schema
from cnncalc.search.schema import search_schema

FILES = sorted((Path(__file__).parents[1] / "bad_specs").glob("*/*.yaml"))
#: Faults that no schema sees: of names declared elsewhere, of values that must be computed, of
#: shapes, and of the text, before it is a tree of plain values.
UNSEEN = (
    "is not a known name", "declared further down", "computed from itself", "no parameter",
    "has no parameters", "no earlier layer", "the network has no node", "variant of this spec",
    "no layer or block named `residaul`", "is taken already", "is given twice", "needs `channels`",
    "nested more than", "more than 150,000 layers", "division by zero", r"not (0|null|same|-1)$",
    r"not 21\.3", r"not \[[34], ", "one argument", "no function", "`for` where",
    "positive integer", r"where `\]`", r"`\]` where",
    "item's number", r"result of `.*` is", "where `else`", "only a list has items",
    "there is no item", "where `\\)`", "needs a list", "needs numbers", "whole exponent",
    "operator should stand", "never closed", "is not a number", "`TRUE`", "contradicts",
    "exclude each other", "numbers are finite", "begins with a zero", "stands in square brackets",
    "must be smaller than", "spatial ax", "more than half", "one input, not several",
    "shares the weights", "cannot combine", "equal spatial sizes", "has no axis", "with branches",
    "do not divide", "connection table", "flat vector", "leaves nothing", "does not fit",
    "a window of", "given kernel", "3x3 kernel", "slopes for", "longer than", "takes nothing",
    "fit exactly", "not allowed in a spec", "YAML tags",
)  # fmt: skip


class Loader(yaml.SafeLoader):
    """Reads plain words as YAML 1.2 does, which editors follow: `on` is a word, 1e-5 a number."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for kind, pattern, first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(nan|inf)", "-+.0123456789"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^({pattern})$"), first)
Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


@cache
def schema() -> Any:
    return jsonschema.Draft202012Validator(spec_schema())


def refused(text: str) -> bool:
    try:
        return not schema().is_valid(yaml.load(text, Loader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return True  # an editor says so before it asks the schema


@each("path", FILES)
def test_what_the_tool_refuses_the_schema_refuses(path: Path) -> None:
    text = path.read_bytes().decode()
    messages = [error.message for error in expectations(text)]
    unseen = all(any(re.search(words, said) for words in UNSEEN) for said in messages)
    assert refused(text) or unseen, messages


def test_many_faults_are_seen() -> None:
    assert sum(refused(path.read_bytes().decode()) for path in FILES) >= 200


@pytest.mark.parametrize(
    "entry",
    ["conv2d: {out_channels: 3, kernel_size: 3}", "Conv2d", "relu6x", "input",
     "conv: {out_channels: 3, kernel_size: 3, padding: Same}",
     "conv: {out_channels: 3, kernel_size: 3, padding: smae}",
     "conv: {out_channels: many, kernel_size: 3}", "conv: {out_channels: 3, kernel_size: 3x3}"],
)  # fmt: skip
def test_slips_are_seen_where_a_spec_has_no_names_of_its_own(entry: str) -> None:
    text = f"input: 3x8x8\nlayers:\n  - {entry}\n"
    assert refused(text)
    with pytest.raises(cnncalc.SpecError):
        cnncalc.loads(text)


@pytest.mark.parametrize(
    "text",
    ["input: 3x8x8\nparameters: {word: same}\nlayers:\n"
     "  - conv: {out_channels: 3, kernel_size: 3, padding: word}",
     "input: [3, 8, 8]\nlayers:\n  - conv: {out_channels: in_channels * 2, kernel_size: [3, 1]}",
     "input: 3x8x8\nblocks: {conv2d: {layers: [relu]}}\nlayers: [conv2d]"],
)  # fmt: skip
def test_names_of_a_specs_own_are_taken(text: str) -> None:
    assert not refused(text)
    cnncalc.loads(text)


@pytest.mark.parametrize("made", [spec_schema, assignment_schema, search_schema])
def test_every_key_is_described(made: Any) -> None:
    bare = [name for name, one in keys(made()) if "description" not in one and "$ref" not in one]
    assert bare == []


def keys(schema: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return every key that a schema names, with its own schema."""
    if isinstance(schema, list):
        return [pair for item in schema for pair in keys(item)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("properties", {})
    found = [(name, one) for name, one in own.items() if one]
    return found + [pair for item in schema.values() for pair in keys(item)]


def test_search_files_are_judged_as_the_tool_judges_them() -> None:
    search = jsonschema.Draft202012Validator(search_schema())
    jsonschema.Draft202012Validator.check_schema(search_schema())
    shipped = sorted((Path(cnncalc.__file__).parents[1] / "architectures" / "searches").glob("*"))
    assert shipped
    for path in shipped:
        search.validate(yaml.load(path.read_text(encoding="utf-8"), Loader))
    for text in ("spec: a\nvary: {w: 1..3}", "where: params < 5M", "spec: a\nsample: {n: 3}",
                 "spec: a\nspace: {}", "spec: a\nbatch: 0", "spec: a\nrounding: up"):  # fmt: skip
        assert not search.is_valid(yaml.load(text, Loader)), text
