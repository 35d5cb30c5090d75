"""Which layers of a Caffe file take part when the network is used, and under which present name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.caffe.prototxt import Message

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


def kind_of(layer: Message) -> str:
    """Return the present name of a layer's type."""
    word = layer.word("type")
    return OLD.get(word, word.capitalize() if word.isupper() else word)


def takes_part(layer: Message) -> bool:
    """Return whether a layer is there in the phase TEST, at level 0 and in no stage."""
    included = [met(rule) for rule in layer.all("include")]
    excluded = [met(rule) for rule in layer.all("exclude")]
    return (any(included) if included else True) and not any(excluded)


def met(rule: Message) -> bool:
    """Return whether a rule holds for the phase TEST, level 0, and no stage."""
    phase = str(rule.all("phase")[-1]) if rule.has("phase") else "TEST"
    return (
        phase in ("TEST", "1")
        and rule.number("min_level", 0) <= 0 <= rule.number("max_level", 0)
        and not rule.has("stage")
    )


def is_for_training(kind: str) -> bool:
    """Return whether a layer only judges the output, or computes nothing."""
    return "Loss" in kind or kind in ("Accuracy", "Silence", "HDF5Output")
