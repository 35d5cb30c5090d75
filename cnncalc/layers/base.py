"""What every layer is: fields, and facets that are derived from fields and input shapes alone."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import MAX_LENGTH
from cnncalc.layers.facts import Facts
from cnncalc.layers.in_words import LayerWords
from cnncalc.layers.option import LayerField
from cnncalc.quantities import OpCount, ParamSpec, product, show_shape
from cnncalc.record import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar, TypeVar

    from typing_extensions import Self

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.facts import Operations
    from cnncalc.layers.protocols import NodeWeights, TrainingStep
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape

    Terms = tuple[tuple[str, int, int], ...]
    T = TypeVar("T")
    Axes = int | tuple[int, ...]
    Factors = float | tuple[float, ...]
    Padding = int | str | tuple[int, ...] | tuple[tuple[int, int], ...]
    #: By tool, or `tool/way of writing the layer`: names of rules with their numbers.
    Tools = dict[str, tuple[tuple[Any, ...], ...]]

#: What a layer with a keyword must define; checked when its class is made.
FACETS = ("output_shape", "params", "op_count", "reads", "forward")
#: What it must say of itself in a word, or inherit from the base of its family.
WORDS = ("role", "in_place", "is_view", "foreign", "tools")
#: What kinds of layers there are; `input` is the one that a spec never writes as a layer.
ROLES = (
    "input", "weighted", "pool", "activation", "norm", "merge", "rearrange", "regularisation",
    "sampling", "custom",
)  # fmt: skip
#: How many things a layer remembers.
MAX_MEMO = 1024


def _facet(name: str) -> Any:
    def missing(self: Layer, *_arguments: object) -> Any:
        raise TypeError(f"{type(self).__name__} does not say its {name}")

    missing.is_missing = True  # type: ignore[attr-defined]  # read by __init_subclass__
    return missing


class Layer(LayerWords):
    """Base of all layers: a frozen record of fields whose facets are pure functions of shapes.

    `keyword` is the layer's word in a spec. `arity` is how many inputs it takes (`None`: any
    number from one). Construction validates every field and raises `LayerError`. A layer keeps what
    was computed from it: its first facts, and in a dictionary whatever else there is.

    Class words, which must be stated (see `WORDS`): `role` is one of `ROLES`; a layer is `in_place`
    if it can write over its input, and `is_view` if it passes its input on without copying, when
    nothing is trained; `foreign` holds its names in other tools, by tool, where they are not ours;
    `tools` says by which rules tools that count operations count it (`analysis.tool_rules`; a tool
    that is not named counts nothing), and is None if PyTorch, at which they look, lacks it.

    Class words of a few layers: `takes` is `map` for those that need spatial axes and `vector` for
    those that need a flat vector; `slides` marks windows that move over the input; `cancels_bias`
    a norm that subtracts the mean of each channel, `gives_probabilities` a softmax. `noun` is what
    a question calls the layer where that is not its keyword, `keeps` what `explain` adds to "keeps
    the shape", `buffers` what numbers are kept and not trained. `sized` marks a layer whose first
    field a number after its word sets, as in `DROPOUT-0.5`, `quiet` one whose first field says
    little, `flattens` one that makes a map a vector. `weighs_places` marks one that has numbers of
    its own for every place that it reads, so that their count depends on the size of the input,
    `streams` one whose weights are used in blocks of rows, not all at once. A layer without
    `branches` takes several inputs by name only. Of an `opaque` one nobody knows more than the spec
    says: it cannot be executed, and what it reads is not known.
    """

    __slots__ = ("_first", "_memo")
    keyword: ClassVar[str] = ""
    arity: ClassVar[int | None] = 1
    role: ClassVar[str]
    in_place: ClassVar[bool]
    is_view: ClassVar[bool]
    foreign: ClassVar[dict[str, str]]
    tools: ClassVar[Tools | None]
    takes: ClassVar[str] = "any"
    slides: ClassVar[bool] = False
    cancels_bias: ClassVar[bool] = False
    gives_probabilities: ClassVar[bool] = False
    sized: ClassVar[bool] = False
    quiet: ClassVar[bool] = False
    flattens: ClassVar[bool] = False
    weighs_places: ClassVar[bool] = False
    streams: ClassVar[bool] = False
    branches: ClassVar[bool] = True
    opaque: ClassVar[bool] = False
    noun: ClassVar[str] = ""
    keeps: ClassVar[str] = ""
    buffers: ClassVar[str] = ""
    #: Whether every unit reads the one element of its own place, whatever the shape.
    reads_own: ClassVar[bool] = False

    if TYPE_CHECKING:
        _first: ClassVar[Any]
        _memo: ClassVar[Any]

        @property
        def like(self) -> str | None:
            """The node whose size it takes: its last input, whose values it does not read."""

        def output_shape(self, inputs: tuple[Shape, ...]) -> Shape: ...
        def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]: ...
        def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> Operations: ...
        def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]: ...
        def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array: ...

    else:
        like = None
        output_shape = _facet("output_shape")
        params = _facet("params")
        op_count = _facet("op_count")
        reads = _facet("reads")
        forward = _facet("forward")

        def __init_subclass__(cls, **options):
            super().__init_subclass__(**options)
            if "keyword" in cls.__dict__:
                for facet in FACETS:
                    if getattr(getattr(cls, facet), "is_missing", False):
                        raise TypeError(f"{cls.__name__} does not say its {facet}")
                for word in WORDS:
                    if not hasattr(cls, word):
                        raise TypeError(f"{cls.__name__} does not say its {word}")

        def __init__(self, *args, **kwargs):
            cls = type(self)
            if args:
                kwargs.update(zip(cls._fields, args, strict=False))
            for name, put, default in cls._setters:
                if name not in kwargs:
                    if default is MISSING:
                        raise TypeError(f"{cls.__name__} needs {name}")
                    put(self, default)
                    continue
                value = kwargs.pop(name)
                if value is not default:
                    spec = cls._fields[name]
                    if isinstance(spec, LayerField):
                        value = spec.check(name, value)
                put(self, value)
            if kwargs or len(args) > len(cls._setters):
                raise TypeError(
                    f"{cls.__name__} cannot take {', '.join(kwargs) or 'so many values'}"
                )
            put_first(self, None)
            put_memo(self, None)
            self.validate()

    @classmethod
    def of(cls, values: Iterable[Any]) -> Self:
        """Return a layer with a value for each field, in their order and normal form.

        Raises `LayerError` if the fields contradict one another.
        """
        layer = cls.__new__(cls)
        for put, value in zip(cls._puts, values, strict=False):
            put(layer, value)
        put_first(layer, None)
        put_memo(layer, None)
        layer.validate()
        return layer

    def train(
        self, run: Workspace, inputs: Inputs, weights: NodeWeights, _step: TrainingStep
    ) -> Array:
        """Return the output of a forward pass in training; most layers do the same as always."""
        return self.forward(run, inputs, weights)

    def validate(self) -> None:
        """Raise `LayerError` if the fields contradict one another."""

    def facts(self, inputs: tuple[Shape, ...]) -> Facts:
        """Return output shape, params and operations on these input shapes; computed once.

        Raises `LayerError` if the layer cannot take such inputs.
        """
        first: Facts | None = self._first
        if first is None:  # most layers have one input: a dictionary for it would be large
            first = self.work_out(inputs)
            put_first(self, first)
        if first.inputs == inputs:
            return first
        memo = self._memo
        found: Facts | None = None if memo is None else memo.get(inputs)
        if found is None:
            found = self.work_out(inputs)
            self.remember(inputs, found)
        return found

    def work_out(self, inputs: tuple[Shape, ...]) -> Facts:
        """Return the facts of these input shapes; raises `LayerError` as `facts`."""
        output = self.output_shape(inputs)
        if max(output) > MAX_LENGTH:
            raise LayerError(
                f"the output would be {show_shape(output)}, and no axis may be longer than"
                f" {MAX_LENGTH:,}",
                help="use a smaller input, or less of what enlarges it",
            )
        return Facts(self, inputs, output, self.params(inputs), self.op_count(inputs, output))

    def read(self, inputs: tuple[T, ...]) -> tuple[T, ...]:
        """Return those of its inputs whose values it reads, not the size alone."""
        return inputs if self.like is None else inputs[:-1]

    def readings(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        """Return how the layer reads each of its inputs, of these shapes; computed once.

        An input that only gives its size is the last, and has none.
        """
        key = inputs, output
        found: tuple[Reading, ...] | None = self.recall(key)
        if found is None:
            found = self.reads(inputs, output)
            self.remember(key, found)
        return found

    def remember(self, key: Any, value: Any) -> None:
        """Keep what was computed, unless there is too much already."""
        if self._memo is None or len(self._memo) >= MAX_MEMO:
            put_memo(self, {})
        self._memo[key] = value

    def recall(self, key: Any) -> Any:
        """Return what was kept under a key, or None."""
        return None if self._memo is None else self._memo.get(key)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The numbers of weights that are not known: `params`, `buffers`."""
        return ()

    def counted_once(self, inputs: tuple[Shape, ...], output: Shape, flops: int) -> Terms:
        """Return operations, each counted once, as terms `(name, factor, count)`."""
        elements = product(output)
        each, rest = divmod(flops, elements)
        if rest:
            return ((f"{self.label} operations", 1, flops),)
        what = "elements" if output == inputs[0] else "outputs"
        return ((f"{self.label} {what}", each, elements),)

    def counted_by_tools(self) -> Tools | None:
        """Return the rules of other tools; None if PyTorch has no such layer."""
        return self.tools

    def connections_of(self, ops: OpCount) -> int | None:
        """Return products and bias adds, as LeCun et al. 1998 count; None without weights."""
        return ops.macs + ops.adds if self.role == "weighted" else None

    def initial(self, array: ParamSpec) -> float | None:
        """Return the value before training of all numbers of an array; None: drawn at random."""
        if array.name == "bias" or not array.trainable:
            return 0.0
        return 1.0 if len(array.shape) == 1 else None

    def given(self, array: ParamSpec) -> Any:
        """Return the values, or the name of them, that a field of an array's name gives for it.

        None if there is no such field, or it says no more than that there is such an array.
        """
        value = getattr(self, array.name, None)
        return None if type(value) is bool else value

    def fan_in(self, weight: Shape) -> int:
        """Return how many products one output sums up, for weights of this shape."""
        return product(weight[1:])


#: How a layer, which nobody else may change, puts down what it remembers.
put_first, put_memo = Layer._first.__set__, Layer._memo.__set__
