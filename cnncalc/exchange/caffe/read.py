"""From a Caffe file to a graph."""

from __future__ import annotations

from cnncalc.diagnostics import SpecError
from cnncalc.exchange.builder import GraphBuilder, Stated
from cnncalc.exchange.caffe.layers import RULES
from cnncalc.exchange.caffe.prototxt import Message, parse
from cnncalc.exchange.caffe.windows import CaffeUse
from cnncalc.exchange.files import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.builder import Given
    from cnncalc.graph import Graph

#: Layers that read data from elsewhere: the size of what they give is seldom in the file.
DATA = ("Data", "ImageData", "HDF5Data", "WindowData", "MemoryData", "DummyData", "Python",
        "Input", "AnnotatedData")  # fmt: skip


#: What the first versions of the format called layers, where it is not the same in capitals.
OLD = {
    "ABSVAL": "AbsVal", "ARGMAX": "ArgMax", "HDF5_DATA": "HDF5Data", "INNER_PRODUCT":
    "InnerProduct", "RELU": "ReLU", "TANH": "TanH", "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "DUMMY_DATA": "DummyData", "IMAGE_DATA": "ImageData", "MEMORY_DATA": "MemoryData",
    "WINDOW_DATA": "WindowData", "LRN": "LRN", "MVN": "MVN", "BNLL": "BNLL", "CONTRASTIVE_LOSS":
    "ContrastiveLoss", "EUCLIDEAN_LOSS": "EuclideanLoss", "HINGE_LOSS": "HingeLoss",
    "INFOGAIN_LOSS": "InfogainLoss", "HDF5_OUTPUT": "HDF5Output", "SIGMOID_CROSS_ENTROPY_LOSS":
    "SigmoidCrossEntropyLoss", "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
}  # fmt: skip


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
        every = [*net.messages("layers"), *net.messages("layer")]
        self.layers = [layer for layer in every if takes_part(layer)]
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
            found = use.add(rule) if isinstance(rule, str) else rule(use)
        except SpecError as error:
            raise layer.place.placed(error) from None
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
    shapes = [message.integers("dim") for message in net.messages("input_shape")]
    dims = net.integers("input_dim")
    if not shapes:
        shapes = [dims[at : at + 4] for at in range(0, len(dims), 4)]
    return [Stated(name, shapes[i][1:] if i < len(shapes) else []) for i, name in enumerate(names)]


def inputs_of_layer(layer: Message, tops: list[str]) -> list[Stated]:
    """Return the inputs that a layer `Input` gives."""
    shapes = [shape.integers("dim") for shape in layer.message("input_param").messages("shape")]
    if len(shapes) == 1:
        shapes *= len(tops)
    return [Stated(top, shapes[i][1:] if i < len(shapes) else []) for i, top in enumerate(tops)]


def size_of_data(layer: Message) -> list[int]:
    """Return what a file says of the size of its data, channels first; 0 for what it does not."""
    memory, dummy = layer.message("memory_data_param"), layer.message("dummy_data_param")
    if memory.has("channels"):
        return [memory.integer(name) for name in ("channels", "height", "width")]
    for shape in dummy.messages("shape"):
        return shape.integers("dim")[1:]
    if dummy.has("channels"):
        return [dummy.integers(name)[0] for name in ("channels", "height", "width")]
    crop = layer.message("transform_param").integer("crop_size")
    return [0, crop, crop] if crop else []


def kind_of(layer: Message) -> str:
    """Return the present name of a layer's type."""
    word = layer.word("type")
    return OLD.get(word, word.capitalize() if word.isupper() else word)


def takes_part(layer: Message) -> bool:
    """Return whether a layer is there in the phase TEST, at level 0 and in no stage."""
    included = [met(rule) for rule in layer.messages("include")]
    excluded = [met(rule) for rule in layer.messages("exclude")]
    return (any(included) if included else True) and not any(excluded)


def met(rule: Message) -> bool:
    """Return whether a rule holds for the phase TEST, level 0, and no stage."""
    return (
        rule.word("phase", "TEST") in ("TEST", "1")
        and rule.number("min_level", 0) <= 0 <= rule.number("max_level", 0)
        and not rule.has("stage")
    )


def is_for_training(kind: str) -> bool:
    """Return whether a layer only judges the output, or computes nothing."""
    return "Loss" in kind or kind in ("Accuracy", "Silence", "HDF5Output")
