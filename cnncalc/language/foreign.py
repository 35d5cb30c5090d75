"""Words of other tools that no layer here bears: what is written instead, or that there is nothing.

A layer's own names elsewhere stand in its class (`foreign`). Here is the rest: operations that are
a layer with certain fields, or a way of writing, and operations that this language does not have.
Asked only when a word is not known.
"""

from __future__ import annotations

from cnncalc.layers import foreign_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_DEPTHWISE = "a depthwise convolution is `conv: {out_channels: in_channels, groups: in_channels}`"
_DILATED = "a dilated convolution is `conv` with `dilation: 2`"
_SEPARABLE = "write two layers: `conv` with `groups: in_channels`, then `conv` with kernel 1"
_GROUPED = "a grouped convolution is `conv` with `groups`"
_POINTWISE = "a pointwise convolution is `conv` with `kernel_size: 1`"
_PARTS = "write one `slice: {start: ..., stop: ...}` with `from` for each part"
_ELEMENTWISE = "name the operation: `add` or `multiply`"
_POOL = "name the pool: `max_pool`, `avg_pool`, `global_avg_pool` or `global_max_pool`"
_NORM = "name the normalisation: `batch_norm`, `layer_norm`, `group_norm` or `instance_norm`"
_ACTIVATION = "name the activation itself, such as `relu`"
_CONTAINER = "layers simply stand in a list; what repeats is one of the `blocks`"
_INPUT = "write `input: 3x224x224` at the left margin"
_LOSS = "a loss is no part of the network: leave it out"
_PADDED = "padding that copies is `conv` with `padding` and `padding_mode: {}`"
_AXES = "write the new shape, such as `reshape: [16, 7, 7]`"
_HIGHEST = "leave it out: it reads a network's output"

#: Words without underscores and in lower case, several on a line, with what to write.
_WAYS = {
    "dwconv depthwise depthwiseconv depthwiseconvolution convdw convdepthwise dw": _DEPTHWISE,
    "dilatedconv dilatedconvolution atrousconv atrousconvolution atrous convdilated": _DILATED,
    "separableconv separableconvolution sepconv depthwiseseparableconv dsconv": _SEPARABLE,
    "groupconv groupedconv groupconvolution convgroup": _GROUPED,
    "pointwise pointwiseconv pwconv conv1x1 1x1conv": _POINTWISE,
    "conv3x3 3x3conv conv5x5 conv7x7": "write `conv` with `kernel_size`",
    "split chunk unbind": _PARTS,
    "eltwise elementwise elemwise binary binaryop": _ELEMENTWISE,
    "pool pooling pool2d": _POOL,
    "norm normalization normalisation normalize": _NORM,
    "activation act nonlinearity": _ACTIVATION,
    "sequential modulelist model module layer container": _CONTAINER,
    "input inputlayer data placeholder": _INPUT,
    "loss crossentropy crossentropyloss softmaxwithloss softmaxloss mse mseloss nll bce": _LOSS,
    "reflectionpad reflectpad mirrorpad": _PADDED.format("reflect"),
    "replicationpad replicatepad edgepad": _PADDED.format("replicate"),
    "circularpad wrappad": _PADDED.format("circular"),
    "squeeze unsqueeze expanddims": _AXES,
    "argmax accuracy topk arg": _HIGHEST,
    "bias biasadd": "`conv` and `linear` have a `bias` of their own",
    "bilstm": "an LSTM in both directions is `lstm: {hidden_size: 64, bidirectional: true}`",
    "bigru": "a GRU in both directions is `gru: {hidden_size: 64, bidirectional: true}`",
    "repeat": "`repeat` is a key of an entry: `- relu: {repeat: 2}`",
    "if when cond": "`if` is a key of an entry or a `group`: `- relu: {if: deep}`",
    "output outputs": "write `outputs: [name]` at the left margin",
}
#: Operations that there are not, with the word that a message uses.
_MISSING = {
    "lstmcell grucell rnncell": "a single step of a recurrent layer", "convlstm": "a ConvLSTM",
    "rnn simplernn": "an RNN",
    "embedding embed embeddingbag": "embeddings", "transformer transformerencoder": "transformers",
    "attention multiheadattention selfattention mha": "attention",
    "einsum": "einsum", "celu": "celu", "glu": "glu",
    "softmin": "softmin", "hardshrink softshrink tanhshrink": "shrinking",
    "crelu": "crelu", "rrelu": "rrelu", "threshold": "threshold",
    "logsigmoid": "log sigmoid",
    "fold unfold im2col": "unfold",
    "roipool roipooling roialign": "region pooling",
    "deformconv deformableconv deformconvolution": "deformable convolution",
    "gridsample spatialtransformer affinegrid": "grid sampling", "gather scatter": "gather",
    "maxunpool unpool unpooling": "unpooling", "fractionalmaxpool": "fractional pooling",
    "divide div": "divide",
    "exp log": "exp", "pow power": "power",
    "reducesum reducemin": "sums and minima over axes",
    "lambda custom function expression": "functions of one's own",
    "spectralnorm weightnorm": "weight normalisation",
    "rmsnorm": "RMS normalisation", "bilinear cosinesimilarity": "bilinear forms",
    "yolo region detection priorbox proposal nms": "detections", "cast shape": "casts",
    "gaussiannoise noise": "noise", "timedistributed bidirectional": "a wrapper",
    "conv4d": "convolution over four axes", "spp spatialpyramidpooling": "pyramid pooling",
    "masking": "masks", "minibatchdiscrimination": "batch statistics", "kan": "splines",
}  # fmt: skip


def plain(word: str) -> str:
    """Return a word without the module it stands in, underscores, case, and number of axes."""
    word = word.rsplit(".", 1)[-1].lower().replace("_", "").replace("-", "").replace(" ", "")
    for ending in ("1d", "2d", "3d", "nd", "layer"):
        if len(word) > len(ending) + 1:
            word = word.removesuffix(ending)
    return word


def instead(word: str, known: Iterable[str]) -> str | None:
    """Return the help for a word that is no layer: ours for it, a way of writing it, or neither.

    `known` are the words that an entry may begin with. None where the word is unknown everywhere.
    """
    wanted = plain(word)
    ours = {plain(name): name for name in known}
    theirs = {plain(name): keyword for name, keyword in foreign_words().items()}
    for names, way in _WAYS.items():
        if wanted in names.split() and wanted not in ours:
            return way
    meant = ours.get(wanted) or theirs.get(wanted)
    if meant is not None:
        return f"did you mean `{meant}`?"
    for names, name in _MISSING.items():
        if wanted in names.split():
            return f"cnncalc has no layer for {name}; `cnncalc layers` lists all layers"
    return None
