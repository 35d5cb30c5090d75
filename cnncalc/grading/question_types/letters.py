"""The right formula of an expression question, in the question's own letters.

It is the derivation that `cnncalc explain` gives for the layer, with its symbols replaced by what
they are in the question: a number, a letter, or the formula of the layer before. Where there is no
such derivation, the polynomial through the points is taken. Either is kept only if it is right at
every point.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import SpecError
from cnncalc.grading.answers import Formula, differs, read_formula
from cnncalc.grading.conventions import Conventions
from cnncalc.grading.model import Network, Point
from cnncalc.grading.question_types.polynomial import fitted, number, polynomial, simplified
from cnncalc.teaching.derivation import Derivation
from cnncalc.teaching.explain import explain
from cnncalc.teaching.formula import TEXT, parse
from cnncalc.teaching.formula import symbols as names_in

MAX_SAMPLES = 40
MAX_DEPTH = 12
MAX_LENGTH = 200
LONG = 60
#: What `explain` calls a quantity, and the symbols that it may stand under, the likeliest first.
_SECTIONS = {
    "size": ("shape", ("W_out", "L_out")), "spatial": ("shape", ("W_out", "L_out")),
    "width": ("shape", ("W_out",)), "height": ("shape", ("H_out", "W_out")),
    "length": ("shape", ("L_out",)), "params": ("params", ("params",)),
    "macs": ("macs", ("MACs", "macs")), "flops": ("macs", ("MACs", "macs")),
    "receptive_field": ("receptive_field", ("r_out",)),
}  # fmt: skip
#: Symbols that are a figure of the layer before: its section and its symbol there.
_BEFORE = {
    "W": ("shape", ("W_out",)), "H": ("shape", ("H_out", "W_out")), "L": ("shape", ("L_out",)),
    "D": ("shape", ("D_out", "W_out")), "r_in": ("receptive_field", ("r_out",)),
    "j_in": ("receptive_field", ("j_out",)), "F_in": ("shape", ("F_out",)),
}  # fmt: skip
#: Symbols that another line of the same layer derives.
_BESIDE = {
    "W_out": ("shape", ("W_out",)), "H_out": ("shape", ("H_out", "W_out")),
    "D_out": ("shape", ("D_out", "W_out")), "L_out": ("shape", ("L_out",)), "E": ("shape", ("E",)),
}  # fmt: skip


#: Letters that courses use for the sizes of a layer.
_USUAL = {
    "kernel_size": ("F", "K", "kernel"), "stride": ("S", "stride"), "padding": ("P", "pad"),
    "dilation": ("D", "dilation"), "input": ("W", "N", "I", "W_in"), "in_channels": ("C_in",),
    "out_channels": ("C_out", "filters"),
}  # fmt: skip


class Sample(NamedTuple):
    """The network at one point of the symbols, and the nodes asked about (none: all of it)."""

    point: dict[str, Fraction]
    network: Network
    nodes: tuple[int, ...]


def in_letters(
    quantity: str,
    conventions: Conventions,
    points: Sequence[Point],
    samples: Sequence[Sample],
    symbols: tuple[str, ...],
) -> str:
    """Return a formula that is right at every point; empty if none is found."""
    derived = _right(_derived(quantity, conventions, samples, symbols), points, symbols)
    if derived and len(derived) <= LONG:
        return derived
    # The derivation shows where it comes from, but a sum over many layers may be long.
    found = [one for one in (derived, _right(fitted(points, symbols), points, symbols)) if one]
    return min(found, key=len, default="")


def _right(tree: ast.expr | None, points: Sequence[Point], symbols: tuple[str, ...]) -> str:
    """Return a formula as text if it is right at every point, and not too long."""
    text = "" if tree is None else TEXT.write(simplified(tree))
    formula = read_formula(text, symbols) if 0 < len(text) <= MAX_LENGTH else None
    right = isinstance(formula, Formula) and differs(formula, tuple(points)) is None
    return text if right else ""


def _derived(
    quantity: str, conventions: Conventions, samples: Sequence[Sample], symbols: tuple[str, ...]
) -> ast.expr | None:
    """Return the formula that the layers' derivations give, if they give one."""
    try:
        lessons = _Lessons(samples[:MAX_SAMPLES], symbols)
        return _of_quantity(quantity, conventions, lessons)
    except (SpecError, LookupError, ValueError):
        return None


def _of_quantity(quantity: str, conventions: Conventions, lessons: _Lessons) -> ast.expr | None:
    if quantity in ("activations", "connections"):
        node = lessons.node()
        outputs = lessons.volume(node)
        if quantity == "activations":
            return outputs
        products = lessons.formula(node, *_SECTIONS["macs"])
        biased = conventions.bias == "counted" and lessons.biased(node)
        return ast.BinOp(products, ast.Add(), outputs) if biased else products
    if quantity not in _SECTIONS or (quantity == "params" and conventions.bias == "apart"):
        return None
    if quantity == "flops" and conventions.flops == "default":
        return None
    tree = lessons.sum(*_SECTIONS[quantity])
    twice = quantity == "flops" and conventions.flops == "2macs"
    return ast.BinOp(ast.Constant(2), ast.Mult(), tree) if twice else tree


class _Lessons:
    """The derivations of the same layers at several points."""

    def __init__(self, samples: Sequence[Sample], symbols: tuple[str, ...]) -> None:
        self.samples = samples
        self.symbols = symbols
        self.analyses: list[Analysis] = [analyze(sample.network.graph) for sample in samples]
        self.known: dict[tuple[int, str], list[dict[str, Derivation]]] = {}

    def node(self) -> int:
        """Return the one node asked about; raises LookupError if there are several."""
        asked = self.samples[0].nodes or self.samples[0].network.graph.outputs
        if len(asked) != 1:
            raise LookupError("several nodes")
        return asked[0]

    def biased(self, node: int) -> bool:
        """Tell whether a layer has a bias."""
        return getattr(self.samples[0].network.graph.nodes[node].layer, "bias", False) is True

    def volume(self, node: int) -> ast.expr:
        """Return the number of outputs of a node as a product of its axes."""
        shapes = [sample.network.right.shapes[node] or () for sample in self.samples]
        everywhere = list(range(len(self.samples)))
        tree = self.letter(node, "C_out", everywhere, [Fraction(shape[0]) for shape in shapes], 0)
        axes = {2: ("L",), 3: ("H", "W"), 4: ("D", "H", "W")}.get(len(shapes[0]), ())
        for position, axis in enumerate(axes, 1):
            column = [Fraction(shape[position]) for shape in shapes]
            one = self.letter(node, f"{axis}_out", everywhere, column, 0)
            tree = ast.BinOp(tree, ast.Mult(), one)
        return tree

    def sum(self, section: str, names: tuple[str, ...]) -> ast.expr:
        """Return the formula of the nodes asked about, summed where several count."""
        graph, asked = self.samples[0].network.graph, self.samples[0].nodes
        single = section in ("shape", "receptive_field")
        if single or len(asked) == 1:
            node = asked[-1] if asked else graph.outputs[0]
            return self.formula(node, section, names)
        nodes = asked or tuple([i for i in range(len(graph.nodes)) if i not in graph.inputs])
        parts = [
            self.formula(node, section, names)
            for node in nodes
            if any(name in one for one in self.lines(node, section) for name in names)
        ]
        total, *rest = parts
        for part in rest:
            total = ast.BinOp(total, ast.Add(), part)
        return total

    def lines(self, node: int, section: str) -> list[dict[str, Derivation]]:
        """Return the derivations of a section of a node, by symbol, at every point."""
        key = (node, section)
        if key not in self.known:
            found = []
            for analysis in self.analyses:
                sections = explain(analysis, [node], (section,)).explanations[0].sections
                lines = sections[0].derivations() if sections else []
                found.append({line.symbol: line for line in lines})
            self.known[key] = found
        return self.known[key]

    def formula(self, node: int, section: str, names: tuple[str, ...], depth: int = 0) -> ast.expr:
        """Return the formula of a symbol of a node in the question's letters; raises LookupError.

        Its wording differs from point to point (no dilation, no padding): the longest is taken.
        """
        lines = self.lines(node, section)
        name = next((name for name in names if any(name in one for one in lines)), None)
        if name is None:
            before = self.samples[0].network.graph.nodes[node].inputs
            if depth < MAX_DEPTH and len(before) == 1 and section in ("shape", "receptive_field"):
                return self.formula(before[0], section, names, depth + 1)  # it keeps the shape
            raise LookupError(names)
        worded = {one[name].formula for one in lines if name in one}
        text = max(worded, key=_generality)
        alike = [i for i, one in enumerate(lines) if name in one and one[name].formula == text]
        values = {
            symbol: [Fraction(lines[i][name].values[symbol]) for i in alike]
            for symbol in names_in(parse(text))
        }
        replaced = {
            symbol: self.letter(node, symbol, alike, column, depth)
            for symbol, column in values.items()
        }
        return _Replacing(replaced).visit(ast.parse(text, mode="eval").body)  # type: ignore[no-any-return]

    def letter(
        self, node: int, symbol: str, alike: list[int], column: list[Fraction], depth: int
    ) -> ast.expr:
        """Return what a symbol of a derivation is: a number, a letter, a formula."""
        points = [self.samples[i].point for i in alike]
        if len(set(column)) == 1 and len(column) > 1:
            return number(column[0])
        for letter in self.symbols:
            own = [point[letter] for point in points]
            if own == column:
                return ast.Name(letter)
        pairs = list(zip(points, column, strict=True))
        plain = polynomial(pairs, self.symbols, 1)
        if plain is not None:
            return plain
        if depth < MAX_DEPTH and symbol in _BESIDE:
            return self.formula(node, *_BESIDE[symbol], depth + 1)
        if depth < MAX_DEPTH and symbol in _BEFORE:
            before = self.samples[0].network.graph.nodes[node].inputs
            section, names = _BEFORE[symbol]
            return self.formula(before[0], section, names, depth + 1)
        found = polynomial(pairs, self.symbols, 2)
        if found is None:
            raise LookupError(symbol)
        return found


def _generality(wording: str) -> tuple[int, bool, str]:
    """Return what makes one wording of a formula more general than another."""
    names = names_in(parse(wording))
    return len(names), "E" in names, wording  # E, the extent, is the kernel where nothing dilates


class _Replacing(ast.NodeTransformer):
    def __init__(self, replaced: dict[str, ast.expr]) -> None:
        self.replaced = replaced

    def visit_Name(self, node: ast.Name) -> ast.expr:  # ast's name
        return self.replaced.get(node.id, node)


def other_letters(
    samples: Sequence[Sample], symbols: tuple[str, ...], taken: tuple[str, ...]
) -> dict[str, str]:
    """Return further letters that students may use, each with the symbol it stands for.

    A symbol that is a layer's kernel at every point may be called K as well as F, unless the
    question uses that letter for something else.
    """
    roles: dict[str, list[str]] = {}
    for symbol in symbols if len(samples) > 2 else ():
        same = [
            role
            for role in _USUAL
            if all(_size_of(sample, role) == sample.point[symbol] for sample in samples)
        ]
        if len(same) == 1:
            roles.setdefault(same[0], []).append(symbol)
    used = {name.replace("_", "").lower() for name in taken}
    result = {}
    for role, own in roles.items():
        for letter in _USUAL[role] if len(own) == 1 else ():
            plain = letter.replace("_", "").lower()
            if plain not in used:
                used.add(plain)
                result[letter] = own[0]
    return result


def _size_of(sample: Sample, role: str) -> int | None:
    """Return a size of the layer asked about, if it is one number."""
    graph, world = sample.network.graph, sample.network.right
    node = sample.nodes[-1] if sample.nodes else graph.outputs[0]
    shape = (world.inputs[node] or ((),))[0] if graph.nodes[node].inputs else ()
    if role in ("input", "in_channels"):
        if not shape or (role == "input" and len(shape) < 2):
            return None
        return shape[-1] if role == "input" else shape[0]
    value = getattr(world.layers[node], role, None)
    return value if isinstance(value, int) else None
