"""Letters that courses use for the sizes of a layer, beside those of a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.grading.model import Network

_USUAL = {
    "kernel_size": ("F", "K", "kernel"), "stride": ("S", "stride"), "padding": ("P", "pad"),
    "dilation": ("D", "dilation"), "input": ("W", "N", "I", "W_in"), "in_channels": ("C_in",),
    "out_channels": ("C_out", "filters"),
}  # fmt: skip
#: A size of a layer, and the symbol that has its value.
Role = tuple[str, str]


def roles(network: Network, node: int, point: Mapping[str, int]) -> set[Role]:
    """Return which sizes of a node the symbols of a point have the values of."""
    right = network.right
    shape = (right.inputs[node] or ((),))[0] if network.graph.nodes[node].inputs else ()
    sizes = {role: getattr(right.layers[node], role, None) for role in _USUAL}
    sizes["in_channels"] = shape[0] if shape else None
    sizes["input"] = shape[-1] if len(shape) > 1 else None
    return {(role, name) for role in sizes for name in point if sizes[role] == point[name]}


def letters(found: set[Role], taken: Iterable[str]) -> dict[str, str]:
    """Return further letters that students may use, each with the symbol it stands for.

    A symbol that is a layer's kernel at every point may be called K as well as F, unless the
    question uses that letter for something else.
    """
    used = {_plain(name) for name in taken}
    result = {}
    for role, name in sorted(found):
        alone = sum(role == one for one, _ in found) == sum(name == one for _, one in found) == 1
        for letter in _USUAL[role] if alone else ():
            if _plain(letter) not in used:
                used.add(_plain(letter))
                result[letter] = name
    return result


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
