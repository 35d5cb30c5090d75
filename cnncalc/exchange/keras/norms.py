"""Keras' normalisations, and arithmetic with constants."""

from __future__ import annotations

from cnncalc.exchange.keras.use import LayerUse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def batch_norm(use: LayerUse) -> int:
    """Batch normalisation over the channels."""
    axis = use.get("axis", -1)
    own = use.axis(int(axis[0] if isinstance(axis, list) else axis))
    if own != 0:
        shape = use.shape()
        raise use.unknown(f"it normalises over axis {axis}, not the channels", shape)
    fields: dict[str, Any] = {
        "eps": float(use.get("epsilon", 1e-3)),
        "scale": bool(use.get("scale", True)),
        "center": bool(use.get("center", True)),
    }
    return use.add("batch_norm", **fields)


def layer_norm(use: LayerUse) -> int:
    """Layer normalisation over the channels at each position, or over everything."""
    axis = use.get("axis", -1)
    axes = {use.axis(int(a)) for a in (axis if isinstance(axis, list) else [axis])}
    affine = {bool(use.get("scale", True)), bool(use.get("center", True))}
    if len(affine) > 1:
        raise use.unknown("it has a scale or a shift, but not both", use.shape())
    eps = float(use.get("epsilon", 1e-3))
    if axes == {0}:
        return use.add("layer_norm", axes="channels", eps=eps, affine=affine.pop())
    if axes == set(range(use.rank + 1)):
        return use.add("layer_norm", eps=eps, affine=affine.pop())
    raise use.unknown(f"it normalises over axes {axis}", use.shape())


def group_norm(use: LayerUse) -> int:
    """Group normalisation; -1 group means one for each channel."""
    groups = int(use.get("groups", 32))
    groups = use.shape()[0] if groups == -1 else groups
    affine = {bool(use.get("scale", True)), bool(use.get("center", True))}
    if len(affine) > 1:
        raise use.unknown("it has a scale or a shift, but not both", use.shape())
    eps = float(use.get("epsilon", 1e-3))
    return use.add("group_norm", num_groups=groups, eps=eps, affine=affine.pop())


def rescaling(use: LayerUse) -> int:
    """A constant factor and shift; of each channel its own, they have no layer and are counted."""
    factor, shift = use.get("scale", 1.0), use.get("offset", 0.0)
    if not isinstance(factor, list) and not isinstance(shift, list):
        return use.add("scale", factor=float(factor), shift=float(shift))
    return use.counted(None, each_muls=1, each_adds=int(shift != 0.0))


def normalization(use: LayerUse) -> int:
    """(x - mean) / deviation for each channel, by statistics of the data: kept, not trained."""
    kept = 0 if use.get("mean") is not None else 2 * use.shape()[0] + 1  # and how many were seen
    return use.counted(None, buffers=kept, each_adds=1, each_divs=1)


def layer_scale(use: LayerUse) -> int:
    """ConvNeXt's learned factor for each channel."""
    return use.add("scale", learned="factor")


def scaled_sum(use: LayerUse) -> int:
    """Inception-ResNet's residual: the first input plus the second times a constant."""
    value, residual = use.inputs
    scaled = use.add("scale", residual, part="scale", factor=float(use.get("scale", 1.0)))
    return use.add("add", value, scaled, part="add")


def stochastic_depth(use: LayerUse) -> int:
    """A block that is left out at random in training: identity at inference."""
    return use.add("stochastic_depth", p=float(use.get("drop_path_rate", use.get("rate", 0.0))))


def dropout(use: LayerUse) -> int:
    """Dropout and its relatives: identity at inference."""
    rate = float(use.get("rate", use.get("p", use.get("sigma", 0.5))))
    return use.add("dropout", p=min(max(rate, 0.0), 1.0))
