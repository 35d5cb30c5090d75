"""Operations that several nodes of ONNX spell out: found and replaced before anything is read.

An exporter writes `x * sigmoid(x)`, or the five steps of a GELU. A pattern looks at a node and at
what made its inputs, and returns the one operation that they are together.
"""

from __future__ import annotations

from math import isclose, sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnncalc.exchange.operations.values import OperationStep, Steps

    Pattern = Callable[[OperationStep, Steps], OperationStep | None]

#: Operations that only give a map another shape, or repeat it.
SHAPES = ("Reshape", "Squeeze", "Unsqueeze", "Pad", "Expand", "Identity")


def layer_norm(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find (x - mean) / sqrt(mean((x - mean)^2) + eps) * scale + shift."""
    for normal, scale, shift in scaled_and_shifted(step, steps):
        quotient = steps.maker(normal, "Div")
        found = centred(quotient, steps) if quotient is not None else None
        if found is not None:
            value, axes, eps = found
            axis = min(axes) if axes else -1
            if sorted(axes) in ([-1], [-3, -2, -1], [1, 2, 3]):
                return step.become(
                    "LayerNormalization", [value, scale, shift], axis=axis, epsilon=eps
                )
    return None


def group_norm(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find a scale and shift of each channel after an instance norm of groups of channels."""
    for normal, scale, shift in scaled_and_shifted(step, steps):
        norm = steps.back(normal, ("Reshape",), "InstanceNormalization")
        view = steps.maker(norm.inputs[0], "Reshape") if norm is not None else None
        if norm is None or view is None:
            continue
        found = [steps.constants.get(name) for name in norm.inputs[1:3]]
        numbers = [array.single() for array in found if array is not None]
        if numbers == [1, 0] and found[0] is not None:
            eps = norm.attributes.get("epsilon", 1e-5)
            inputs = [view.inputs[0], scale, shift]
            return step.become("GroupNormalization", inputs, num_groups=found[0].count, epsilon=eps)
    return None


def scaled_and_shifted(step: OperationStep, steps: Steps) -> Iterator[tuple[str, str, str]]:
    """Yield x, scale and shift for each way to read an addition as x * scale + shift."""
    for scaled, shift in steps.sides(step):
        product = steps.maker(scaled, "Mul")
        if product is not None and shift in steps.constants:
            for value, scale in steps.sides(product):
                if scale in steps.constants:
                    yield value, scale, shift


def centred(quotient: OperationStep, steps: Steps) -> tuple[str, list[int], float] | None:
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


def length_norm(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find x / max(length of x over an axis, eps), with the length repeated or not."""
    value = step.inputs[0]
    clip = steps.back(step.inputs[1], ("Expand",), "Clip", "Max")
    length = steps.maker(clip.inputs[0], "ReduceL2") if clip is not None else None
    if clip is None or length is None or length.inputs[0] != value:
        return None
    eps = clip.attributes.get("min")
    eps = steps.number(clip.inputs[1]) if eps is None and len(clip.inputs) > 1 else eps
    axes = steps.integers(length, 1, "axes")
    if eps is None or len(axes) != 1:
        return None
    return step.become("LpNormalization", [value], axis=axes[0], p=2, epsilon=eps)


def local_response_norm(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find x / (k + alpha * mean of x^2 over neighbouring channels) ^ beta, as in PyTorch."""
    value = step.inputs[0]
    power = steps.maker(step.inputs[1], "Pow")
    total = steps.maker(power.inputs[0], "Add") if power is not None else None
    if power is None or total is None:
        return None
    beta = steps.number(power.inputs[1])
    for scaled, shift in steps.sides(total):
        product = steps.maker(scaled, "Mul")
        if steps.number(shift) is None or product is None:
            continue
        for mean, factor in steps.sides(product):
            pool = steps.back(mean, SHAPES, "AveragePool")
            square = steps.back(pool.inputs[0], SHAPES, "Mul", "Pow") if pool else None
            if pool is None or square is None or square.inputs[0] != value:
                continue
            size = pool.attributes.get("kernel_shape", [1])[0]
            found = {"alpha": steps.number(factor), "beta": beta, "bias": steps.number(shift)}
            if None not in found.values():
                return step.become("LRN", [value], size=size, **found)
    return None


def swish(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find x * sigmoid(x)."""
    for value, gate in steps.sides(step):
        maker = steps.maker(gate, "Sigmoid")
        if maker is not None and maker.inputs[0] == value:
            return step.become("Swish", [value])
    return None


def hard_swish(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find x * hard_sigmoid(x), and the steps x * clip(x + 3, 0, 6) / 6 in any order."""
    for value, gate in steps.sides(step):
        maker = steps.maker(gate, "HardSigmoid")
        slope = maker.attributes.get("alpha", 0.2) if maker is not None else 0
        if maker is not None and maker.inputs[0] == value and isclose(slope, 1 / 6, rel_tol=1e-4):
            return step.become("HardSwish", [value])
        inner = divided(gate, steps)
        if inner is not None and clipped_sum(inner, steps) == value:
            return step.become("HardSwish", [value])
    return None


def hard_swish_divided(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find (x * clip(x + 3, 0, 6)) / 6."""
    inner = divided(step.outputs[0], steps)
    product = steps.maker(inner, "Mul") if inner is not None else None
    if product is not None:
        for value, gate in steps.sides(product):
            if clipped_sum(gate, steps) == value:
                return step.become("HardSwish", [value])
    return None


def hard_sigmoid(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find clip(x + 3, 0, 6) / 6."""
    inner = divided(step.outputs[0], steps)
    value = clipped_sum(inner, steps) if inner is not None else None
    if value is None:
        return None
    return step.become("HardSigmoid", [value], alpha=1 / 6, beta=0.5)


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


def gelu(step: OperationStep, steps: Steps) -> OperationStep | None:
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


def mish(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find x * tanh(softplus(x))."""
    for value, gate in steps.sides(step):
        outer = steps.maker(gate, "Tanh")
        inner = steps.maker(outer.inputs[0], "Softplus") if outer is not None else None
        if inner is not None and inner.inputs[0] == value:
            return step.become("Mish", [value])
    return None


def softsign(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find x / (1 + |x|)."""
    inner = steps.with_number(step.inputs[1], "Add", 1)
    size = steps.maker(inner, "Abs") if inner is not None else None
    if size is not None and size.inputs[0] == step.inputs[0]:
        return step.become("Softsign", [step.inputs[0]])
    return None


def taken_in_order(step: OperationStep, steps: Steps) -> OperationStep | None:
    """Find all elements of a flattened map taken in their order: another shape, nothing else.

    So PyTorch's exporter writes `as_strided`.
    """
    flat = steps.maker(step.inputs[0], "Reshape")
    indices = steps.constants.get(step.inputs[1])
    if flat is None or indices is None or step.attributes.get("axis", 0) != 0:
        return None
    shape = steps.integers(flat, 1, "shape")
    whole = len(shape) == 1 and shape[0] in (-1, indices.count)
    if not whole or indices.numbers() != list(range(indices.count)):
        return None
    return step.become("Reshape", [flat.inputs[0]], shape=list(indices.shape))


PATTERNS: dict[str, tuple[Pattern, ...]] = {
    "Mul": (swish, hard_swish, hard_swish_divided, hard_sigmoid, gelu, mish),
    "Div": (hard_swish_divided, hard_sigmoid, softsign, length_norm, local_response_norm),
    "Add": (layer_norm, group_norm),
    "Gather": (taken_in_order,),
}


#: What a pattern stumbles over where inputs or attributes are missing or of another kind.
INCOMPLETE = (IndexError, TypeError, ValueError, AttributeError)


def simplify(steps: Steps) -> None:
    """Replace what a pattern finds, in place."""
    for place, step in enumerate(steps.steps):
        for name in step.inputs if step.kind == "Identity" else ():
            if name in steps.constants and step.outputs:  # an array that is shared
                steps.constants[step.outputs[0]] = steps.constants[name]
        for pattern in PATTERNS.get(step.kind, ()):
            try:
                found = pattern(step, steps)
            except INCOMPLETE:  # whoever reads the step as it stands will say so
                continue
            if found is not None:
                steps.steps[place] = found
                for name in found.outputs:
                    steps.makers[name] = found
                break
