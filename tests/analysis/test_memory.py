"""Memory against a plain simulation: what is alive at each moment, counted from scratch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import specs

import cnncalc
from cnncalc.analysis.memory import measure, peak_elements
from cnncalc.analysis.walk import Analysis


def simulated(analysis: Analysis, in_place: bool = False) -> tuple[int, int]:
    """Return the peak and the first node that reaches it.

    Every array is held from the moment it is made until its last reader, or the last reader of
    one of its views, is done; outputs are held to the end. Heads for training do not run. With
    `in_place` an activation writes over an array that nobody else will read.
    """
    graph, end = analysis.graph, len(analysis.graph.nodes)
    runs = [i for i in range(end) if not graph.nodes[i].aux]
    storage: dict[int, int] = {}

    def needed_after(now: int, held: int) -> bool:
        members = {i for i, own in storage.items() if own == held}
        later = (i for i in runs if i > now)
        return bool(members & set(graph.outputs)) or any(
            members & set(graph.nodes[i].inputs) for i in later
        )

    for i in runs:
        node = graph.nodes[i]
        source = storage[node.inputs[0]] if node.inputs else i
        free = in_place and node.layer.in_place and not needed_after(i, source)
        storage[i] = source if node.layer.is_view or free else i
    until = dict.fromkeys(storage.values(), 0)
    for i in runs:
        for held in [storage[i], *[storage[source] for source in graph.nodes[i].inputs]]:
            until[held] = max(until[held], i)
    for output in graph.outputs:
        until[storage[output]] = end
    best = (0, 0)
    for now in runs:
        alive = [a for a in until if a <= now <= until[a]]
        size = sum(analysis.facts[a].elements for a in alive)
        if size > best[0]:
            best = size, now
    return best


@given(specs(), st.booleans())
def test_the_peak_is_the_most_that_is_alive_at_any_moment(text: str, in_place: bool) -> None:
    analysis = cnncalc.analyze(cnncalc.loads(text))
    assert peak_elements(analysis, in_place) == simulated(analysis, in_place)


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet50", "densenet121"])
def test_the_peak_of_real_networks(name: str) -> None:
    analysis = cnncalc.analyze(cnncalc.load(name))
    assert peak_elements(analysis) == simulated(analysis)


@given(specs(), st.integers(1, 9), st.sampled_from(["float64", "float32", "float16", "int8"]))
def test_bytes_are_elements_by_batch_and_type(text: str, batch: int, dtype: str) -> None:
    graph = cnncalc.loads(text)
    one = measure(cnncalc.analyze(graph, 1, "int8"))
    many = cnncalc.analyze(graph, batch, dtype)
    scaled, item = measure(many), many.itemsize
    assert scaled.weights == one.weights * item
    assert scaled.buffers == one.buffers * item
    assert scaled.input == one.input * item * batch
    assert scaled.activations == one.activations * item * batch
    assert scaled.peak == one.peak * item * batch
    assert scaled.peak_node == one.peak_node
    totals = many.totals()
    kept = totals.params * 4 + totals.buffers + (totals.activations + 48) * batch
    assert scaled.training == kept * item


@given(specs())
def test_overwriting_never_needs_more(text: str) -> None:
    analysis = cnncalc.analyze(cnncalc.loads(text))
    assert peak_elements(analysis, in_place=True)[0] <= peak_elements(analysis)[0]


def test_a_chain_of_activations_in_place_needs_one_array() -> None:
    text = "input: 2x4x4\nlayers: [relu, batch_norm, sigmoid, tanh]"
    analysis = cnncalc.analyze(cnncalc.loads(text))
    assert peak_elements(analysis)[0] == 64
    assert peak_elements(analysis, in_place=True) == (32, 0)


def test_an_array_that_is_read_again_is_not_overwritten() -> None:
    text = "input: 2x4x4\nlayers: [add: {a: [relu], b: []}]"
    analysis = cnncalc.analyze(cnncalc.loads(text))
    assert peak_elements(analysis, in_place=True)[0] == 96


def test_alexnets_memory_by_hand() -> None:
    memory = measure(cnncalc.analyze(cnncalc.load("alexnet"), batch=2))
    assert memory.weights == 60_965_224 * 4
    assert memory.input == 2 * 3 * 227 * 227 * 4
    # conv1's output and that of relu_1 are both alive, nothing else is.
    assert memory.peak == 2 * 2 * 96 * 55 * 55 * 4
    assert memory.peak_node == "relu_1"
