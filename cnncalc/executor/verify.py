"""Run a network on random input and hold what happened against what was computed.

This is the one module of the executor that looks at an `Analysis`, and only to compare: nothing
in it reaches the kernels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from cnncalc.analysis.unknown import refuse_opaque
from cnncalc.analysis.walk import Analysis
from cnncalc.diagnostics import SpecError
from cnncalc.executor.checks import Check, NodeProof, Proof
from cnncalc.executor.execution import Executor, Step
from cnncalc.executor.weights import RandomWeights
from cnncalc.executor.workspace import Array
from cnncalc.graph import Graph

Fields = Callable[[], Mapping[int, Check]]
"""What measures receptive fields; its checks are by the index of their node."""


def verify(
    analysis: Analysis,
    seed: int = 0,
    fields: Fields | None = None,
    watch: Callable[[Step], None] | None = None,
) -> Proof:
    """Execute the network of an analysis and compare node by node.

    Weights are random and made when needed, so that a network may be larger than memory; batch
    and type of the numbers (float32 or float64) are the analysis'. `fields` measures receptive
    fields to report along, and its time counts as time of the proof. A layer that cannot be
    executed fails, and so does every node after it. Raises `SpecError` for a layer of the spec's
    own, and nobody knows what it does.
    """
    refuse_opaque(analysis.graph, "it cannot be executed, and nothing proved")
    graph = analysis.graph
    first = len(graph.inputs)
    proofs: list[NodeProof] = []
    begun = time.perf_counter()
    checks = {} if fields is None else fields()

    def compare(step: Step) -> None:
        if step.index >= first:
            proofs.append(proof_of(analysis, step.index, step, checks.get(step.index)))
        if watch is not None:
            watch(step)

    executor = Executor(graph, RandomWeights(graph, seed, analysis.dtype), analysis.dtype)
    error = None
    try:
        executor.run(random_inputs(graph, analysis.batch, seed, analysis.dtype), watch=compare)
    except SpecError as problem:
        error = problem.diagnostics[0].message
    seconds = time.perf_counter() - begun
    for index in range(first + len(proofs), len(graph.nodes)):
        proofs.append(proof_of(analysis, index, None, None, error or "not executed"))
        error = None
    macs = executor.work.macs // analysis.batch
    return Proof(graph.name, graph.variant, tuple(proofs), macs, seconds)


def proof_of(
    analysis: Analysis, index: int, step: Step | None, field: Check | None, error: str | None = None
) -> NodeProof:
    """Put the computed figures of a node beside what its step measured (None: not executed)."""
    figures = analysis.figures(index)
    shape = params = buffers = macs = None
    if step is not None:
        shape = list(step.shape)
        params, buffers = step.params, step.buffers
        # Products are performed for the whole batch; a count that is no multiple must not pass.
        whole, rest = divmod(step.macs, analysis.batch)
        macs = whole if not rest else step.macs / analysis.batch
    return NodeProof(
        index=index,
        name=figures.node.name,
        layer=figures.node.layer.keyword,
        shape=Check(list(figures.output), shape),
        params=Check(figures.params, params),
        buffers=Check(figures.buffers, buffers),
        macs=Check(figures.ops.macs, macs),
        receptive_field=field,
        error=error,
    )


def random_inputs(graph: Graph, batch: int, seed: int, dtype: str) -> list[Array]:
    """A batch of normal numbers for each input of a network, channels first."""
    generator = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    shapes = [graph.nodes[index].layer.output_shape(()) for index in graph.inputs]
    return [generator.standard_normal((batch, *shape), kind) for shape in shapes]
