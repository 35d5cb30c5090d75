"""What a layer says of itself in words: documentation, descriptions, workings."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers.option import LayerField, show
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.layers.protocols import Blackboard, Costs, Formula, Lines, Sheet
    from cnncalc.quantities import OpCount, PartCount, Shape

#: What the documentation of every layer tells; the base of a family may tell it for all.
SECTIONS = ("Shape", "Params", "Operations", "Example", "Source")
#: Fields that a description tells by words of their own, or that no figure depends on.
_TOLD = frozenset(
    ("out_channels", "kernel_size", "out_features", "stride", "padding", "dilation", "groups",
     "bias", "ceil_mode", "eps")
)  # fmt: skip
MAX_SHOWN = 60


class LayerWords(Record):
    """Base of layers: their words. Class words are explained in `Layer`."""

    if TYPE_CHECKING:
        keyword: ClassVar[str]
        role: ClassVar[str]
        quiet: ClassVar[bool]
        keeps: ClassVar[str]
        noun: ClassVar[str]

        @property
        def like(self) -> str | None:
            """The node whose size it takes: its last input, whose values it does not read."""

        def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount | PartCount: ...

    @property
    def label(self) -> str:
        """The layer's name in the terms of conventions."""
        return self.keyword.replace("_", "-")

    def in_few_words(self) -> list[str]:
        """Return what is worth saying of the fields, beside those of a window."""
        if self.like is not None:
            return [f"like {self.like}" if len(self.like) <= 20 else "like another"]
        first = None if self.quiet else next(iter(self.values()), None)
        return [] if first is None else [f"{first:g}" if type(first) is float else show(first)]

    def in_words(self) -> str:
        """Return the layer as a question describes it: `convolution, 10 filters 5×5, stride 1`."""
        value = self.as_dict()
        count, kernel = value.get("out_channels"), value.get("kernel_size")
        lengths = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        window = "×".join(map(str, lengths)) if kernel is not None else ""
        filters = "" if count is None else f"{count} filter{'s' * (count != 1)} "
        parts = [self.noun or self.keyword.replace("_", " "), (filters + window).strip()]
        if "out_features" in value:
            parts.append(f"{value['out_features']} outputs")
        for field in ("stride", "padding", "dilation"):
            own = value.get(field)
            own = kernel if own is None and field in value and field == "stride" else own
            if own is not None and (field != "dilation" or own != 1):
                parts.append(f"{field} {show(own)}")
        if value.get("groups", 1) != 1:
            parts.append(f"{value['groups']} groups")
        parts += ["no bias"] * (value.get("bias") is False)
        parts += ["rounded up"] * bool(value.get("ceil_mode"))
        usual = self.fields()
        for field, own in value.items():
            if field not in _TOLD and own != usual[field].default:
                text = show(own)
                text = text if len(text) <= MAX_SHOWN else "as in the spec"
                parts.append(f"{field.replace('_', ' ')} {text}")
        return ", ".join(filter(None, parts))

    def as_typed(self, *without: str) -> str:
        """Return the fields that differ from their defaults as a spec has them: `{stride: 2}`."""
        usual = self.fields()
        given = [
            f"{name}: {show(value)}"
            for name, value in self.as_dict().items()
            if value != usual[name].default and name not in without
        ]
        return "{" + ", ".join(given) + "}" if given else ""

    def explain_shape(self, board: Blackboard) -> Lines:
        """Return where the output shape comes from."""
        if all(shape == board.output for shape in board.inputs):
            return [f"{self.keyword} keeps the shape{self.keeps}"]
        raise TypeError(f"{type(self).__name__} does not explain its shape")

    def explain_params(self, board: Blackboard) -> Formula:
        """Return the formula of the trainable numbers, and a remark."""
        raise TypeError(f"{type(self).__name__} does not explain its params")

    def explain_ops(self, board: Blackboard) -> Costs:
        """Return formula and remark of every kind of operation that is spent."""
        if any(self.op_count(board.inputs, board.output).values()):
            raise TypeError(f"{type(self).__name__} does not explain its operations")
        return {}

    def work(self, sheet: Sheet) -> float:
        """Write on a sheet how one unit is worked out, and return its value.

        A layer that rearranges passes one element on. Raises `LayerError` if it shows no working.
        """
        if self.role == "rearrange":
            remark = "the element at its place" if sheet.held() else "padding"
            return sheet.equation("y", "x", remark, x=sheet.value())
        raise LayerError(
            f"{self.keyword} does not show the working of one unit",
            help="`--layer NAME` prints what it gives; `explain` how its figures are computed",
        )

    @classmethod
    def documentation(cls) -> dict[str, str]:
        """Return the parts of the docstring: `Summary`, then the sections of `SECTIONS`."""
        import re  # for those who read the documentation only

        text = " ".join((cls.__doc__ or "").split()).removesuffix(".")
        parts = ["Summary", *re.split(rf"\b({'|'.join(SECTIONS)}): ", text)]
        return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}

    @classmethod
    def fields(cls) -> dict[str, LayerField]:
        """Return the declared fields, by name and in order; the first is what a scalar sets."""
        return cls._fields
