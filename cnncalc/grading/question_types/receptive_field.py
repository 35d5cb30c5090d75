"""What is right about a receptive field: as `cnncalc.fields` computes it."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.fields.forward import forward
from cnncalc.fields.node_fields import node_fields
from cnncalc.grading.model import Network
from cnncalc.grading.question_types.numbers import NumberTruth
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.quantities import show_shape

if TYPE_CHECKING:
    from cnncalc.fields.result import NodeField
    from cnncalc.language.tree import Node

_OTHER = "ask about another node"


def field_truth(network: Network, index: int, place: Node) -> ShapeTruth:
    """Return the field of a node's units on the input, per axis, padding included.

    Raises SpecError at `place`, with the reason, where the units have no field in common.
    """
    found = [
        _truth(seen, shape, place)
        for seen, shape in _seen(network, index)
        if seen.depends
    ]  # fmt: skip
    if not found:
        raise _refused(place, "this node does not depend on the input", _OTHER)
    if len(set(found)) > 1:
        raise _refused(place, "the receptive fields on the inputs differ", _OTHER)
    return found[0]


def jump_truth(network: Network, index: int, place: Node) -> NumberTruth:
    """Return how many pixels neighbouring units of a node are apart."""
    return _along_axes(network, index, place, "jump")


def start_truth(network: Network, index: int, place: Node) -> NumberTruth:
    """Return where the field of a node's first unit begins; negative in the padding."""
    return _along_axes(network, index, place, "start")


def _along_axes(network: Network, index: int, place: Node, name: str) -> NumberTruth:
    found: set[int | None] = set()
    for seen, _ in _seen(network, index):
        for axis in (seen.axes or ()) if seen.depends else ():
            found.add(getattr(axis, name))
    if len(found) != 1 or None in found:
        raise _refused(place, f"the {name} has no single value here", _OTHER)
    return NumberTruth(Fraction(found.pop() or 0))


def _seen(network: Network, index: int) -> list[tuple[NodeField, tuple[int, ...]]]:
    """Return the field of a node on every input of the network, with the input's shape."""
    return [(nodes[index], shape) for nodes, shape in _fields(network)]


@lru_cache(maxsize=16)
def _fields(network: Network) -> list[tuple[tuple[NodeField, ...], tuple[int, ...]]]:
    """Return the fields of all nodes on every input of a network, with the input's shape."""
    graph = network.graph
    shapes = [shape or () for shape in network.right.shapes]
    return [
        (tuple(node_fields(graph, shapes, one, forward(graph, shapes, one))), shapes[one])
        for one in graph.inputs
    ]


def _truth(seen: NodeField, shape: tuple[int, ...], place: Node) -> ShapeTruth:
    channels, *pixels = shape
    if not pixels:
        raise _refused(place, "the input is a flat vector without pixels", "ask for its `fan_in`")
    if seen.without is not None:
        rest = show_shape(tuple([axis.size or 0 for axis in seen.without]))
        what = f"a side path sees the whole input, the others see {rest}: two answers are right"
        raise _refused(place, what, _OTHER)
    if seen.axes is None:
        return ShapeTruth(tuple(pixels), True, True, True, channels)
    for axis in seen.axes:
        if axis.size is None or axis.smallest is None:
            raise _refused(place, f"the receptive field is not known: {axis.reason}", _OTHER)
        if axis.size != axis.smallest:
            what = f"the receptive field differs from unit to unit: {axis.smallest} to {axis.size}"
            raise _refused(place, what + " pixels", _OTHER)
    return ShapeTruth(tuple([axis.size or 0 for axis in seen.axes]), True, True, False, channels)


def _refused(place: Node, message: str, help: str) -> SpecError:
    return SpecError(Diagnostic(message, place.span, help))
