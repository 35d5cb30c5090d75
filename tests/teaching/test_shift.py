"""Equivariance as it is measured: what theory says of padding, stride and weights of one's own."""

from __future__ import annotations

import json

import pytest

import cnncalc
from cnncalc.cli import run
from cnncalc.teaching.shift import EXACT, INTERIOR, MULTIPLES, NONE, measure


def moved(layers, shift=(1, 0), size="2x14x12"):
    graph = cnncalc.loads(f"input: {size}\nlayers:\n" + "".join(f"  - {x}\n" for x in layers))
    return measure(cnncalc.analyze(graph), shift).nodes


@pytest.mark.parametrize("shift", [(1, 0), (0, -3), (2, 5)])
def test_without_padding_and_with_wrapping_it_is_exact(shift):
    valid = "conv: {out_channels: 3, kernel_size: 3}"
    around = "conv: {out_channels: 3, kernel_size: 5, padding: 2, padding_mode: circular}"
    for node in moved([valid, "relu", around, "batch_norm"], shift)[:2]:
        assert (node.commutes, node.units) == (EXACT, shift)
    assert all(node.commutes == EXACT for node in moved([around, "relu"], shift))


def test_padding_shows_at_the_border_and_grows_with_depth():
    same = "conv: {out_channels: 3, kernel_size: 3, padding: 1}"
    first, second = moved([same, same], (1, 1))
    assert first.commutes == second.commutes == INTERIOR
    assert max(map(max, first.border)) == 1
    assert max(map(max, second.border)) == 2


def test_a_stride_follows_multiples_of_its_jump_only():
    halved = moved(["{max_pool: 2}"], (1, 0))[0]
    assert (halved.commutes, halved.multiples_of, halved.then) == (MULTIPLES, (2, 2), EXACT)
    whole = moved(["{max_pool: 2}"], (4, 2))[0]
    assert (whole.commutes, whole.units) == (EXACT, (2, 1))
    back = moved(["{max_pool: 2}", "{upsample: 2}"], (2, 0))[1]
    assert (back.commutes, back.units) == (EXACT, (2, 0))


def test_weights_of_every_place_do_not_commute():
    own = "locally_connected: {out_channels: 2, kernel_size: 3}"
    assert moved([own])[0].commutes == NONE
    nodes = moved(["conv: {out_channels: 2, kernel_size: 3}", "flatten", "{linear: 4}"])
    assert [node.commutes for node in nodes] == [EXACT, NONE, NONE]


def test_global_pooling_after_wrapping_changes_nothing():
    around = "conv: {out_channels: 3, kernel_size: 3, padding: 1, padding_mode: circular}"
    assert moved([around, "global_avg_pool", "flatten", "{linear: 4}"])[-1].commutes == EXACT


@pytest.mark.parametrize("shift", ["0,0", "1", "a,b", "40,0"])
def test_shifts_that_cannot_be_made(shift, capsys):
    assert run(["verify", "lenet5", "--shift", shift]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_the_command(capsys):
    assert run(["verify", "lenet5", "--shift", "4,0", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [node["commutes"] for node in found["nodes"][:6]] == [EXACT] * 6
    assert found["nodes"][5]["units"] == [1, 0]
