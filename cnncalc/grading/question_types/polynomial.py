"""Polynomials through points, exactly, and the tidying of formulas."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from math import lcm

from cnncalc.grading.model import Point

MAX_DEGREE = 3


def fitted(points: Sequence[Point], symbols: tuple[str, ...]) -> ast.expr | None:
    """Return the polynomial of least degree through the points, if there is one."""
    for degree in range(1, MAX_DEGREE + 1):
        tree = polynomial(points, symbols, degree)
        if tree is not None:
            return tree
    return None


def polynomial(
    points: Sequence[tuple[dict[str, Fraction], Fraction]], symbols: tuple[str, ...], degree: int
) -> ast.expr | None:
    """Return a polynomial of a degree that has the values at the points.

    Gaussian elimination over the monomials, exactly; None if there is none, or if the points are
    too few to tell.
    """
    monomials = [
        chosen
        for size in range(degree, -1, -1)
        for chosen in combinations_with_replacement(symbols, size)
    ]
    if len(points) <= len(monomials):
        return None
    rows = [[*[_product(point, chosen) for chosen in monomials], value] for point, value in points]
    # A few equations more than monomials settle it; the others only have to hold.
    few = 2 * len(monomials) + 2
    weights = _solved(rows[:few], len(monomials))
    if weights is None or not all(_holds(row, weights) for row in rows[few:]):
        return None
    return _written(monomials, weights)


def _holds(row: list[Fraction], weights: list[Fraction]) -> bool:
    pairs = zip(row, weights, strict=False)
    return sum((value * weight for value, weight in pairs if weight), Fraction(0)) == row[-1]


def _product(point: dict[str, Fraction], chosen: tuple[str, ...]) -> Fraction:
    result = Fraction(1)
    for name in chosen:
        result *= point[name]
    return result


def _solved(rows: list[list[Fraction]], count: int) -> list[Fraction] | None:
    """Return a solution of linear equations, whose last column is the right side, or None."""
    rows = [list(row) for row in rows]
    pivots: list[int] = []
    done = 0
    for column in range(count):
        found = next((i for i in range(done, len(rows)) if rows[i][column]), None)
        if found is None:
            continue  # a monomial that others stand for at these points: it is not needed
        rows[done], rows[found] = rows[found], rows[done]
        pivot = rows[done][column]
        rows[done] = [value / pivot for value in rows[done]]
        for i, row in enumerate(rows):
            if i != done and row[column]:
                factor = row[column]
                rows[i] = [a - factor * b for a, b in zip(row, rows[done], strict=True)]
        pivots.append(column)
        done += 1
    if any(row[count] for row in rows[done:]):
        return None
    weights = [Fraction(0)] * count
    for row, column in zip(rows, pivots, strict=False):
        weights[column] = row[count]
    return weights


def _written(monomials: list[tuple[str, ...]], weights: list[Fraction]) -> ast.expr:
    """Return a sum of weighted monomials over their common denominator, positive terms first."""
    bottom = lcm(*[weight.denominator for weight in weights])
    terms = [(w * bottom, m) for w, m in zip(weights, monomials, strict=True) if w]
    terms.sort(key=lambda term: term[0] < 0)
    if not terms:
        return ast.Constant(0)
    total: ast.expr | None = None
    for weight, chosen in terms:
        size: ast.expr = number(abs(weight))
        for name in chosen:
            size = ast.BinOp(size, ast.Mult(), ast.Name(name))
        if total is None:
            total = ast.UnaryOp(ast.USub(), size) if weight < 0 else size
        else:
            total = ast.BinOp(total, ast.Sub() if weight < 0 else ast.Add(), size)
    assert total is not None
    return total if bottom == 1 else ast.BinOp(total, ast.Div(), ast.Constant(bottom))


def number(value: Fraction) -> ast.expr:
    """Return a number as a tree of formulas, which hold integers only."""
    if value.denominator == 1:
        return ast.Constant(int(value))
    return ast.BinOp(ast.Constant(value.numerator), ast.Div(), ast.Constant(value.denominator))


def simplified(tree: ast.expr) -> ast.expr:
    """Return a formula without additions of 0, factors of 1, and roundings of whole numbers."""
    if isinstance(tree, ast.Call):
        args = [simplified(arg) for arg in tree.args]
        name = tree.func.id if isinstance(tree.func, ast.Name) else ""
        if name in ("floor", "ceil") and not any(isinstance(n, ast.Div) for n in ast.walk(args[0])):
            return args[0]
        return ast.Call(tree.func, args, [])
    if isinstance(tree, ast.UnaryOp):
        return ast.UnaryOp(tree.op, simplified(tree.operand))
    if not isinstance(tree, ast.BinOp):
        return tree
    left, right = simplified(tree.left), simplified(tree.right)
    a, b = _whole(left), _whole(right)
    if isinstance(tree.op, ast.Add | ast.Sub):
        return _summed(_terms(ast.BinOp(left, tree.op, right)))
    if isinstance(tree.op, ast.Mult):
        if 0 in (a, b):
            return ast.Constant(0)
        if a == 1:
            return right
        if a is not None and b is not None:
            return ast.Constant(a * b)
    if b == 1:
        return left
    return ast.BinOp(left, tree.op, right)


def _terms(tree: ast.expr, sign: int = 1) -> list[tuple[int, ast.expr]]:
    """Return the terms of a sum with their signs."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub):
        inner = sign if isinstance(tree.op, ast.Add) else -sign
        return _terms(tree.left, sign) + _terms(tree.right, inner)
    return [(sign, tree)]


def _summed(terms: list[tuple[int, ast.expr]]) -> ast.expr:
    """Return a sum with its numbers added up behind everything else."""
    constant = sum(sign * (_whole(term) or 0) for sign, term in terms)
    rest = [(sign, term) for sign, term in terms if _whole(term) is None]
    first = next((i for i, (sign, _) in enumerate(rest) if sign > 0), 0)
    rest = [
        *rest[first : first + 1],
        *rest[:first],
        *rest[first + 1 :],
    ]  # begin with a positive one
    if constant or not rest:
        rest.append((-1 if constant < 0 else 1, ast.Constant(abs(constant))))
    (sign, total), *others = rest
    if sign < 0:
        total = ast.UnaryOp(ast.USub(), total)
    for sign, term in others:
        total = ast.BinOp(total, ast.Sub() if sign < 0 else ast.Add(), term)
    return total


def _whole(tree: ast.expr) -> int | None:
    value = tree.value if isinstance(tree, ast.Constant) else None
    return value if isinstance(value, int) else None
