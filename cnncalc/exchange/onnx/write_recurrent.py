"""How recurrent layers are written in ONNX: over the columns of a map."""

from __future__ import annotations

from cnncalc.exchange.operations.recurrent import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.exchange.onnx.writing import Writing


def recurrent(keyword: str) -> Callable[[Any, Writing], str]:
    """Return the rule of a recurrent layer, each of whose layers is one operation."""
    kind, gates, _ = KINDS[keyword]

    def write(layer: Any, to: Writing) -> str:
        features, steps = layer.features(to.shape), to.shape[-1]
        columns = to.reshape(to.x, (features, steps)) if to.rank == 2 else to.x
        x = to.add("Transpose", columns, perm=[2, 0, 1])  # steps, batch, features
        more = {"linear_before_reset": 1} if kind == "GRU" else {}
        way = "bidirectional" if layer.bidirectional else "forward"
        for number in range(layer.num_layers):
            arrays = weights(layer, to, number, gates)
            options = {"hidden_size": layer.hidden_size, "direction": way, **more}
            states = to.add(kind, x, *arrays, parts=2, **options)
            if layer.output == "last" and number == layer.num_layers - 1:
                ended = states.removesuffix("0") + "1"  # directions, batch, numbers
                return to.reshape(to.add("Transpose", ended, perm=[1, 0, 2]), to.output)
            moved = to.add(
                "Transpose", states, perm=[0, 2, 1, 3]
            )  # of steps, directions, batch, ...
            x = to.add("Reshape", moved, to.integers([steps, -1, to.output[0]]))
        y = to.add("Transpose", x, perm=[1, 2, 0])
        return to.reshape(y, to.output) if to.rank == 2 else y

    return write


def weights(layer: Any, to: Writing, number: int, gates: tuple[int, ...]) -> list[str]:
    """Return the names of the arrays of one layer: for each direction, gates in ONNX's order."""
    import numpy as np

    endings = [ending for place, ending in layer.arrays() if place == number]

    def ordered(name: str) -> Any:
        parts = [np.split(to.arrays[f"{name}_{ending}"], len(gates)) for ending in endings]
        return np.stack([np.concatenate([part[gate] for gate in gates]) for part in parts])

    names = ["weight_ih", "weight_hh"]
    found = [to.made_of(f"{name}_l{number}:gates", ordered(name)) for name in names]
    if layer.biases:
        first = ordered("bias_ih")
        second = ordered("bias_hh") if layer.biases == 2 else np.zeros_like(first)
        found.append(to.made_of(f"bias_l{number}:gates", np.concatenate([first, second], axis=1)))
    return found


RULES = {keyword: recurrent(keyword) for keyword in KINDS}
