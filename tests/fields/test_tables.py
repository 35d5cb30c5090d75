"""Tables of what units read, against the exact trace of single units."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.fields.tables import unit_tables

SMALL = ["lenet5", "resnet20_cifar", "googlenet", "shufflenet_v2_x0_5", "mobilenet_v2",
         "densenet121", "inception_v3"]  # fmt: skip
ODD = """
input: 4x19x23
layers:
  - conv: {name: a, out_channels: 4, kernel_size: 3, stride: 2, padding: 3}
  - max_pool: {name: p, kernel_size: 3, stride: 2, ceil_mode: true}
  - conv: {name: d, out_channels: 4, kernel_size: 3, dilation: 2, padding: 2, padding_mode: reflect}
  - upsample: {name: u, scale_factor: 2}
  - conv_transpose: {name: t, out_channels: 6, kernel_size: 3, stride: 2}
  - slice: {name: s, start: 2, stop: 4}
  - adaptive_avg_pool: {name: q, output_size: 5}
  - concat: {name: c, from: [q, q]}
"""


@pytest.mark.parametrize("name", [*SMALL, "odd"])
def test_they_say_what_the_trace_of_a_unit_says(name: str) -> None:
    graph = cnncalc.loads(ODD) if name == "odd" else cnncalc.load(name)
    fields = cnncalc.receptive_field(graph)
    tables = unit_tables(fields)
    compared = 0
    for index, table in enumerate(tables):
        if table is None:
            continue
        lengths = fields.analysis.facts[index].output[1:]
        assert tuple(map(len, table.axes)) == lengths
        if len(tables) > 60 and index % 9:
            continue
        for unit in {(0, 0), tuple(n // 2 for n in lengths), tuple(n - 1 for n in lengths)}:
            found = [axis[u] for axis, u in zip(table.axes, unit, strict=True)]
            expected = fields.unit(index, unit).clipped
            assert (None if None in found else tuple(found)) == expected, (index, unit)
            compared += 1
    assert compared > 10


def test_what_it_cannot_say_it_leaves_out() -> None:
    spec = """
input: 2x8x8
layers:
  - conv: {name: wide, out_channels: 2, kernel_size: 5, padding: 2}
  - concat: {name: both, from: [input, wide]}
  - slice: {name: half, start: 0, stop: 2}
  - global_avg_pool
  - flatten
  - linear: 2
"""
    graph = cnncalc.loads(spec)
    tables = unit_tables(cnncalc.receptive_field(graph))
    found = {node.name: table for node, table in zip(graph.nodes, tables, strict=True)}
    assert found["both"] is not None
    assert not found["both"].uniform
    assert found["half"] is None  # it reads what `input` reads, not what `wide` does
    assert found["linear_1"] is None
