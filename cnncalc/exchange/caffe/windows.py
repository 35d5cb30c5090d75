"""One layer of a Caffe file while it is read; and Caffe's convolutions, pools and crops."""

from __future__ import annotations

from cnncalc.quantities import product
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.diagnostics import SpecError
    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.exchange.caffe.prototxt import Message
    from cnncalc.quantities import Shape

    Rule = Callable[["CaffeUse"], int | list[int]]


class CaffeUse(Record):
    """A layer: its settings, what it reads, and what builds.

    `shared` stands for its arrays, in order, where they have names; `reads_later` says whether
    another layer reads what its first input is now.
    """

    builder: GraphBuilder
    layer: Message
    kind: str
    inputs: list[int]
    shared: list[object | None]
    reads_later: bool

    @property
    def name(self) -> str:
        """What the layer is called, by its type where nobody named it."""
        return self.layer.word("name") or self.kind

    def shape(self, position: int = 0) -> Shape:
        """Return the shape of an input, the batch left out."""
        if position >= len(self.inputs):
            raise self.error(f"it reads {len(self.inputs)} blobs, and needs {position + 1}")
        return self.builder.shapes[self.inputs[position]]

    def axis(self, param: Message, name: str, default: int) -> int:
        """Return an axis of Caffe, which counts the batch, as one of ours: 0 is the channels."""
        given = param.integer(name, default, -8)
        rank = len(self.shape()) + 1
        own = given + rank if given < 0 else given
        if not 1 <= own < rank:
            raise param.place_of(name).error(f"axis {given} is not one of a sample of {rank - 1}")
        return own - 1

    def add(self, keyword: str, *inputs: int, part: str = "", **fields: Any) -> int:
        """Add a layer that reads some nodes, by default the first input."""
        name = f"{self.name}/{part}" if part else self.name
        return self.builder.add(keyword, inputs or (self.inputs[0],), name, **fields)

    def weighted(self, keyword: str, index: int, has_bias: bool, **fields: Any) -> int:
        """Add a layer with weights, which it shares with those of the same names."""
        found = dict(
            zip(("weight", "bias") if has_bias else ("weight",), self.shared, strict=False)
        )
        named = {name: array for name, array in found.items() if array is not None}
        if named and has_bias:
            named.setdefault("bias", object())
        return self.builder.add(keyword, (index,), self.name, named or None, **fields)

    def custom(self, output: Shape, **each: int) -> int:
        """Add a layer that is none of ours; `each` says what is spent on each output, if known."""
        counts: dict[str, Any] = {kind: n * product(output) for kind, n in each.items()}
        if counts:
            counts["rest"] = "none"
        return self.add("custom", *self.inputs, kind=self.kind, output=output, **counts)

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error at the layer, to be raised."""
        return self.layer.place.error(f"{self.kind} `{self.name}`: {message}", help)


def per_axis(param: Message, name: str, rank: int, default: int, least: int) -> Any:
    """Return a setting of a window: `name` once or for each axis, or `name_h` and `name_w`."""
    stem = name.removesuffix("_size")
    if param.has(f"{stem}_h") or param.has(f"{stem}_w"):
        both = [param.integer(f"{stem}_{side}", default, least) for side in "hw"]
    else:
        both = param.integers(name) or [default]
    if len(both) == 1:
        both *= rank
    if len(both) != rank or min(both) < least:
        raise param.place_of(name).error(
            f"`{name}` must be a whole number from {least} on, or one for each of {rank} axes"
        )
    return both[0] if len(set(both)) == 1 else tuple(both)


def conv(keyword: str) -> Rule:
    """Return the rule of a convolution, or a transposed one."""

    def rule(use: CaffeUse) -> int:
        param = use.layer.message("convolution_param")
        rank, channels = len(use.shape()) - 1, use.shape()[0]
        if rank < 1:
            raise use.error(f"it needs a map, but gets a vector of {channels}")
        has_bias = param.truth("bias_term", True)
        groups = channels if "Depthwise" in use.kind else 1
        return use.weighted(
            keyword,
            use.inputs[0],
            has_bias,
            out_channels=param.integer("num_output", 0, 1),
            kernel_size=per_axis(param, "kernel_size", rank, 0, 1),
            stride=per_axis(param, "stride", rank, 1, 1),
            padding=per_axis(param, "pad", rank, 0, 0),
            dilation=per_axis(param, "dilation", rank, 1, 1),
            groups=param.integer("group", groups, 1),
            bias=has_bias,
        )

    return rule


def pool(use: CaffeUse) -> int:
    """A pool, which rounds up unless it says otherwise."""
    param = use.layer.message("pooling_param")
    rank = len(use.shape()) - 1
    words = {"MAX": "max_pool", "0": "max_pool", "AVE": "avg_pool", "1": "avg_pool"}
    kind = param.word("pool", "MAX")
    if rank < 1 or kind not in words:
        raise param.place_of("pool").error(f"there is no layer for a pool of kind {kind}")
    if param.truth("global_pooling", False):
        return use.add(f"global_{words[kind]}")
    kernel = per_axis(param, "kernel_size", rank, 0, 1)
    stride = per_axis(param, "stride", rank, 1, 1)
    fields = {} if stride == kernel else {"stride": stride}
    mode = param.word("round_mode", "CEIL")
    return use.add(
        words[kind],
        kernel_size=kernel,
        padding=per_axis(param, "pad", rank, 0, 0),
        ceil_mode=mode in ("CEIL", "0"),
        **fields,
    )


def crop(use: CaffeUse) -> int:
    """The first input cut to the size of the second, from an axis on, at offsets."""
    param = use.layer.message("crop_param")
    shape, wanted = use.shape(0), use.shape(1)
    first = use.axis(param, "axis", 2)
    offsets = param.integers("offset") or [0]
    if len(offsets) == 1:
        offsets *= len(shape) - first
    if len(offsets) != len(shape) - first or len(shape) != len(wanted):
        raise use.error(f"{len(offsets)} offsets do not fit {len(shape) - first} axes")
    index, pairs = use.inputs[0], []
    for axis, start in enumerate(offsets, first):
        if start + wanted[axis] > shape[axis]:
            raise use.error(f"{start} + {wanted[axis]} elements do not lie in {shape[axis]}")
        if axis == 0:
            stop = start + wanted[0]
            index = use.add("slice", index, part="channels", start=start, stop=stop)
        else:
            pairs.append((start, shape[axis] - start - wanted[axis]))
    pairs = [(0, 0)] * (len(shape) - 1 - len(pairs)) + pairs
    return use.add("crop", index, cropping=tuple(pairs))
