"""From a Caffe file to a graph."""

from __future__ import annotations

from cnncalc.diagnostics import SpecError
from cnncalc.exchange.builder import GraphBuilder, Stated
from cnncalc.exchange.caffe.layers import RULES
from cnncalc.exchange.caffe.phases import is_for_training, kind_of, takes_part
from cnncalc.exchange.caffe.prototxt import Message, parse
from cnncalc.exchange.caffe.use import CaffeUse
from cnncalc.exchange.texts import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.builder import Given
    from cnncalc.graph import Graph

#: Layers that read data from elsewhere: the size of what they give is seldom in the file.
DATA = ("Data", "ImageData", "HDF5Data", "WindowData", "MemoryData", "DummyData", "Python",
        "Input", "AnnotatedData")  # fmt: skip


def read(path: str, given: Given, _strict: bool = False) -> Graph:
    """Return the graph of a Caffe file in its phase TEST.

    `given` gives shapes to inputs, also to those whose sizes are not in the file. Raises
    `SpecError` with its place for what cannot be read.
    """
    source = read_text(path)
    net = parse(source)
    if not net.has("layer", "layers"):
        hint = "it is a solver: give the file that its `net` names"
        help = hint if net.has("net", "train_net", "base_lr") else None
        raise net.place.error(f"{source.name} has no layers", help)
    return Reader(net, GraphBuilder(source.name), given).graph()


class Reader:
    """What each blob is at present, while the layers of a file are read in order."""

    def __init__(self, net: Message, builder: GraphBuilder, given: Given) -> None:
        self.net = net
        self.builder = builder
        self.given = given
        every = [*net.all("layers"), *net.all("layer")]
        self.layers = [m for m in every if isinstance(m, Message) and takes_part(m)]
        self.blobs: dict[str, int] = {}
        self.arrays: dict[str, object] = {}

    def graph(self) -> Graph:
        """Return the graph of the file."""
        self.builder.check_count(len(self.layers))
        stated, labels = self.stated()
        self.blobs.update(self.builder.enter(stated, self.given))
        unread: dict[str, int] = {}
        for layer, is_read in zip(self.layers, read_later(self.layers), strict=True):
            kind = kind_of(layer)
            bottoms = layer.words("bottom")
            if kind in DATA and not bottoms:
                continue
            for name in bottoms:
                if not is_for_training(kind):
                    unread.pop(name, None)
                if name not in self.blobs and name not in labels:
                    raise layer.place_of("bottom").error(
                        f"`{name}` is read here, and nothing before makes it in the phase TEST"
                    )
            if is_for_training(kind):
                continue
            for name, index in zip(
                layer.words("top"), self.call(layer, kind, is_read), strict=False
            ):
                self.blobs[name] = unread[name] = index
        if not unread:
            raise self.builder.error("it has no layers that compute something")
        return self.builder.graph(self.net.word("name", self.builder.file), list(unread.values()))

    def stated(self) -> tuple[list[Stated], set[str]]:
        """Return the inputs as the file states them, and the names of labels."""
        stated = inputs_at_top(self.net)
        labels: set[str] = set()
        for layer in self.layers:
            tops = layer.words("top")
            if kind_of(layer) not in DATA or layer.has("bottom") or not tops:
                continue
            if kind_of(layer) == "Input":
                stated += inputs_of_layer(layer, tops)
                continue
            stated.append(Stated(tops[0], size_of_data(layer)))
            labels.update(tops[1:])
        return stated, labels

    def call(self, layer: Message, kind: str, is_read: bool) -> list[int]:
        """Return the outputs of one layer."""
        rule = RULES.get(kind)
        if rule is None:
            raise layer.place_of("type").error(f"there is no layer for the type {kind or 'none'}")
        inputs = [self.blobs[name] for name in layer.words("bottom") if name in self.blobs]
        if not inputs:
            raise layer.place.error(f"layer `{layer.word('name')}` reads nothing")
        use = CaffeUse(self.builder, layer, kind, inputs, self.shared(layer), is_read)
        try:
            found = rule(use)
        except SpecError as error:
            first = error.diagnostics[0]
            if first.span is not None:
                raise
            message = first.message.removeprefix(f"{self.builder.file}: ")
            raise layer.place.error(message, first.help) from None
        return found if isinstance(found, list) else [found]

    def shared(self, layer: Message) -> list[object | None]:
        """Return what stands for the arrays of a layer, in order; None for one without a name."""
        names = [
            param.word("name") if isinstance(param, Message) else str(param)
            for param in layer.all("param")
        ]
        return [self.arrays.setdefault(name, object()) if name else None for name in names]


def read_later(layers: list[Message]) -> list[bool]:
    """Return for each layer whether another one reads what its first input is at its place."""
    found = [False] * len(layers)
    wanted: set[str] = set()
    for place in range(len(layers) - 1, -1, -1):
        bottoms, tops = layers[place].words("bottom"), layers[place].words("top")
        found[place] = bottoms[:1] != tops[:1] and not wanted.isdisjoint(bottoms[:1])
        wanted.difference_update(tops)
        wanted.update(bottoms)
    return found


def inputs_at_top(net: Message) -> list[Stated]:
    """Return the inputs that `input` names, with `input_dim` or `input_shape`."""
    names = net.words("input")
    shapes = [message.integers("dim") for message in net.all("input_shape")
              if isinstance(message, Message)]  # fmt: skip
    dims = net.integers("input_dim")
    if not shapes:
        shapes = [dims[at : at + 4] for at in range(0, len(dims), 4)]
    return [Stated(name, shapes[i][1:] if i < len(shapes) else []) for i, name in enumerate(names)]


def inputs_of_layer(layer: Message, tops: list[str]) -> list[Stated]:
    """Return the inputs that a layer `Input` gives."""
    shapes = [message.integers("dim") for message in layer.message("input_param").all("shape")
              if isinstance(message, Message)]  # fmt: skip
    if len(shapes) == 1:
        shapes *= len(tops)
    return [Stated(top, shapes[i][1:] if i < len(shapes) else []) for i, top in enumerate(tops)]


def size_of_data(layer: Message) -> list[int]:
    """Return what a file says of the size of its data, channels first; 0 for what it does not."""
    memory, dummy = layer.message("memory_data_param"), layer.message("dummy_data_param")
    if memory.has("channels"):
        return [memory.integer(name) for name in ("channels", "height", "width")]
    for shape in dummy.all("shape"):
        if isinstance(shape, Message):
            return shape.integers("dim")[1:]
    if dummy.has("channels"):
        return [dummy.integers(name)[0] for name in ("channels", "height", "width")]
    crop = layer.message("transform_param").integer("crop_size")
    return [0, crop, crop] if crop else []
