"""From a graph to Keras source: functions for blocks, loops for repeats, layers named by path."""

from __future__ import annotations

from cnncalc.exchange.keras import write_layers, write_moves, write_windows
from cnncalc.exchange.keras.write_functions import FunctionText, joined
from cnncalc.exchange.source.naming import network_title, snake_case
from cnncalc.exchange.source.text import INDENT
from cnncalc.exchange.source.writer import SourceWriter
from cnncalc.exchange.targets import Unwritable, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.exchange.source.forms import Form
    from cnncalc.graph import Graph

HELPERS = {
    "mean_pool": '''
def mean_pool(x, pool_size, strides, pad, counted):
    """Average pooling over whatever each window holds of the map and the `counted` padding."""
    ones = ops.pad(ops.ones((1, *x.shape[1:-1], 1)), counted, constant_values=1.0)
    rest = [(b - d, a - c) for (b, a), (d, c) in zip(pad, counted)]
    part = ops.average_pool(ops.pad(ones, rest), pool_size, strides)
    total = ops.average_pool(ops.pad(x, pad), pool_size, strides)
    return total / ops.maximum(part, 1e-9)
''',
    "local_response_norm": '''
def local_response_norm(x, size, alpha, beta, k):
    """Each element divided by the energy of `size` neighbouring channels."""
    channels = x.shape[-1]
    around = [(0, 0)] * (len(x.shape) - 1) + [(size // 2, size - 1 - size // 2)]
    squares = ops.pad(ops.square(x), around)
    energy = sum(squares[..., i : i + channels] for i in range(size))
    return x / ops.power(k + alpha / size * energy, beta)
''',
    "Scale": '''
class Scale(layers.Layer):
    """Multiplies by learned factors, and adds learned numbers; None leaves one of them out."""

    def __init__(self, shape, factor=1.0, shift=None, **options):
        super().__init__(**options)
        self.factor = self.shift = None
        if factor is not None:
            start = keras.initializers.Constant(factor)
            self.factor = self.add_weight(shape=shape, initializer=start, name="weight")
        if shift is not None:
            start = keras.initializers.Constant(shift)
            self.shift = self.add_weight(shape=shape, initializer=start, name="bias")

    def call(self, x):
        if self.factor is not None:
            x = x * self.factor
        return x if self.shift is None else x + self.shift
''',
}
LOADER = '''

ARRAYS = {
    "kernel": "weight",
    "gamma": "weight",
    "alpha": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def load_weights_npz(model, path):
    """Load an .npz file of weights of cnncalc, which has PyTorch's shapes."""
    import numpy

    arrays = numpy.load(path)
    names = {}
    for name in arrays.files:
        owner, _, kind = name.rpartition(".")
        names[f"{owner.replace('/', '_').replace('.', '_')}.{kind}"] = name
    for layer in model.layers:
        for variable in layer.weights:
            kind = ARRAYS.get(variable.name, variable.name)
            array = arrays[names[f"{layer.name}.{kind}"]]
            if kind == "weight" and type(layer).__name__.startswith(("Conv", "Dense")):
                array = array.transpose(*range(2, array.ndim), 1, 0)
            elif array.ndim > 1:
                array = numpy.moveaxis(array, 0, -1)
            variable.assign(array.reshape(variable.shape))
'''


#: From so many nodes on Keras may walk into Python's limit, 1,000 calls: some are two layers there.
DEEP = 400
DEEPER = """\
# Keras walks over a model by calls within calls, one for every layer on the way.
sys.setrecursionlimit(max(sys.getrecursionlimit(), {limit}))

"""


def source(graph: Graph, file_names: dict[str, str] | None = None) -> str:
    """Return a network as source for Keras 3.

    `file_names` maps the paths of layers to the names that they have in files of weights, where
    these are others. Raises `SpecError` for a layer that Keras cannot say.
    """
    return KerasWriter(graph, file_names or {}).text()


class KerasWriter(SourceWriter):
    """Writes the functions of a graph one after the other."""

    target = "Keras"
    channels_last = True
    defaults = {"strides": 1, "padding": "valid", "dilation_rate": 1}
    rules = {
        **write_windows.RULES,
        **write_layers.RULES,
        **write_moves.RULES,
    }
    helpers = HELPERS

    def __init__(self, graph: Graph, file_names: dict[str, str]) -> None:
        # A block that strides in one copy pads in the same way in all, so that they are one.
        self.strided = {
            place_of(graph, index)
            for index, node in enumerate(graph.nodes)
            if write_windows.strides(node.layer)
        }
        super().__init__(graph, file_names)
        self.check_names()

    def check_names(self) -> None:
        """Raise `SpecError` if two layers with weights would be called alike."""
        seen: dict[str, str] = {}
        for index, node in enumerate(self.graph.nodes):
            if node.shares is None and node.layer.facts(self.input_shapes(index)).params:
                other = seen.setdefault(joined(node.name), node.name)
                if other != node.name:
                    lost = f"`{other}` would have the same name there"
                    raise refused(node, "Keras", Unwritable(lost))

    def entering(self) -> Callable[[int], int]:
        """Return what gives the channels of a node: a tensor of Keras knows its shape."""
        return lambda index: self.shapes[index][0]

    def name(self, words: str) -> str:
        """Return the name of a function."""
        return snake_case(words)

    def form(self, index: int) -> Form:
        """Return how a layer is written."""
        found = super().form(index)
        if place_of(self.graph, index) in self.strided:
            layer = self.graph.nodes[index].layer
            return write_windows.explicitly(
                layer, self.input_shapes(index), self.shapes[index], found
            )
        return found

    def text(self) -> str:
        """Return the file."""
        functions = [FunctionText(self, blueprint) for blueprint in self.blueprints]
        body = [HELPERS[name].strip("\n") + "\n" for name in self.needed]
        body += ["\n".join(written.lines()) + "\n" for written in functions]
        code = "\n\n".join(body)
        names = ["layers"] + ["ops"] * ("ops." in code)
        head = f'"""{network_title(self.graph)} in Keras 3, channels last."""\n\n'
        imports = f"import keras\nfrom keras import {', '.join(names)}\n\n"
        if len(self.graph.nodes) > DEEP:
            limit = 1000 + 4 * len(self.graph.nodes)
            imports = "import sys\n\n" + imports + DEEPER.format(limit=limit)
        imports += "\n"
        loader = LOADER
        if self.file_names:
            own = "FILE_NAMES.get(layer.name, layer.name)"
            for_each = "    for layer in model.layers:\n"
            path = f'{INDENT * 2}path = {own}.replace("/", "_").replace(".", "_")\n'
            loader = loader.replace(for_each, for_each + path).replace("{layer.name}.", "{path}.")
        table = "\n".join(self.file_names_table())
        return head + imports + code + (f"\n{table}\n" if table else "") + loader

    def file_names_table(self) -> list[str]:
        """Return the table of what layers are called in the model that was read, if otherwise."""
        own = {joined(path): name for path, name in self.file_names.items()}
        self.file_names = own
        return super().file_names_table()


def place_of(graph: Graph, index: int) -> tuple[str, str]:
    """Return the kind of the block in which a node stands, and its path within it."""
    name = graph.nodes[index].name
    path = name
    while "/" in path:
        path = path.rpartition("/")[0]
        kind = (graph.scopes or {}).get(path, "branch")
        if kind != "branch":
            return kind, name[len(path) + 1 :]
    return "", name
