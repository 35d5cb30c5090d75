"""Values of any kind in every field of every layer: taken, or refused with a place; soon."""

from __future__ import annotations

import json
import time
from itertools import cycle

import pytest
from layer_examples import EXAMPLES

import cnncalc
from cnncalc.analysis.lint import lint
from cnncalc.diagnostics import SpecError
from cnncalc.layers import layer_class

VALUES = (
    "0", "1", "2", "3", "-1", "-3", "1.5", "0.5", "1e-5", "1e308", "1e999", "nan", "true", "false",
    "null", "''", "x", "relu", "same", "valid", "ceil", "2147483647", "2147483648",
    "99999999999999999999", "[]", "[1]", "[1, 2]", "[1, 2, 3]", "[0, 0]", "[1, 2, 3, 4]",
    "[[1, 2], [3, 4]]", "[[1]]", "[[]]", "[-1]", "[1.5]", "[x]", "[true]", "{}", "{a: 1}",
    "in_channels", "in_channels // 2", "in_channels * 1000000", "1/0", "1/3", "a if b else c",
    "3x3", "0x10", "010", "'3'", "!!int 3", "1000000",
)  # fmt: skip
EACH = 2  # of the values for each field; all of them take a minute
SECONDS = 10.0  # milliseconds, or very long


def test_any_value_is_taken_or_refused_with_a_place() -> None:
    values = cycle(VALUES)
    for keyword, (example, *_) in EXAMPLES.items():
        for field in layer_class(keyword).fields():
            for _ in range(EACH):
                check(keyword, *example, field, next(values))
            next(values)  # so that the fields of a kind do not always meet the same ones


def check(keyword: str, fields: dict, shapes: tuple, field: str, value: str) -> None:
    written = {name: json.dumps(given) for name, given in fields.items()} | {field: value}
    names = [f"input_{index}" for index in range(len(shapes))]
    inputs = ", ".join([f"{n}: {list(shape)}" for n, shape in zip(names, shapes, strict=True)])
    reads = f"from: [{', '.join(names)}], " if layer_class(keyword).arity is None else ""
    entry = ", ".join([f"{name}: {given}" for name, given in written.items()])
    text = f"inputs: {{{inputs}}}\nlayers:\n  - {keyword}: {{{reads}{entry}}}\n"
    begun = time.process_time()
    try:
        analysis = cnncalc.analyze(cnncalc.loads(text))
        lint(analysis)
        cnncalc.receptive_field(analysis)
    except SpecError as error:
        if not all(one.message and one.span is not None for one in error.diagnostics):
            pytest.fail(f"no place: {error}\n{text}")
    except Exception as error:  # which text it was is what a fault needs to say
        pytest.fail(f"{type(error).__name__}: {error}\n{text}")
    assert time.process_time() - begun < SECONDS, text
