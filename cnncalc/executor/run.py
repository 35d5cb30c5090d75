"""Run a network on real numbers and real weights."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.executor.execution import Executor, Step
from cnncalc.executor.files import NpzArchive
from cnncalc.executor.initial import declared_arrays
from cnncalc.executor.training import Training
from cnncalc.executor.weights import GivenWeights, given_in_spec
from cnncalc.executor.workspace import Array
from cnncalc.graph import Graph

MOST_PROBLEMS = 40  # that are listed; what is wrong shows in the first of them


@dataclass(frozen=True, slots=True)
class Results:
    """The outputs of a run by the name of their node, each `(batch, C, *spatial)`.

    `not_finite` names the first node whose output holds infinities or NaN, if there is one.
    """

    outputs: dict[str, Array]
    not_finite: str | None = None


def run(
    graph: Graph,
    weights: Mapping[str, Array],
    inputs: Array | Sequence[Array],
    layers: Collection[str] | None = None,
    dtype: str = "float32",
    watch: Callable[[Step], None] | None = None,
    training: Training | None = None,
) -> Results:
    """Run a network and return the outputs of its last layer, or of the named layers.

    `weights` maps `node.array` (such as `conv_1.weight`) to arrays of PyTorch's shapes; kernels
    given in the spec need not be there. `inputs` is one array or one for each input of the
    network, each (C, *spatial) or (batch, C, *spatial). `training` makes it a forward pass of
    training, and holds what layers noted afterwards. Raises `SpecError` that lists every
    missing, unexpected and mis-shaped array, `ValueError` for inputs of another shape, and
    `KeyError` for a layer that there is not.
    """
    check_weights(graph, shapes_of(weights))
    batches = as_batches(graph, inputs, dtype)
    wanted = graph.outputs if layers is None else [graph.index(name) for name in layers]
    not_finite: str | None = None

    def look(step: Step) -> None:
        nonlocal not_finite
        if not_finite is None and not is_finite(step.output):
            not_finite = step.node.name
        if watch is not None:
            watch(step)

    executor = Executor(
        graph, GivenWeights(graph, weights, dtype, keep=False), dtype, training=training
    )
    kept = executor.run(batches, keep=frozenset(wanted), watch=look)
    names = [graph.nodes[i].name for i in wanted] if layers is None else list(layers)
    return Results({name: kept[i] for name, i in zip(names, wanted, strict=True)}, not_finite)


def shapes_of(weights: Mapping[str, Array]) -> Mapping[str, tuple[int, ...]]:
    """The shapes of all arrays, without reading those of a file."""
    if isinstance(weights, NpzArchive):
        return weights.shapes
    return {name: array.shape for name, array in weights.items()}


def check_weights(graph: Graph, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise `SpecError` with every array that is missing, unexpected or of another shape."""
    problems = []
    declared = set()
    for name, node, spec in declared_arrays(graph):
        declared.add(name)
        if name not in shapes:
            if given_in_spec(node, spec) is None:
                problems.append(f"`{name}` is missing: shape {show(spec.shape)}")
        elif tuple(shapes[name]) != spec.shape:
            problems.append(f"`{name}` has shape {show(shapes[name])}, not {show(spec.shape)}")
    problems += [
        f"`{name}` is not an array of this network" for name in sorted(set(shapes) - declared)
    ]
    if problems:
        count = f"{len(problems):,} arrays do" if len(problems) > 1 else "an array does"
        left = len(problems) - MOST_PROBLEMS
        problems[MOST_PROBLEMS:] = [f"and {left:,} more"] if left > 0 else []
        raise SpecError(
            Diagnostic(
                f"the weights do not fit {graph.name}: {count} not match",
                help="`cnncalc weights SPEC -o weights.npz` writes a file that fits",
                notes=tuple(problems),
            )
        )


def show(shape: Sequence[int]) -> str:
    """A shape of an array, as NumPy users read it."""
    return "(" + ", ".join(map(str, shape)) + ")"


def as_batches(graph: Graph, inputs: Array | Sequence[Array], dtype: str) -> list[Array]:
    """The inputs as batches of the right type; raises `ValueError` for another shape."""
    arrays = [inputs] if isinstance(inputs, np.ndarray) else list(inputs)
    if len(arrays) != len(graph.inputs):
        raise ValueError(f"{graph.name} has {len(graph.inputs)} inputs, but got {len(arrays)}")
    batches = []
    for index, array in zip(graph.inputs, arrays, strict=True):
        node = graph.nodes[index]
        shape = node.layer.output_shape(())
        batch = array[None] if array.ndim == len(shape) else array
        if batch.shape[1:] != shape:
            raise ValueError(
                f"the input `{node.name}` is {show(shape)}, but the array is {show(array.shape)}"
            )
        with np.errstate(all="ignore"):  # what becomes infinite is named after the run
            batches.append(batch.astype(dtype))
    if len({len(batch) for batch in batches}) > 1:
        raise ValueError("the inputs have different numbers of samples")
    return batches


def is_finite(array: Array) -> bool:
    """Whether an array holds neither infinities nor NaN."""
    with np.errstate(all="ignore"):
        # A sum is finite if all its terms are, unless it overflows: then look at each.
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())
