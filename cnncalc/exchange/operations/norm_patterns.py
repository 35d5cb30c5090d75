"""Normalisations that several operations spell out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.exchange.operations.steps import OperationStep, Steps

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
