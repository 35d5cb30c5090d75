"""The JSON Schema takes every spec that cnncalc takes, and finds the slips that editors should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cnncalc.language.library import folder
from cnncalc.report.schema import spec_schema

TRIALS = sorted((Path(__file__).parent / "networks").glob("*.yaml"))
SLIPS = (
    "conv: {out_chanels: 3, kernel_size: 3}", "conv: {out_channels: 3, kernal_size: 3}",
    "conv: {kernel_size: 3}", "conv: {out_channels: -3, kernel_size: 3}", "conv: 3", "conv",
    "conv: {out_channels: 3.5, kernel_size: 3}", "conv: {out_channels: [3], kernel_size: 3}",
    "conv: {out_channels: 3, kernel_size: 3, stride: 0}", "linear", "linear:", "add",
    "conv: {out_channels: 3, kernel_size: 3, bias: 7}", "relu: {nam: a}", "relu: 3",
    "max_pool: {kernel_size: 2, strides: 2}", "batch_norm: {epsilon: 1}", "dropout: 7",
    "aux: {name: x}", "aux", "3", "[relu]", "{conv: {out_channels: 3, kernel_size: 3}, relu: {}}",
)  # fmt: skip
HEADS = (
    "layers: [relu]", "input: 3x8x8", "input: 3x8x8\nlayers: []", "input: 3x8x8\nlayer: [relu]",
    "input: 3x8x8\nlayers: relu", "input: 3x8x8\ninputs: {a: 3x8x8}\nlayers: [relu]",
    "input: 3x8x8\nlayers: [relu]\nrounding: up", "input: 3x8x8\nlayers: [relu]\noutputs: []",
    "input: 3x8x8\nlayers: [relu]\nblocks: {a: {layer: [relu]}}",
    "input: 3x8x8\nlayers: [relu]\npublished: [{quantity: weight, value: 3}]",
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> Any:
    return jsonschema.Draft202012Validator(spec_schema())


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(spec_schema())


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_an_entry_is_found(schema: Any, slip: str) -> None:
    assert not schema.is_valid(yaml.safe_load(f"input: 3x8x8\nlayers:\n  - {slip}\n"))


@pytest.mark.parametrize("head", HEADS)
def test_a_slip_in_a_spec_is_found(schema: Any, head: str) -> None:
    assert not schema.is_valid(yaml.safe_load(head))


@pytest.mark.parametrize(
    "entry",
    ["relu", "relu:", "linear: 10", "linear: width // 2", "max_pool: [2, 1]", "upsample: 2",
     "add: {main: [relu], skip: []}", "add: {from: [a, b]}", "my_block: {channels: 3}", "my_block",
     "conv: {out_channels: width, kernel_size: 3, padding: [[1, 0], [0, 1]], bias: biased}"],
)  # fmt: skip
def test_what_is_right_is_taken(schema: Any, entry: str) -> None:
    head = (
        "input: 3x8x8\nparameters: {width: 8, biased: true}\nblocks: {my_block: {layers: [relu]}}"
    )
    schema.validate(yaml.safe_load(f"{head}\nlayers:\n  - {entry}\noutputs: a\n"))


def test_every_network_is_taken(schema: Any) -> None:
    shipped = sorted(Path(folder()).glob("*.yaml"))
    assert shipped
    assert TRIALS
    for path in (*shipped, *TRIALS):
        schema.validate(yaml.safe_load(path.read_text()))
