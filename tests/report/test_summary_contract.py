"""The JSON of a summary: the contract for programs, and equal to what the library computes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

import cnncalc
from cnncalc.analysis.conventions import CONVENTIONS, convention
from cnncalc.analysis.memory import measure
from cnncalc.analysis.summary import summarize
from cnncalc.analysis.walk import Analysis
from cnncalc.quantities import OPERATIONS
from cnncalc.report.summary_json import summary_json

NETWORKS = ("lenet5_paper", "alexnet", "resnet18", "googlenet", "mobilenet_v3_small")

COUNT = {"type": "integer", "minimum": 0}
UNKNOWN = {"anyOf": [COUNT, {"type": "null"}]}
SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4}
TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}]}
NAMES = {"type": "array", "items": {"type": "string"}}
OPS = {"type": "object", "properties": dict.fromkeys(OPERATIONS, COUNT), "required": [*OPERATIONS],
       "additionalProperties": False}  # fmt: skip
PART = {"params": COUNT, "macs": COUNT, "flops": COUNT}
NODE = {
    "name": {"type": "string"}, "layer": {"type": "string"}, "scope": NAMES, "from": NAMES,
    "fields": {"type": "object"}, "inputs": {"type": "array", "items": SHAPE}, "output": SHAPE,
    "params": COUNT, "trainable": COUNT, "buffers": COUNT, "macs": COUNT, "flops": COUNT,
    "ops": OPS, "activation_bytes": COUNT, "aux": {"type": "boolean"}, "line": UNKNOWN,
    "shares": TEXT, "connections": UNKNOWN, "activations": COUNT,
    "receptive_field": {"type": "object"},
    "weights": {"type": "array", "items": {"type": "object", "required": ["name", "shape"]}},
}  # fmt: skip
TOTALS = {
    **PART, "trainable": COUNT, "buffers": COUNT, "ops": OPS,
    "aux": {"type": "object", "properties": PART, "required": [*PART]},
    "with_aux": {"type": "object", "properties": PART, "required": [*PART]},
    "activations": COUNT, "weight_bytes": COUNT, "activation_bytes": COUNT, "peak_bytes": COUNT,
    "peak_node": {"type": "string"}, "depth": COUNT,
}  # fmt: skip
WARNING = {
    "code": TEXT, "file": TEXT, "line": UNKNOWN, "column": UNKNOWN, "message": {"type": "string"},
    "help": TEXT, "node": TEXT,
}  # fmt: skip


def listed(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list of objects that have all these properties and may have more."""
    item = {"type": "object", "properties": properties, "required": [*properties]}
    return {"type": "array", "items": item}


SUMMARY = {
    "schema": {"const": "cnncalc.summary/1"},
    "name": {"type": "string"},
    "variant": TEXT,
    "inputs": {"type": "object", "additionalProperties": SHAPE, "minProperties": 1},
    "batch": {"type": "integer", "minimum": 1},
    "dtype": {"enum": ["float64", "float32", "float16", "bfloat16", "int8"]},
    "convention": {"enum": [*CONVENTIONS]},
    "nodes": listed(NODE),
    "totals": {"type": "object", "properties": TOTALS, "required": [*TOTALS]},
    "warnings": listed(WARNING),
}
CONTRACT = {"type": "object", "properties": SUMMARY, "required": [*SUMMARY]}


@cache
def analysis(name: str) -> Analysis:
    return cnncalc.analyze(cnncalc.load(name), batch=3, dtype="float16")


@cache
def summary(name: str, counting: str = "default") -> dict[str, Any]:
    found = analysis(name)
    result = json.loads(summary_json(summarize(found, convention(counting))))
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize("name", NETWORKS)
class TestContract:
    def test_it_is_valid(self, name: str) -> None:
        jsonschema.validate(summary(name), CONTRACT)

    def test_nodes_are_the_rows(self, name: str) -> None:
        for node, row in zip(summary(name)["nodes"], analysis(name).rows(), strict=True):
            assert node["name"] == row.node.name
            assert node["output"] == list(row.output)
            assert node["inputs"] == [list(shape) for shape in row.inputs]
            assert (node["params"], node["macs"]) == (row.params, row.ops.macs)
            assert node["ops"] == row.ops.as_dict()
            assert node["activation_bytes"] == row.elements * 3 * 2
            assert node["scope"] == node["name"].split("/")[:-1]

    def test_nodes_sum_to_the_totals(self, name: str) -> None:
        nodes, totals = summary(name)["nodes"], summary(name)["totals"]
        for key in ("params", "macs", "flops", "buffers"):
            for aux, part in ((False, totals), (True, totals["aux"])):
                assert sum(n[key] for n in nodes if n["aux"] is aux) == part[key]
            assert totals["with_aux"][key] == totals[key] + totals["aux"][key]
        main = [node for node in nodes if not node["aux"]]
        for key in OPERATIONS:
            assert sum(node["ops"][key] for node in main) == totals["ops"][key]
        assert sum(node["activation_bytes"] for node in main) == totals["activation_bytes"]

    def test_memory_is_as_measured(self, name: str) -> None:
        totals, memory = summary(name)["totals"], measure(analysis(name))
        assert totals["peak_bytes"] == memory.peak
        assert totals["peak_node"] == memory.peak_node
        assert totals["weight_bytes"] == memory.weights == totals["params"] * 2

    @pytest.mark.parametrize("counting", ["macs", "2macs"])
    def test_flops_are_the_conventions(self, name: str, counting: str) -> None:
        factor = {"macs": 1, "2macs": 2}[counting]
        if name == "lenet5_paper":
            pytest.skip("counts what has no multiply-accumulates")
        totals = summary(name, counting)["totals"]
        assert totals["flops"] == factor * totals["macs"]
        assert summary(name, counting)["convention"] == counting


def test_fields_are_those_of_the_spec() -> None:
    node = next(n for n in summary("alexnet")["nodes"] if n["name"] == "conv2")
    assert node["fields"]["kernel_size"] == 5
    assert node["fields"]["groups"] == 2
    assert node["fields"]["connections"] is None
    assert node["from"] == ["pool1"]
    assert node["weights"] == [
        {"name": "weight", "shape": [256, 48, 5, 5], "trainable": True},
        {"name": "bias", "shape": [256], "trainable": True},
    ]


def test_shared_weights_say_whose() -> None:
    text = "input: 4x5x5\nlayers:\n  - conv: {name: a, out_channels: 4, kernel_size: 1}\n"
    text += "  - conv: {share: a, out_channels: 4, kernel_size: 1}\n"
    found = cnncalc.analyze(cnncalc.loads(text))
    first, second = json.loads(summary_json(summarize(found)))["nodes"]
    assert (first["params"], first["shares"]) == (20, None)
    assert (second["params"], second["shares"], second["macs"]) == (0, "a", 400)
