"""A layer of one's own: its shape and counts by formulas, or not known."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError, quoted
from cnncalc.layers import formulas, options
from cnncalc.layers.base import Layer
from cnncalc.layers.option import show
from cnncalc.layers.option_kinds import LONGEST_NAME
from cnncalc.layers.reading import Reading
from cnncalc.quantities import OPERATIONS, OpCount, ParamSpec, PartCount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.formulas import Formula
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, NodeWeights
    from cnncalc.layers.protocols import Formula as Explained
    from cnncalc.quantities import Shape

    Output = str | tuple[Formula, ...]

#: The counts that a formula gives.
COUNTS = ("params", "buffers", *OPERATIONS)


class Custom(Layer):
    """A layer that cnncalc does not have: its output shape, and what is known of its counts.

    Formulas may read in_channels, length, depth, height, width, positions, elements, shape, shapes
    of the input, and the same of the output with out_ before it.

    Shape: as `output` says
    Params: as `params` says; not known without it
    Operations: as their formulas say; not known without them, unless `rest` is none
    Example: {custom: {kind: deform_conv, output: [64, height, width],
        params: in_channels * 64 * 9, macs: elements * 64 * 9, rest: none}}
    Source: the spec
    """

    keyword = "custom"
    arity = None
    branches = False
    role = "custom"
    in_place = False
    is_view = False
    opaque = True
    foreign = {}
    tools = None
    kind: str = options.name("what it is called elsewhere")
    output: Output = options.shape("the shape of the output")
    #: The underscore tells these fields from the facets of the same name.
    params_: Formula | None = options.formula("numbers that are learned")
    buffers_: Formula | None = options.formula("numbers that are kept and not learned")
    macs: Formula | None = options.formula("products added to a sum")
    adds: Formula | None = options.formula("additions")
    muls: Formula | None = options.formula("multiplications")
    divs: Formula | None = options.formula("divisions")
    comparisons: Formula | None = options.formula("comparisons")
    exps: Formula | None = options.formula("transcendental functions")
    rest: str = options.word(
        "what a count is without a formula: not known, or none", ("unknown", "none"), "unknown"
    )

    if not TYPE_CHECKING:

        def __init__(self, *args, **kwargs):
            renamed = {SLOTS.get(name, name): value for name, value in kwargs.items()}
            Layer.__init__(self, *args, **renamed)

        def as_dict(self):
            return {name: getattr(self, SLOTS.get(name, name)) for name in self.fields()}

        @classmethod
        def fields(cls):
            return {name.rstrip("_"): spec for name, spec in cls._fields.items()}

    def validate(self) -> None:
        """Raise `LayerError` for a formula that is none, or reads what there is not."""
        lengths = (self.output,) if isinstance(self.output, str) else self.output
        for length in lengths:
            formulas.check(length, "output", formulas.OF_INPUT)
        for field in COUNTS:
            formulas.check(self.formula(field) or 0, field)

    def formula(self, field: str) -> Formula | None:
        """Return the formula of a count, 0 if it is none; None if it is not known."""
        given: Formula | None = getattr(self, SLOTS.get(field, field))
        return 0 if given is None and self.rest == "none" else given

    @property
    def unknown(self) -> tuple[str, ...]:
        """The weights whose number is not known: `params`, `buffers`."""
        return tuple([field for field in SLOTS if self.formula(field) is None])

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        given, lengths = formulas.values(inputs), self.output
        if isinstance(lengths, str):
            found = formulas.value(lengths, "output", given)
            lengths = found if isinstance(found, tuple) else (found,)
        shape = tuple([formulas.value(length, "output", given) for length in lengths])
        if not 1 <= len(shape) <= 4 or any(type(n) is not int or n < 1 for n in shape):
            raise LayerError(
                f"`output` must come to one to four lengths from 1, but {show(self.output)} is"
                f" {show(shape)}",
                help="`//` divides whole numbers; ceil() and floor() round",
                field="output",
            )
        return shape

    def count(self, field: str, inputs: tuple[Shape, ...], output: Shape) -> int | None:
        """Return a count on these shapes; None if it is not known."""
        return formulas.count(self.formula(field), field, formulas.values(inputs, output))

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        output = self.output_shape(inputs)
        counts = {field: self.count(field, inputs, output) for field in SLOTS}
        return tuple(
            [ParamSpec(ARRAYS[field], (n,), field == "params") for field, n in counts.items() if n]
        )

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount | PartCount:
        counts = [self.count(kind, inputs, output) for kind in OPERATIONS]
        known = [n for n in counts if n is not None]
        return OpCount(*known) if len(known) == len(counts) else PartCount(*counts)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return (Reading(None, unknown=True),) * len(inputs)

    def in_few_words(self) -> list[str]:
        return [self.kind]

    def explain_shape(self, board: Blackboard) -> Lines:
        return [f"{show(self.output)}, as the spec says of this {self.kind}: {board.in_words()}"]

    def explain_params(self, board: Blackboard) -> Explained:
        return self.explained("params", board)

    def explain_ops(self, board: Blackboard) -> Costs:
        counts = {kind: self.count(kind, board.inputs, board.output) for kind in OPERATIONS}
        return {kind: self.explained(kind, board) for kind, n in counts.items() if n}

    def explained(self, field: str, board: Blackboard) -> Explained:
        """Return a count, with the formula that the spec gives and what that reads."""
        formula, number = self.formula(field), self.count(field, board.inputs, board.output)
        if not isinstance(formula, str):
            return str(number), "as the spec says"
        given = formulas.values(board.inputs, board.output)
        names = sorted(formulas.compiled(formula, field).names)
        where = ", ".join(f"{name} = {show(given[name])}" for name in names)
        return str(number), f"by the spec's formula {formula}" + (f": {where}" if where else "")

    def forward(self, _run: Workspace, _inputs: Inputs, _weights: NodeWeights) -> Array:
        raise LayerError(
            f"{quoted(self.kind)} cannot be executed: cnncalc knows its shape and counts only",
            help="write it with the layers that there are: `cnncalc layers` lists them",
        )


#: The slots of fields that bear the name of a facet, and what their arrays are called.
SLOTS = {"params": "params_", "buffers": "buffers_"}
ARRAYS = {"params": "weight", "buffers": "buffer"}


def opaque(kind: str, output: Shape, **counts: int) -> Custom:
    """Return a layer whose output shape is known, and of its counts those that are given.

    For readers of other formats: `opaque("NonMaxSuppression", (100, 4))`; counts are named as in
    `COUNTS`, and those that are left out are not known.
    """
    name = "".join([c for c in kind if c.isprintable()])[:LONGEST_NAME]
    made: type[Any] = Custom
    layer: Custom = made(kind=name or "custom", output=output, **counts)
    return layer
