"""Layers as matrices: text, Markdown, LaTeX and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnncalc import escaping
from cnncalc.diagnostics import UsageError, folded
from cnncalc.quantities import product, show_shape
from cnncalc.report.cell import aligned, number
from cnncalc.report.cells import finite
from cnncalc.report.lesson.markup import PREAMBLE
from cnncalc.teaching.frame import plural

if TYPE_CHECKING:
    from cnncalc.teaching.matrix import Jacobian, Matrix

#: Numbers of a Jacobian that are printed along an axis.
MOST_PRINTED = 64


def render(found: Matrix, format: str, width: int = 100) -> str:
    """Return a matrix as `text`, `markdown`, `latex` or `json`."""
    if format == "json":
        return as_json(found)
    if format == "latex":
        return latex(found)
    symbols = [[f"w{entry}" if entry else "." for entry in row] for row in found.rows]
    block = grid(symbols, 200 if format == "markdown" else width)
    words = counts(found)
    if format == "markdown":
        lines = [escaping.markdown_code(found.call), "", "```text", *block, "```", ""]
        return "\n".join([*lines, *[f"- {escaping.markdown(line)}" for line in words]]) + "\n"
    title = f"{found.call}   {show_shape(found.input)} -> {show_shape(found.output)}"
    lines = [piece for line in words for piece in folded(line, width)]
    return "\n".join([*folded(title, width), "", *block, "", *lines]) + "\n"


def grid(rows: list[list[str]], width: int) -> list[str]:
    """Return rows in columns; a sentence where they would be too wide to be read."""
    wide = max(len(text) for row in rows for text in row)
    if (wide + 1) * len(rows[0]) > width or len(rows) > MOST_PRINTED:
        help = "--format json has it whole"
        return [f"({len(rows):,} rows of {len(rows[0]):,} entries: too many to be printed; {help})"]
    return aligned(rows)


def counts(found: Matrix) -> list[str]:
    """Return the counts in sentences, beside those of the dense layer."""
    columns, rows = product(found.input), len(found.rows)
    dense = found.places
    zeros = dense - found.entries
    return [
        f"{rows:,} rows (outputs) x {columns:,} columns (inputs) = {dense:,} places",
        f"{found.entries:,} entries and {zeros:,} zeros ({zeros / dense:.1%}); {found.weights:,}"
        f" different weights, each used {found.entries / found.weights:.4g} times on average",
        f"the dense layer between the same numbers has {dense:,} weights, each used once",
        "it is the Jacobian of the layer with respect to its input",
    ]


def latex(found: Matrix) -> str:
    """Return the matrix as a LaTeX document that needs amsmath alone."""
    columns = product(found.input)
    if columns > MOST_PRINTED or len(found.rows) > MOST_PRINTED:
        raise UsageError(
            f"a matrix of {len(found.rows)} x {columns} is too large for a page",
            "--format json has it whole",
        )
    body = " \\\\\n".join(
        " & ".join(f"w_{{{entry}}}" if entry else r"\cdot" for entry in row) for row in found.rows
    )
    words = "\n\n".join(escaping.latex(line) for line in counts(found))
    array = rf"\left[\begin{{array}}{{{'c' * columns}}}" + f"\n{body}\n" + r"\end{array}\right]"
    title = rf"\texttt{{{escaping.latex(found.call)}}}"
    return f"{PREAMBLE}{title}\n\\[ {array} \\]\n{words}\n\\end{{document}}\n"


def as_json(found: Matrix) -> str:
    """Return the matrix for programs; weights are numbered from 1 in PyTorch's order, 0: none."""
    value = {
        "schema": "cnncalc.matrix/1",
        "call": found.call,
        "input": list(found.input),
        "output": list(found.output),
        "entries": found.entries,
        "zeros": found.places - found.entries,
        "weights": found.weights,
        "dense_weights": found.places,
        "rows": [list(row) for row in found.rows],
    }
    return json.dumps(value) + "\n"


def jacobian_text(found: Jacobian, width: int) -> str:
    """Return derivatives in rows and columns, and how they were checked."""
    # Without the noise of differences, and without a minus before a zero.
    rounded = found.numbers.round(12 if found.exact else 6) + 0.0
    rows = [[number(float(value)) for value in row] for row in rounded.tolist()]
    title = f"{found.node}: {plural(len(rows), 'output')} by {plural(len(rows[0]), 'input')}"
    if found.exact:
        how = f"the weights of the layer; differences agree with them within {found.apart:.1g}"
    else:
        how = (
            "central differences; those of an eight times larger step agree within"
            f" {found.apart:.1g}"
        )
        if found.apart > 1e-3:
            how += ": the layer is not smooth here, as where two numbers tie or one is 0"
    return "\n".join([title, "", *grid(rows, width), "", *folded(how, width)]) + "\n"


def jacobian_json(found: Jacobian) -> str:
    """Return derivatives for programs."""
    value = {
        "schema": "cnncalc.jacobian/1",
        "layer": found.node,
        "input": list(found.input),
        "output": list(found.output),
        "exact": found.exact,
        "apart": finite(found.apart),
        "rows": [list(map(finite, row)) for row in found.numbers.tolist()],
    }
    return json.dumps(value) + "\n"
