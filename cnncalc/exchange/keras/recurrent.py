"""Keras' layers over sequences: recurrent ones, and attention."""

from __future__ import annotations

from cnncalc.exchange.keras.use import LayerUse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Weighted sums that each number of the state takes in a step.
GATES = {"lstm": 4, "gru": 3}


def lstm(use: LayerUse, bidirectional: bool = False) -> int:
    """LSTM, with one bias for each gate."""
    return recurrent(use, "lstm", 1, bidirectional)


def gru(use: LayerUse, bidirectional: bool = False) -> int:
    """GRU; only with `reset_after` is it that of cuDNN and PyTorch, which has two biases."""
    after = use.get("reset_after", use.version >= 3)
    if not after:
        raise unlike(use, "gru", 1, bidirectional, "it resets the state before it weighs it")
    return recurrent(use, "gru", 2, bidirectional)


def recurrent(use: LayerUse, keyword: str, biases: int, bidirectional: bool) -> int:
    """Add a recurrent layer over the columns of a sequence."""
    words = use.get("activation", "tanh"), use.get("recurrent_activation", "sigmoid")
    if words != ("tanh", "sigmoid"):
        raise unlike(use, keyword, biases, bidirectional, f"its activations are {words}")
    for setting in ("go_backwards", "return_state"):
        if use.get(setting):
            raise unlike(use, keyword, biases, bidirectional, f"`{setting}` is set")
    if not use.channels_last or use.rank != 1:
        raise use.unknown("its input is no sequence with the features at its end")
    whole = bool(use.get("return_sequences", False))
    index = use.add(
        keyword,
        hidden_size=int(use.get("units")),
        biases=biases if use.get("use_bias", True) else 0,
        bidirectional=bidirectional,
        output="sequence" if whole else "last",
    )
    return index if whole else use.add("flatten", index, part="last")


def unlike(use: LayerUse, keyword: str, biases: int, bidirectional: bool, message: str) -> Any:
    """Return what says that a layer is not ours, with what is known of it."""
    units, ways = int(use.get("units")), 2 if bidirectional else 1
    has_bias = use.get("use_bias", True)
    params = units + use.shape()[0] + (biases if has_bias else 0)
    steps = use.shape()[1:] if use.get("return_sequences", False) else ()
    shape = None if use.get("return_state") else (ways * units, *steps)
    return use.unknown(message, shape, params=ways * GATES[keyword] * units * params, buffers=0)


def bidirectional(use: LayerUse) -> int:
    """A recurrent layer in both directions, whose states are joined."""
    inner = use.within(use.get("layer") or {})
    rule = {"LSTM": lstm, "GRU": gru}.get(inner.kind)
    if rule is None or use.get("merge_mode", "concat") != "concat":
        raise use.unknown(f"its directions ({inner.kind}) are not joined as in other layers")
    inner.entry = use.entry
    return rule(inner, True)


def attention(use: LayerUse) -> int:
    """Attention of several heads over sequences: its weights and products are known.

    What its softmaxes spend is not said.
    """
    shapes = [use.shape(place) for place in range(len(use.inputs))]
    whole = use.channels_last and all(len(shape) == 2 for shape in shapes)
    others_set = [use.get(name) for name in ("output_shape", "use_gate", "sliding_window")]
    if not whole or any(others_set) or use.get("attention_axes") not in (None, [1]):
        raise use.unknown("it is not taken over a sequence with the features at its end")
    (asked, steps), (known, others) = shapes[0], shapes[min(1, len(shapes) - 1)]
    looked = shapes[2][0] if len(shapes) > 2 else known
    heads, size = int(use.get("num_heads")), int(use.get("key_dim"))
    value = int(use.get("value_dim", size))
    weights = heads * (size * (asked + looked) + value * (known + asked))
    biases = heads * (2 * size + value) + asked if use.get("use_bias", True) else 0
    macs = heads * (size * (steps * asked + others * looked) + value * others * known)
    macs += heads * steps * (others * (size + value) + value * asked)
    raise use.unknown("it is several layers in one", shapes[0], params=weights + biases, buffers=0,
                      macs=macs)  # fmt: skip
