"""Where the products of a step of training come from: the forward pass, and its gradients."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.analysis.training import Gradients, gradients, step
from cnncalc.analysis.walk import Analysis
from cnncalc.teaching.derivation import Derivation, Line, Section
from cnncalc.teaching.parameters import NOT_KNOWN

NAME = "training"


def training_sections(analysis: Analysis) -> Callable[[int], Section]:
    """Return a function from a node's index to the section on a step of training there."""
    found = gradients(analysis)
    return lambda index: section(analysis, index, found[index])


def section(analysis: Analysis, index: int, gradient: Gradients) -> Section:
    """Return what a step of training multiplies at one node, and why."""
    cost = step(analysis, index, gradient).macs
    if cost is None:
        return Section(NAME, "not known", None, (NOT_KNOWN,))
    macs = analysis.facts[index].ops.macs
    if not macs:
        return Section(NAME, "0", 0, ("0: no products are summed here",))
    parts = " + ".join(["1"] * (cost // macs))
    formula = f"MACs*({parts})" if cost > macs else "MACs"
    line: Line = Derivation(
        "training", formula, {"MACs": macs}, cost, "products of a step", reasons(gradient)
    )
    return Section(NAME, f"{cost:,}", cost, (line,))


def reasons(gradient: Gradients) -> str:
    """Return in words what a step computes at a node."""
    done = ["forward"]
    if gradient.weights:
        done.append("the gradient for the weights")
    if gradient.inputs:
        done.append("the gradient for the input")
    left = []
    if not gradient.weights:
        left.append("the weights are not trained")
    if not gradient.inputs:
        left.append("nothing before it is trained")
    return ", ".join(done) + ("; " + ", ".join(left) if left else "")
