"""What holds for every layer, from the one list of them: fields, documentation, facets, bounds."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest
from each import each
from hypothesis import given
from hypothesis import strategies as st
from layer_examples import EXAMPLES, one_layer

import cnncalc
from cnncalc.diagnostics import LayerError, SpecError
from cnncalc.geometry import adaptive_bin
from cnncalc.layers import FIELD_ALIASES, LAYERS, foreign_words, layer_class
from cnncalc.layers.activation import Activation
from cnncalc.layers.base import FACETS, ROLES, WORDS, Layer
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.in_words import SECTIONS
from cnncalc.layers.option import LayerField, show
from cnncalc.quantities import product

KEYWORDS = sorted(LAYERS)
HOSTILE: list[Any] = [
    -1, 0, 1.5, True, None, "", "same", "nonsense", float("nan"), float("inf"), [], [1, -1], [[1]],
    [[1, 2], [3, 4]], [1, 2, 3, 4], {}, {"a": 1}, 2**31, 10**30, -(10**30), b"x", object(), 1j,
]  # fmt: skip


#: Layers that look at spatial axes, so that a flat vector is none of their business.
SPATIAL = {
    keyword
    for keyword in LAYERS
    if "pool" in keyword or keyword in ("conv", "conv_transpose", "locally_connected", "subsample")
} | {"pad", "crop", "upsample"}


def checked(field: LayerField, name: str, value: Any) -> tuple[LayerError | None, Any]:
    """Return the error of a field for a value, or the value's normal form."""
    try:
        return None, field.check(name, value)
    except LayerError as error:
        return error, None


def refusal(text: str) -> SpecError | None:
    """Return the error of a spec, None if it has none."""
    try:
        cnncalc.analyze(cnncalc.loads(text))
    except SpecError as error:
        return error
    return None


def example(keyword: str) -> str:
    """Return a spec around the example in a layer's documentation."""
    flat = keyword in ("linear", "rbf")
    entry = layer_class(keyword).documentation()["Example"].strip()
    return f"input: {'256' if flat else '32x18x20'}\nlayers:\n  - {entry}\n"


class TestEveryLayer:
    @each("keyword", KEYWORDS)
    def test_says_what_it_does_in_five_sections(self, keyword: str) -> None:
        assert set(layer_class(keyword).documentation()) == {"Summary", *SECTIONS}
        summary = (layer_class(keyword).__doc__ or "").splitlines()[0]
        assert summary.endswith((".", ":"))

    @each("keyword", KEYWORDS)
    def test_its_example_is_a_layer_of_that_kind(self, keyword: str) -> None:
        graph = cnncalc.loads(example(keyword))
        assert graph.nodes[-1].layer.keyword == keyword
        analysis = cnncalc.analyze(graph)
        assert analysis.output_shapes()[-1]

    @each("keyword", KEYWORDS)
    def test_its_class_words_are_of_the_known_kinds(self, keyword: str) -> None:
        layer = layer_class(keyword)
        assert layer.role in ROLES
        assert layer.takes in ("any", "map", "vector")
        assert not (layer.in_place and layer.is_view)
        tools = ("pytorch", "keras", "tensorflow", "onnx", "caffe", "darknet", "other")
        assert [*layer.foreign] == [tool for tool in tools if tool in layer.foreign]

    @each("keyword", KEYWORDS)
    def test_every_field_has_a_default_of_its_own_kind_or_is_required(self, keyword: str) -> None:
        for name, field in layer_class(keyword).fields().items():
            assert field.doc
            assert field.wanted
            if not field.required and not field.optional:
                assert field.check(name, field.default) == field.default

    @each("keyword", KEYWORDS)
    def test_fields_refuse_what_they_do_not_want_with_their_name(self, keyword: str) -> None:
        for name, field in layer_class(keyword).fields().items():
            for value in HOSTILE:
                error, normal = checked(field, name, value)
                if error is not None:
                    assert error.field == name
                    assert name in error.message
                else:
                    # What was accepted is in its normal form, and stays so.
                    assert field.check(name, normal) == normal
                    hash(normal)

    @each("keyword", KEYWORDS)
    def test_equal_layers_are_equal_values(self, keyword: str) -> None:
        first, second = [cnncalc.loads(example(keyword)).nodes[-1].layer for _ in range(2)]
        assert first == second
        assert hash(first) == hash(second)
        assert pickle.loads(pickle.dumps(first)) == first

    @each("keyword", KEYWORDS)
    def test_its_figures_are_whole_numbers(self, keyword: str) -> None:
        analysis = cnncalc.analyze(cnncalc.loads(example(keyword)))
        own = analysis.figures(len(analysis.facts) - 1)
        numbers = [*own.output, own.params, own.buffers, *own.ops.values()]
        assert all(type(number) is int and number >= 0 for number in numbers)
        assert own.params == sum(product(a.shape) for a in own.arrays if a.trainable)

    @each("keyword", KEYWORDS)
    def test_a_wrong_field_name_is_an_error_with_a_caret(self, keyword: str) -> None:
        with pytest.raises(SpecError) as caught:
            cnncalc.loads(f"input: 3x4x4\nlayers:\n  - {keyword}: {{wrongly_named: 1}}\n")
        (diagnostic, *_) = caught.value.diagnostics
        assert diagnostic.span is not None
        assert diagnostic.span.line == 3

    @pytest.mark.parametrize("shape", ["8", "8x5", "8x5x6", "8x5x6x7"])
    @each("keyword", KEYWORDS)
    def test_takes_an_input_of_any_rank_or_says_why_not(self, keyword: str, shape: str) -> None:
        entry = layer_class(keyword).documentation()["Example"].strip()
        error = refusal(f"input: {shape}\nlayers: [{entry}]")
        flat = "x" not in shape
        if keyword in ("linear", "rbf"):
            assert (error is None) == flat
        elif keyword in SPATIAL:
            assert error is None or not flat or "flat vector of 8" in str(error)
            assert not flat or error is not None


def test_the_classes_and_the_list_agree() -> None:
    classes = {keyword: layer_class(keyword) for keyword in LAYERS}
    assert {cls.keyword for cls in classes.values()} == set(LAYERS)
    for keyword, cls in classes.items():
        assert cls.keyword == keyword


def test_aliases_lead_to_layers_and_fields_that_exist() -> None:
    words = foreign_words()
    assert set(words.values()) <= set(LAYERS)
    assert not set(words) & set(LAYERS)
    fields = {name for keyword in LAYERS for name in layer_class(keyword).fields()}
    assert {one for ours in FIELD_ALIASES.values() for one in ours.split()} <= fields | {"from"}


@pytest.mark.parametrize("missing", FACETS)
def test_a_layer_that_forgets_a_facet_cannot_be_declared(missing: str) -> None:
    body = {name: (lambda *_: None) for name in FACETS if name != missing}
    with pytest.raises(TypeError, match=missing):
        type("Forgetful", (Layer,), {"keyword": "forgetful", "__module__": __name__, **body})


@pytest.mark.parametrize("missing", WORDS)
def test_a_layer_that_forgets_a_class_word_cannot_be_declared(missing: str) -> None:
    body: dict[str, Any] = {name: (lambda *_: None) for name in FACETS}
    body |= {name: "pool" for name in WORDS if name != missing}
    with pytest.raises(TypeError, match=missing):
        type("Forgetful", (Layer,), {"keyword": "forgetful", "__module__": __name__, **body})


@pytest.mark.parametrize("base", [Elementwise, Activation])
def test_a_layer_that_forgets_what_it_spends_cannot_be_declared(base: type[Layer]) -> None:
    body = {"keyword": "forgetful", "__module__": __name__, "forward": lambda *_: None}
    words = {"role": "activation", "in_place": True, "is_view": False, "foreign": {}, "tools": None}
    with pytest.raises(TypeError, match="per_element"):
        type("Forgetful", (base,), {**body, **words})


@given(st.integers(1, 40), st.integers(1, 40))
def test_adaptive_pools_count_the_elements_of_their_bins(length: int, bins: int) -> None:
    layer = layer_class("adaptive_max_pool")(output_size=bins)  # type: ignore[call-arg]  # a field
    reads = sum(hi - lo for lo, hi in [adaptive_bin(i, bins, length) for i in range(bins)])
    assert layer.facts(((3, length),)).ops.comparisons == 3 * (reads - bins)


@given(st.integers(1, 12), st.integers(1, 30))
def test_local_response_norm_counts_the_channels_that_exist(channels: int, size: int) -> None:
    layer = layer_class("local_response_norm")(size=size)  # type: ignore[call-arg]  # a field
    reads = 0
    for channel in range(channels):
        window = range(channel - size // 2, channel - size // 2 + size)
        reads += sum(0 <= other < channels for other in window)
    assert layer.facts(((channels, 2, 3),)).ops.adds == 6 * (reads - channels + channels)


HUGE = (
    "local_response_norm: {size: 2147483647}",
    "adaptive_avg_pool: 2147483646",
    "group_norm: 1073741823",
    "conv: {out_channels: 2147483647, kernel_size: 2147483647, rounding: strict}",
    "conv: {out_channels: 1, kernel_size: 1000000007, stride: 13, rounding: strict}",
    "max_pool: {kernel_size: 1000000007, stride: 999999937, rounding: strict}",
    "conv: {out_channels: 2147483646, kernel_size: 1, groups: 2147483629}",
    "channel_shuffle: 1000000007",
    "conv_transpose: {out_channels: 7, kernel_size: 2147483647, stride: 2147483647}",
    "upsample: 2147483647",
    "pad: 2147483647",
    "crop: 1073741823",
    "concat: {a: [], b: []}",
    "flatten",
)


@pytest.mark.parametrize("entry", HUGE)
def test_huge_sizes_are_answered_at_once(entry: str) -> None:
    start = time.process_time()
    error = refusal(f"input: 2147483647x2147483647\nlayers: [{entry}]")
    assert error is None or len(str(error)) < 1500
    assert time.process_time() - start < 10  # it takes milliseconds, or hours


def test_no_axis_grows_without_bound() -> None:
    doubling = "input: 1x8\nlayers:\n  - concat: {repeat: 40, a: [], b: []}\n"
    with pytest.raises(SpecError, match="no axis may be longer than 2,147,483,647") as caught:
        cnncalc.analyze(cnncalc.loads(doubling))
    assert caught.value.diagnostics[0].node == "concat_31"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (3, "3"), ((1, (2, 3)), "[1, [2, 3]]"), ("same", "same")],
)
def test_values_are_shown_as_typed_in_a_spec(value: Any, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize("keyword", ["max_pool", "avg_pool"])
def test_equal_windows_that_round_otherwise_do_not_share_their_lengths(keyword: str) -> None:
    pool = layer_class(keyword)
    for _ in range(2):  # the second time all lengths are remembered
        for fields, length in (({}, 7), ({"ceil_mode": True}, 8), ({"rounding": "ceil"}, 8)):
            layer = pool(kernel_size=3, stride=2, **fields)
            assert layer.output_shape(((4, 16, 16),)) == (4, length, length)


@pytest.mark.parametrize("keyword", EXAMPLES)
def test_a_description_tells_layers_with_other_fields_apart(keyword: str) -> None:
    """What a sheet says of a layer must be enough to work out its figures."""
    rows = [(fields, one_layer(keyword, fields, shapes)) for fields, shapes in EXAMPLES[keyword]]
    words = {repr(fields): graph.nodes[-1].layer.in_words() for fields, graph in rows}
    assert len(set(words.values())) == len(words)
