"""Derivations: numbers that come with their formula, and cannot disagree with the analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.teaching.formula import (
    FormulaWriter,
    Number,
    Values,
    evaluate,
    parse,
    symbols,
)

Line: TypeAlias = "Derivation | str"


class ContradictionError(SpecError):
    """A formula does not give the number that the analysis has: a fault of cnncalc itself."""


@dataclass(frozen=True)
class Derivation:
    """One number worked out: `symbol = formula = with numbers = result`, and what it means.

    `computed` is the number of the analysis. Making a derivation evaluates its formula and raises
    `ContradictionError` unless both agree, so that a working which does not lead to the printed
    number cannot exist.
    """

    symbol: str
    formula: str
    values: Values
    computed: Number
    meaning: str
    remark: str = ""

    def __post_init__(self) -> None:
        result = evaluate(parse(self.formula), self.values)
        if result != self.computed:
            message = (
                f"the derivation {self.symbol} = {self.formula} gives {result},"
                f" but the analysis {self.computed}: this is a fault of cnncalc, please report it"
            )
            raise ContradictionError(Diagnostic(message))

    def symbols(self) -> list[str]:
        """Return the symbols on the right-hand side."""
        return symbols(parse(self.formula))

    def stages(self, writer: FormulaWriter) -> list[str]:
        """Return formula, substitution, at most one step between, and result, without repeats."""
        return writer.stages(self.formula, self.values, self.computed)


@dataclass(frozen=True)
class Section:
    """One quantity of one layer: its value as a program wants it, and the lines that lead there.

    `result` is the value in words, such as `6x28x28` or `156`.
    """

    quantity: str
    result: str
    value: object
    lines: tuple[Line, ...]

    def derivations(self) -> list[Derivation]:
        """Return the lines that are derivations."""
        return [line for line in self.lines if isinstance(line, Derivation)]


@dataclass(frozen=True)
class Explanation:
    """Everything said about one layer: what it is, what it gets and gives, and its sections."""

    name: str
    layer: str
    call: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Lesson:
    """The explanations of some layers of a network, with notes on what was assumed.

    `totals` are sums over the whole network, present where the whole network is explained.
    """

    title: str
    layout: str
    explanations: tuple[Explanation, ...]
    totals: tuple[Section, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def legend(self) -> Mapping[str, str]:
        """Return the meaning of every symbol that stands in a formula, in order of appearance."""
        used: dict[str, str] = {}
        plain = ("adds", "muls", "divs", "comparisons", "exps", "numbers", "start", "stop", "step")
        sections = [s for e in self.explanations for s in e.sections] + list(self.totals)
        for section in sections:
            for derivation in section.derivations():
                for name in derivation.symbols():
                    if name not in plain:
                        used.setdefault(name, meaning(name))
        return used


#: What the symbols mean; an index `in` or `out` and an axis are added to these.
MEANINGS = {
    "L": "length of the input",
    "W": "width of the input",
    "H": "height of the input",
    "D": "depth of the input",
    "L_out": "length of the output",
    "W_out": "width of the output",
    "H_out": "height of the output",
    "D_out": "depth of the output",
    "K": "kernel size",
    "K_h": "kernel height",
    "K_w": "kernel width",
    "K_d": "kernel depth",
    "E": "extent of the dilated kernel",
    "S": "stride",
    "P": "padding on each side",
    "P_1": "padding before (left, top)",
    "P_2": "padding after (right, bottom)",
    "P_total": "padding before and after together",
    "d": "dilation",
    "A": "output padding",
    "U": "scale factor",
    "C": "channels",
    "C_in": "channels of the input",
    "C_out": "channels of the output (filters)",
    "G": "groups",
    "T": "pairs of filter and channel in the connection table",
    "B": "branches",
    "F_in": "length of the flat input",
    "F_out": "length of the flat output (units)",
    "N": "numbers in the output",
    "N_in": "numbers in the input",
    "M": "positions in the output",
    "Q": "sets of elements with statistics of their own",
    "R": "elements read by all bins",
    "V": "channels in all windows of the normalisation",
    "X": "slopes",
    "MACs": "multiply-accumulates",
    "r_in": "receptive field before the layer",
    "j_in": "jump before the layer: input pixels between neighbouring units",
    "p_in": "start of unit 0's field before the layer",
    "b": "bytes of one number",
    "n": "samples in a batch",
}


def meaning(name: str) -> str:
    """Return what a symbol means; sums over branches or layers number their symbols."""
    base, _, index = name.partition("_")
    if name in MEANINGS:
        return MEANINGS[name]
    if index.isdigit():
        return f"{MEANINGS.get(base, base)}, of part {index}"
    return base
