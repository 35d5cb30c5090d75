"""How recurrent layers are written in PyTorch: over the columns of a map."""

from __future__ import annotations

from cnncalc.exchange.refusal import Unwritable
from cnncalc.exchange.source.forms import Form, argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.quantities import Shape


def recurrent(name: str) -> Callable[[Any, tuple[Shape, ...], Shape], Form]:
    """Return the rule of a recurrent layer: the columns become a sequence, and its states a map."""

    def make(layer: Any, shapes: tuple[Shape, ...], output: Shape) -> Form:
        if layer.biases == 1:
            raise Unwritable("a gate has two biases there, or none", "biases")
        arguments = (
            argument(None, layer.features(shapes[0]), hint="in_features"),
            argument(None, layer.hidden_size, hint="features"),
            argument("num_layers", layer.num_layers, 1),
            argument("bias", layer.biases > 0, True),
            argument("batch_first", True),
            argument("bidirectional", layer.bidirectional, False),
        )
        columns = "{0}" if len(shapes[0]) == 2 else "{0}.flatten(1, 2)"
        use = f"{{m}}({columns}.transpose(1, 2))[0].transpose(1, 2)"
        if layer.output == "last":
            use = f"last_states({{m}}({columns}.transpose(1, 2))[0], {layer.directions})"
        if len(output) == 3:
            use += ".unsqueeze(2)"
        helpers = ("last_states",) if layer.output == "last" else ()
        return Form(use, f"nn.{name}", arguments, stem=name.lower(), helpers=helpers)

    return make


RULES = {"lstm": recurrent("LSTM"), "gru": recurrent("GRU")}
