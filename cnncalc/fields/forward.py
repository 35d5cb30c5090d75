"""The forward recurrence: one receptive field per node, carried through the graph.

With the jump of a layer's input on the right: `size += (extent-1)*jump; start -= before*jump;
jump *= stride` (Araujo, Norris & Sim 2019); at a merge the smallest start and the largest end.
Layers whose fields are periodic, and merges of different jumps, are left to `varying`.
"""

from __future__ import annotations

from cnncalc.geometry import Field, step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.fields.varying import Scattered, Unknown, Varying
    from cnncalc.geometry import Window
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    Axis = Field | Varying | Scattered | Unknown
    Axes = tuple[Axis, ...]

    #: What is known of one node: the fields along each axis of the input, over all paths but those
    #: that make a unit see the whole input (None if there is no other); whether there are such
    #: paths; and whether the branches of all merges on the way agree.
    State = tuple[Axes | None, bool, bool]
    Windows = dict[tuple[int, Shape], tuple[Window, ...]]

#: The state of a node that does not depend on the input.
BLIND: State = (None, False, True)

#: Layers whose units read the position of their own number.
KEEPING = frozenset(
    ("batch_norm", "relu", "relu6", "leaky_relu", "prelu", "elu", "sigmoid", "hard_sigmoid",
     "tanh", "hard_tanh", "softplus", "gelu", "silu", "hard_swish", "identity", "dropout",
     "stochastic_depth", "layer_scale", "channel_shuffle", "slice")
)  # fmt: skip
SLIDING = frozenset(
    ("conv", "locally_connected", "max_pool", "min_pool", "avg_pool", "lp_pool", "subsample", "pad")
)
MERGING = frozenset(("add", "multiply", "concat"))


def forward(graph: Graph, shapes: list[Shape], source: int) -> list[State]:
    """Return the state of every node with regard to the network's input `source`.

    `shapes` are the output shapes of all nodes. Raises `TypeError` for a layer that no rule
    covers.
    """
    if any(selects(node.layer) for node in graph.nodes):
        from cnncalc.fields.by_channel import forward_by_channel

        return forward_by_channel(graph, shapes, source)
    states: list[State] = []
    windows: Windows = {}
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        layer, inputs = node.layer, node.inputs
        if not inputs:
            states.append(first_state(shapes[index]) if index == source else BLIND)
        elif layer.keyword in KEEPING:
            states.append(states[inputs[0]])
        elif layer.keyword in MERGING:
            states.append(
                united([states[i] for i in inputs], [shapes[i] for i in inputs], shapes[index])
            )
        else:
            states.append(
                advanced(layer, states[inputs[0]], shapes[inputs[0]], shapes[index], windows)
            )
    return states


def selects(layer: Any) -> bool:
    """Return whether a layer leaves channels out, so that fields must be kept per channel."""
    return layer.keyword == "slice" or (layer.keyword == "conv" and layer.connections is not None)


def first_state(shape: Shape) -> State:
    """Return the state of the input itself: each unit is one pixel."""
    return (Field(),) * (len(shape) - 1), False, True


def advanced(
    layer: Any, state: State, shape: Shape, output: Shape, windows: Windows | None = None
) -> State:
    """Return the state after a layer of one input that does not merge channels of several states.

    `shape` and `output` are the layer's input and output shapes; `windows` remembers the windows
    of layers from call to call.
    """
    axes, whole, aligned = state
    if axes is None and not whole:
        return state
    word = layer.keyword
    if word in SLIDING:
        if axes is None:
            return state
        key = (id(layer), shape)
        found = windows.get(key) if windows is not None else None
        if found is None:
            found = layer.windows(shape)
            if windows is not None:
                windows[key] = found
        return slid(axes, found), whole, aligned
    rule = OTHERS.get(word)
    if rule is None:
        if word in KEEPING:
            return state
        raise TypeError(f"the receptive field of {word} is not stated")
    return rule(layer, state, shape, output)


def slid(axes: Axes, windows: tuple[Window, ...]) -> Axes:
    """Return the fields after a window has slid along each axis."""
    if len(axes) == 2 and axes[0] is axes[1] and windows[0] == windows[1]:
        return (slid_axis(axes[0], windows[0]),) * 2
    return tuple([slid_axis(axis, window) for axis, window in zip(axes, windows, strict=True)])


def slid_axis(axis: Axis, window: Window) -> Axis:
    """Return the field after a window along one axis."""
    if type(axis) is Field:
        return step(axis, window)
    from cnncalc.fields import periodic

    return periodic.slide(axis, window)


def united(states: list[State], shapes: list[Shape], output: Shape) -> State:
    """Return the state where branches meet: their fields united, and whether they agree."""
    first = states[0]
    if all(state is first for state in states) and all(shape == output for shape in shapes):
        return first
    whole, aligned = False, True
    branches: list[Axes] = []
    for (axes, sees_all, agrees), shape in zip(states, shapes, strict=True):
        whole = whole or sees_all
        aligned = aligned and agrees
        if axes is not None:
            if len(shape) == len(output) > 1 and shape[1:] != output[1:]:
                axes = spread_out(axes, shape, output)
            branches.append(axes)
    if not branches:
        return None, whole, aligned
    result = branches[0]
    for axes in branches[1:]:
        if axes is not result:
            result, agrees = both(result, axes)
            aligned = aligned and agrees
    return result, whole, aligned


def both(a: Axes, b: Axes) -> tuple[Axes, bool]:
    """Return two branches' fields united, and whether jumps and centres agree on every axis."""
    result: list[Axis] = []
    agree = True
    for one, other in zip(a, b, strict=True):
        if result and one is a[0] and other is b[0]:
            result.append(result[0])
            continue
        if type(one) is Field and type(other) is Field and one.jump == other.jump:
            agree = agree and 2 * one.start + one.size == 2 * other.start + other.size
            result.append(covering(one, other))
            continue
        from cnncalc.fields import varying

        agree = agree and varying.agree(one, other)
        result.append(varying.unite(one, other, len(a)))
    return tuple(result), agree


def covering(one: Field, other: Field) -> Field:
    """Return the smallest field that covers two of equal jump."""
    lo, hi = one.start, one.start + one.size
    low, high = other.start, other.start + other.size
    if lo <= low and high <= hi:
        return one
    if low <= lo and hi <= high:
        return other
    start = min(lo, low)
    return Field(max(hi, high) - start, one.jump, start)


def spread_out(axes: Axes, shape: Shape, output: Shape) -> Axes:
    """Return a branch's fields where axes of one position stand for any size: a jump of 0."""
    from cnncalc.fields import periodic

    return tuple(
        [
            axis if n == units else periodic.first(axis)
            for axis, n, units in zip(axes, shape[1:], output[1:], strict=True)
        ]
    )


def crop(layer: Any, state: State, shape: Shape, _output: Shape) -> State:
    """Positions further out."""
    from cnncalc.geometry import Window

    axes, whole, aligned = state
    if axes is None:
        return state
    shifts = tuple([Window(1, 1, -before) for before, _ in layer.edges(shape)])
    return slid(axes, shifts), whole, aligned


def seeing_all(_layer: Any, state: State, _shape: Shape, _output: Shape) -> State:
    """Every unit reads the whole map."""
    return None, True, state[2]


def by_statistics(layer: Any, state: State, shape: Shape, _output: Shape) -> State:
    """Every unit reads its own element, and the whole map through mean and variance."""
    if layer.keyword == "instance_norm" and len(shape) == 1:
        return state
    return state[0], True, state[2]


def over_channels(_layer: Any, state: State, shape: Shape, _output: Shape) -> State:
    """Every unit reads its own position; in a flat vector that is everything."""
    return (state[0], True, state[2]) if len(shape) == 1 else state


def layer_norm(layer: Any, state: State, shape: Shape, output: Shape) -> State:
    """Statistics over everything, or over the channels of each position."""
    if layer.axes == "channels":
        return over_channels(layer, state, shape, output)
    return by_statistics(layer, state, shape, output)


def near_channels(_layer: Any, state: State, shape: Shape, _output: Shape) -> State:
    """Every unit reads its own position; in a flat vector also neighbouring features."""
    if len(shape) > 1 or state[0] is None:
        return state
    from cnncalc.fields import varying

    return tuple([varying.mixed(axis) for axis in state[0]]), state[1], state[2]


def adaptive(layer: Any, state: State, shape: Shape, output: Shape) -> State:
    """Every unit reads a bin: the whole map, a window, or bins of different sizes."""
    axes, whole, aligned = state
    bins = output[1:]
    if all(count == 1 for count in bins):
        return None, True, aligned
    if axes is None or bins == shape[1:]:
        return state
    from cnncalc.fields import periodic

    return periodic.adaptive(layer, axes, shape, output), whole, aligned


def varied(name: str) -> Rule:
    """Return the rule of a layer whose fields are periodic, or of `flatten`; see `periodic`."""

    def rule(layer: Any, state: State, shape: Shape, output: Shape) -> State:
        if state[0] is None:
            return state
        from cnncalc.fields import periodic

        found: Axes = getattr(periodic, name)(layer, state[0], shape, output)
        return found, state[1], state[2]

    return rule


if TYPE_CHECKING:
    Rule = Callable[[Any, State, Shape, Shape], State]

#: The layers that neither keep, slide nor merge.
OTHERS: dict[str, Rule] = {
    "linear": seeing_all,
    "rbf": seeing_all,
    "global_avg_pool": seeing_all,
    "global_max_pool": seeing_all,
    "adaptive_avg_pool": adaptive,
    "adaptive_max_pool": adaptive,
    "conv_transpose": varied("transposed"),
    "upsample": varied("upsampled"),
    "flatten": varied("flattened"),
    "crop": crop,
    "layer_norm": layer_norm,
    "group_norm": by_statistics,
    "instance_norm": by_statistics,
    "local_response_norm": near_channels,
    "softmax": over_channels,
    "log_softmax": over_channels,
}
