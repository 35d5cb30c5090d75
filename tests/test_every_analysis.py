"""Every analysis goes over every layer: one that a layer cannot answer fails here, not at a user's.

Verification and the conventions have tests of their own over the same table of examples
(`test_conformance.py`, `analysis/test_conventions.py`, `layers/test_operation_counts.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from each import each
from layer_examples import CASES, EXAMPLES, Shapes, one_layer

import cnncalc
from cnncalc.analysis.lint import lint
from cnncalc.analysis.memory import measure
from cnncalc.executor.initial import INITS, initial_arrays
from cnncalc.layers import LAYERS, foreign_words, layer_class
from cnncalc.quantities import product
from cnncalc.report.graph import FORMATS
from cnncalc.report.schema import spec_schema
from cnncalc.report.words import describe
from cnncalc.teaching.derivation import Derivation
from cnncalc.teaching.explain import QUANTITIES, explain

every = each(("keyword", "fields", "shapes"), CASES)


@every
def test_explain_derives_shape_parameters_and_operations(
    keyword: str, fields: dict[str, Any], shapes: Shapes
) -> None:
    analysis = cnncalc.analyze(one_layer(keyword, fields, shapes))
    (told,) = explain(analysis, what=QUANTITIES).explanations
    sections = {section.quantity: section for section in told.sections}
    figures = analysis.figures(len(shapes))
    for quantity, figure in (("params", figures.params), ("flops", figures.ops.flops)):
        results = [n.computed for n in sections[quantity].lines if isinstance(n, Derivation)]
        assert not figure or figure in results
    assert sections["shape"].lines
    assert sections["connections"].value == figures.connections


@every
def test_lint_and_memory_take_it(keyword: str, fields: dict[str, Any], shapes: Shapes) -> None:
    analysis = cnncalc.analyze(one_layer(keyword, fields, shapes))
    assert all(doubt.message and doubt.code for doubt in lint(analysis))
    plain, less = measure(analysis), measure(analysis, in_place=True)
    elements = [product(shape) for shape in shapes]
    assert 4 * sum(elements) <= less.peak <= plain.peak


@every
def test_what_may_be_overwritten_or_passed_on_is_read_in_its_own_place(
    keyword: str, fields: dict[str, Any], shapes: Shapes
) -> None:
    layer = layer_class(keyword)(**fields)
    facts = layer.facts(shapes)
    if layer.in_place:
        (reading,) = layer.reads(shapes, facts.output)
        assert reading.is_own()
        assert facts.output == shapes[0]
    if layer.is_view:
        assert facts.elements == product(shapes[0])
        assert not facts.ops.flops
        x = np.random.default_rng(0).normal(size=(2, *shapes[0]))
        results = cnncalc.run(one_layer(keyword, fields, shapes), {}, x, dtype="float64")
        (output,) = results.outputs.values()
        assert np.array_equal(output.ravel(), x.ravel())


@every
def test_every_array_has_first_values(keyword: str, fields: dict[str, Any], shapes: Shapes) -> None:
    graph = one_layer(keyword, fields, shapes)
    facts = graph.nodes[-1].layer.facts(shapes)
    shaped = {f"{keyword}_1.{spec.name}": spec.shape for spec in facts.params}
    for init in INITS:
        arrays = dict(initial_arrays(graph, init, 0, "float32"))
        assert {name: a.shape for name, a in arrays.items()} == shaped, init
        assert all(np.isfinite(array).all() for array in arrays.values()), init


@every
def test_it_can_be_said_in_few_words_and_drawn(
    keyword: str, fields: dict[str, Any], shapes: Shapes
) -> None:
    graph = one_layer(keyword, fields, shapes)
    said = describe(graph.nodes[-1].layer)
    assert said.split()[0] == keyword
    assert len(said) < 60
    for write in FORMATS.values():
        assert keyword in write(graph)


@every
def test_receptive_fields_take_it(keyword: str, fields: dict[str, Any], shapes: Shapes) -> None:
    field = cnncalc.receptive_field(one_layer(keyword, fields, shapes))
    assert len(field.nodes) >= 1


def test_the_schema_and_the_words_of_other_tools_cover_all() -> None:
    text = str(spec_schema())
    assert [keyword for keyword in LAYERS if f"'{keyword}'" not in text] == []
    assert set(foreign_words().values()) <= set(LAYERS)
    assert set(EXAMPLES) == set(LAYERS)
