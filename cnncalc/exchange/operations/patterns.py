"""Operations that several nodes of ONNX spell out: found and replaced before anything is read.

An exporter writes `x * sigmoid(x)`, or the five steps of a GELU. A pattern looks at a node and at
what made its inputs, and returns the one operation that they are together.
"""

from __future__ import annotations

from math import isclose, sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from cnncalc.exchange.operations.values import Constant

    Pattern = Callable[["Step", "Steps"], "Step | None"]


class Step:
    """One operation of the file: its kind, the names it reads and makes, its attributes."""

    __slots__ = ("attributes", "domain", "inputs", "kind", "name", "outputs")

    def __init__(
        self,
        kind: str,
        name: str,
        inputs: list[str],
        outputs: list[str],
        attributes: dict[str, Any],
        domain: str = "",
    ) -> None:
        self.kind = kind
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
        self.domain = domain

    def become(self, kind: str, inputs: list[str], **attributes: Any) -> Step:
        """Return another operation in the place of this one."""
        return Step(kind, self.name, inputs, self.outputs, attributes)


class Steps:
    """The operations of a file, by what they make; and its constants."""

    def __init__(self, steps: list[Step], constants: dict[str, Constant]) -> None:
        self.steps = steps
        self.constants = constants
        self.makers = {name: step for step in steps for name in step.outputs if name}

    def maker(self, name: str, *kinds: str) -> Step | None:
        """Return the operation that makes a value, if it is of one of some kinds."""
        found = self.makers.get(name)
        return found if found is not None and found.kind in kinds else None

    def number(self, name: str) -> float | None:
        """Return the one number that a constant is, or None."""
        constant = self.constants.get(name)
        return constant.single() if constant is not None and constant.count == 1 else None

    def sides(self, step: Step) -> Iterator[tuple[str, str]]:
        """Yield both orders of an operation's two inputs."""
        if len(step.inputs) == 2:
            one, other = step.inputs
            yield one, other
            yield other, one

    def is_number(self, name: str, wanted: float) -> bool:
        """Return whether a value is this number, to the digits that 32 bits keep."""
        number = self.number(name)
        return number is not None and isclose(number, wanted, rel_tol=1e-4)

    def with_number(self, name: str, kind: str, wanted: float) -> str | None:
        """Return what an operation combines with a number, if it is such an operation."""
        step = self.maker(name, kind)
        if step is None:
            return None
        for one, other in self.sides(step):
            if self.is_number(other, wanted):
                return one
        return None


def swish(step: Step, steps: Steps) -> Step | None:
    """Find x * sigmoid(x)."""
    for value, gate in steps.sides(step):
        maker = steps.maker(gate, "Sigmoid")
        if maker is not None and maker.inputs[0] == value:
            return step.become("Swish", [value])
    return None


def hard_swish(step: Step, steps: Steps) -> Step | None:
    """Find x * hard_sigmoid(x), and the steps x * clip(x + 3, 0, 6) / 6 in any order."""
    for value, gate in steps.sides(step):
        maker = steps.maker(gate, "HardSigmoid")
        if maker is not None and maker.inputs[0] == value and sixth(maker):
            return step.become("HardSwish", [value])
        inner = divided(gate, steps)
        if inner is not None and clipped_sum(inner, steps) == value:
            return step.become("HardSwish", [value])
    return None


def hard_swish_divided(step: Step, steps: Steps) -> Step | None:
    """Find (x * clip(x + 3, 0, 6)) / 6."""
    inner = divided(step.outputs[0], steps)
    product = steps.maker(inner, "Mul") if inner is not None else None
    if product is not None:
        for value, gate in steps.sides(product):
            if clipped_sum(gate, steps) == value:
                return step.become("HardSwish", [value])
    return None


def hard_sigmoid(step: Step, steps: Steps) -> Step | None:
    """Find clip(x + 3, 0, 6) / 6."""
    inner = divided(step.outputs[0], steps)
    value = clipped_sum(inner, steps) if inner is not None else None
    if value is None:
        return None
    return step.become("HardSigmoid", [value], alpha=1 / 6, beta=0.5)


def sixth(step: Step) -> bool:
    """Return whether a hard sigmoid has PyTorch's slope."""
    return isclose(step.attributes.get("alpha", 0.2), 1 / 6, rel_tol=1e-4)


def divided(name: str, steps: Steps) -> str | None:
    """Return what is divided by 6, as a division or a product."""
    return steps.with_number(name, "Div", 6) or steps.with_number(name, "Mul", 1 / 6)


def clipped_sum(name: str, steps: Steps) -> str | None:
    """Return the x of clip(x + 3, 0, 6)."""
    step = steps.maker(name, "Clip")
    if step is None:
        return None
    if len(step.inputs) == 3:
        bounds = [steps.number(step.inputs[1]), steps.number(step.inputs[2])]
    else:
        bounds = [step.attributes.get("min"), step.attributes.get("max")]
    return steps.with_number(step.inputs[0], "Add", 3) if bounds == [0, 6] else None


def gelu(step: Step, steps: Steps) -> Step | None:
    """Find x * (1 + erf(x / sqrt 2)) * 0.5, whatever is multiplied first."""
    for one, other in steps.sides(step):
        if steps.is_number(other, 0.5):
            product = steps.maker(one, "Mul")
            pairs = steps.sides(product) if product is not None else iter(())
            halved = False
        else:
            pairs = iter([(one, other)])
            halved = True
        for value, gate in pairs:
            source = steps.with_number(value, "Mul", 0.5) if halved else value
            if source is not None and error_sum(gate, steps) == source:
                return step.become("Gelu", [source])
            if halved:
                inner = steps.with_number(gate, "Mul", 0.5)
                if inner is not None and error_sum(inner, steps) == value:
                    return step.become("Gelu", [value])
    return None


def error_sum(name: str, steps: Steps) -> str | None:
    """Return the x of 1 + erf(x / sqrt 2)."""
    inner = steps.with_number(name, "Add", 1)
    step = steps.maker(inner, "Erf") if inner is not None else None
    if step is None:
        return None
    scaled = step.inputs[0]
    root = sqrt(2)
    return steps.with_number(scaled, "Div", root) or steps.with_number(scaled, "Mul", 1 / root)


def mish(step: Step, steps: Steps) -> Step | None:
    """Find x * tanh(softplus(x))."""
    for value, gate in steps.sides(step):
        outer = steps.maker(gate, "Tanh")
        inner = steps.maker(outer.inputs[0], "Softplus") if outer is not None else None
        if inner is not None and inner.inputs[0] == value:
            return step.become("Mish", [value])
    return None


def layer_norm(step: Step, steps: Steps) -> Step | None:
    """Find (x - mean) / sqrt(mean((x - mean)^2) + eps) * scale + shift."""
    for scaled, shift in steps.sides(step):
        product = steps.maker(scaled, "Mul")
        if product is None or shift not in steps.constants:
            continue
        for normal, scale in steps.sides(product):
            quotient = steps.maker(normal, "Div")
            if quotient is None or scale not in steps.constants:
                continue
            found = centred(quotient, steps)
            if found is not None:
                value, axes, eps = found
                axis = min(axes) if axes else -1
                if sorted(axes) in ([-1], [-3, -2, -1], [1, 2, 3]):
                    return step.become(
                        "LayerNormalization", [value, scale, shift], axis=axis, epsilon=eps
                    )
    return None


def centred(quotient: Step, steps: Steps) -> tuple[str, list[int], float] | None:
    """Return x, the axes and eps of (x - mean(x)) / sqrt(mean((x - mean)^2) + eps)."""
    difference = steps.maker(quotient.inputs[0], "Sub")
    root = steps.maker(quotient.inputs[1], "Sqrt")
    total = steps.maker(root.inputs[0], "Add") if root is not None else None
    if difference is None or total is None:
        return None
    for variance, small in steps.sides(total):
        eps = steps.number(small)
        mean = steps.maker(variance, "ReduceMean")
        square = steps.maker(mean.inputs[0], "Pow", "Mul") if mean is not None else None
        if eps is None or mean is None or square is None:
            continue
        inner = steps.maker(square.inputs[0], "Sub")
        average = steps.maker(difference.inputs[1], "ReduceMean")
        if inner is None or average is None or inner.inputs != difference.inputs:
            continue
        if average.inputs[0] == difference.inputs[0]:
            return difference.inputs[0], [int(n) for n in mean.attributes.get("axes", [])], eps
    return None


PATTERNS: dict[str, tuple[Pattern, ...]] = {
    "Mul": (swish, hard_swish, hard_swish_divided, hard_sigmoid, gelu, mish),
    "Div": (hard_swish_divided, hard_sigmoid),
    "Add": (layer_norm,),
}


def simplify(steps: Steps) -> None:
    """Replace what a pattern finds, in place."""
    for place, step in enumerate(steps.steps):
        for pattern in PATTERNS.get(step.kind, ()):
            found = pattern(step, steps)
            if found is not None:
                steps.steps[place] = found
                for name in found.outputs:
                    steps.makers[name] = found
                break
