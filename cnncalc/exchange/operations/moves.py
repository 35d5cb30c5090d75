"""Chains of reshapes and transpositions, read as one move.

Exporters write a channel shuffle or a pixel shuffle as a reshape to five axes, a transposition and
a reshape back. Such a chain is kept as it is until something reads it; then it becomes the one
layer that it is, or a layer for each of its steps.
"""

from __future__ import annotations

from cnncalc.exchange.operations.values import Value
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from cnncalc.quantities import Shape

    #: A new shape, or an order of axes (by `True`), both without the batch; the operation's name.
    Step: TypeAlias = tuple[bool, tuple[int, ...], str]

MOST_AXES = 4


def with_batch(shape: Shape, batch: int | None) -> list[int]:
    """Return a shape with an axis for the batch of one sample at some place."""
    return list(shape) if batch is None else [*shape[:batch], 1, *shape[batch:]]


class Moves:
    """The output of a chain of moves: where it begins, its steps, the shape after the last.

    `name` is that of the last operation. `value` is the layer's output once it has been built.
    `batch` is where the batch stands among the axes in the file, None where it is one axis with
    another. It is one sample, so that its place moves no element.
    """

    __slots__ = ("batch", "name", "shape", "source", "source_shape", "steps", "value")

    def __init__(
        self,
        source: Value,
        source_shape: Shape,
        steps: list[Step],
        shape: Shape,
        name: str,
        batch: int | None = 0,
    ) -> None:
        self.batch = batch
        self.source = source
        self.source_shape = source_shape
        self.steps = steps
        self.shape = shape
        self.name = name
        self.value: Value | None = None

    @property
    def whole(self) -> list[int]:
        """The shape with the batch of one sample where it stands in the file."""
        return with_batch(self.shape, self.batch)

    def reshaped(self, shape: Shape, name: str, batch: int | None = 0) -> Moves:
        """Return the chain with a reshape after it, which puts the batch at some place."""
        steps = self.steps[:-1] if self.steps and not self.steps[-1][0] else self.steps
        more = [] if shape == self.shape_after(steps) else [(False, shape, name)]
        return Moves(self.source, self.source_shape, [*steps, *more], shape, name, batch)

    def permuted(self, order: tuple[int, ...], name: str, batch: int | None = 0) -> Moves:
        """Return the chain with a transposition after it, which puts the batch at some place."""
        steps = self.steps
        if steps and steps[-1][0]:
            order = tuple([steps[-1][1][axis] for axis in order])
            steps = steps[:-1]
        shape = self.shape_after(steps)
        new = tuple([shape[axis] for axis in order])
        more = [] if order == tuple(range(len(order))) else [(True, order, name)]
        return Moves(self.source, self.source_shape, [*steps, *more], new, name, batch)

    def shape_after(self, steps: list[Step]) -> Shape:
        """Return the shape after some of the steps."""
        shape = self.source_shape
        for is_order, numbers, _ in steps:
            shape = tuple([shape[axis] for axis in numbers]) if is_order else numbers
        return shape

    def build(self, add: Callable[..., Value]) -> Value | None:
        """Add the layers that the chain is, and return the output; None if it can be none."""
        layers = self.layers()
        if layers is None:
            return None
        value = self.source
        for place, (keyword, fields) in enumerate(layers, 1):
            name = self.name if place == len(layers) else self.steps[place - 1][2]
            value = add(keyword, value, name=name, **fields)
        return value

    def part(
        self, add: Callable[..., Value], axis: int, start: int, stop: int, name: str
    ) -> Moves | None:
        """Return some positions of an axis as a chain over a part of what this one begins with.

        So the queries of an attention are a part of the layer before, whatever axes it was split
        into. None where they are no such part: the axis must be the outermost of those that one
        axis became.
        """
        if self.value is not None or [is_order for is_order, _, _ in self.steps] not in (
            [False], [False, True]
        ):  # fmt: skip
            return None
        (_, split, first), *orders = self.steps
        own = orders[0][1][axis] if orders else axis
        before = product(split[:own])
        places = [
            i for i in range(len(self.source_shape)) if product(self.source_shape[:i]) == before
        ]
        place = next((i for i in places if self.source_shape[i] % split[own] == 0), None)
        if place is None or split[own] == 1:
            return None
        inner = self.source_shape[place] // split[own]
        ends = {"start": start * inner, "stop": stop * inner}
        value = add("slice", self.source, **ends, axis=place, name=name)
        shape = list(self.source_shape)
        shape[place] = (stop - start) * inner
        new = (*split[:own], stop - start, *split[own + 1 :])
        moves = Moves(value, tuple(shape), [], tuple(shape), name).reshaped(new, first)
        return moves.permuted(orders[0][1], name) if orders else moves

    def layers(self) -> list[tuple[str, dict[str, Any]]] | None:
        """Return the keywords and fields of the layers that the chain is.

        A chain through more axes than a map can have is one layer that is not ours, and costs
        nothing; None if it ends there.
        """
        found = self.known()
        if found is not None:
            return [found]
        result: list[tuple[str, dict[str, Any]]] = []
        shape = self.source_shape
        for is_order, numbers, _ in self.steps:
            if is_order:
                result.append(("permute", {"dims": numbers}))
            elif len(numbers) == 1:
                result.append(("flatten", {}))
            else:
                result.append(("reshape", {"shape": numbers}))
            shape = tuple([shape[axis] for axis in numbers]) if is_order else numbers
            if len(shape) > MOST_AXES:
                fewer = self.without_ones() if len(self.shape) <= MOST_AXES else None
                if fewer is not None:
                    return fewer.layers()
                fields = {"kind": "rearrange", "output": self.shape, "rest": "none"}
                return [("custom", fields)] if len(self.shape) <= MOST_AXES else None
        return result

    def without_ones(self) -> Moves | None:
        """Return the same chain without axes of length 1 on the way; None if it has none."""
        chain = Moves(self.source, self.source_shape, [], self.source_shape, self.name)
        if self.steps[0][0]:
            return None
        shape, fewer = self.source_shape, False
        for is_order, numbers, name in self.steps:
            kept = [axis for axis, length in enumerate(shape) if length != 1]
            if is_order and not kept:
                shape = tuple([shape[axis] for axis in numbers])
            elif is_order:
                places = tuple([kept.index(axis) for axis in numbers if axis in kept])
                chain = chain.permuted(places, name)
                shape = tuple([shape[axis] for axis in numbers])
            else:
                shape = numbers
                chain = chain.reshaped(tuple([n for n in shape if n != 1]) or (1,), name)
            fewer = fewer or len(chain.shape) < len(shape)
        return chain.reshaped(self.shape, self.name) if fewer else None

    def known(self) -> tuple[str, dict[str, Any]] | None:
        """Return the one layer that split, transposed and joined axes are, or None."""
        if [is_order for is_order, _, _ in self.steps] != [False, True, False]:
            return None
        (_, split, _), (_, order, _), (_, joined, _) = self.steps
        channels, *lengths = self.source_shape
        rank = len(lengths)
        if len(split) == rank + 2 and order == (1, 0, *range(2, rank + 2)):
            same = joined == self.source_shape == (split[0] * split[1], *split[2:])
            return ("channel_shuffle", {"groups": split[0]}) if same else None
        if len(split) != 2 * rank + 1 or len(joined) != rank + 1:
            return None
        return shuffle(split, order, joined, channels, tuple(lengths)) or unshuffle(
            split, order, joined, channels, tuple(lengths)
        )


class Expanded(Moves):
    """An output whose axes of one element are repeated, which a merge does by itself.

    It becomes a layer, `kind`, only where something else reads it.
    """

    __slots__ = ("kind",)

    def __init__(
        self, source: Value, source_shape: Shape, shape: Shape, name: str, kind: str
    ) -> None:
        super().__init__(source, source_shape, [], shape, name)
        self.kind = kind

    def layers(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the keyword and fields of the layer that it is where it must be one."""
        return [("custom", {"kind": self.kind, "output": self.shape, "rest": "none"})]


def shuffle(
    split: Shape, order: tuple[int, ...], joined: Shape, channels: int, lengths: Shape
) -> tuple[str, dict[str, Any]] | None:
    """Return the pixel shuffle that a chain is: channels c*r*r of a map become r*r positions."""
    rank = len(lengths)
    kept, blocks = split[0], split[1 : rank + 1]
    wanted = [0]
    for axis in range(1, rank + 1):
        wanted += [rank + axis, axis]
    grown = [length * block for length, block in zip(lengths, blocks, strict=True)]
    whole = split[rank + 1 :] == lengths and kept * product(blocks) == channels
    if whole and order == tuple(wanted) and joined == (kept, *grown) and len(set(blocks)) == 1:
        return "pixel_shuffle", {"upscale_factor": blocks[0]}
    return None


def unshuffle(
    split: Shape, order: tuple[int, ...], joined: Shape, channels: int, lengths: Shape
) -> tuple[str, dict[str, Any]] | None:
    """Return the space to depth that a chain is: the places of each block become channels."""
    rank = len(lengths)
    outer, inner = split[1::2], split[2::2]
    if split[0] != channels or joined != (channels * product(inner), *outer):
        return None
    if tuple([a * b for a, b in zip(outer, inner, strict=True)]) != lengths:
        return None
    places, spaces = range(2, 2 * rank + 1, 2), range(1, 2 * rank, 2)
    block = inner[0] if len(set(inner)) == 1 else inner
    if order == (0, *places, *spaces):
        return "space_to_depth", {"block_size": block, "order": "channels_first"}
    if order == (*places, 0, *spaces):
        return "space_to_depth", {"block_size": block}
    return None
