"""Simulated students: plain arithmetic of their own, one known error, then consistent calculation.

Nothing of the marker is used but the marker: sizes, counts and slips are worked out anew here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Mark, Marker

Shape = tuple[int, ...]
COLUMNS = ("shape", "params", "macs", "activations")


@dataclass(frozen=True)
class Layer:
    """A convolution, a pool (no `out`) or, with two sources, a merge."""

    name: str
    sources: tuple[str, ...]
    kind: str = "conv"
    out: int = 0
    kernel: int = 1
    stride: int = 1
    padding: int = 0

    def line(self) -> str:
        """Return the layer as a spec has it."""
        if len(self.sources) > 1:
            return f"{self.kind}: {{name: {self.name}, from: [{', '.join(self.sources)}]}}"
        window = f"kernel_size: {self.kernel}, stride: {self.stride}, padding: {self.padding}"
        out = f"out_channels: {self.out}, " if self.out else ""
        return f"{self.kind}: {{name: {self.name}, from: {self.sources[0]}, {out}{window}}}"

    def shape(self, given: list[Shape], slip: str = "") -> Shape:
        """Return channels, height and width, by the student's formula."""
        channels, size, _ = given[0]
        if self.kind == "concat":
            return (sum(one[0] for one in given), size, size)
        if self.kind == "add":
            return given[0]
        padding = 0 if slip == "padding_ignored" else self.padding
        stride = 1 if slip == "stride_ignored" else self.stride
        side = (size + 2 * padding - self.kernel) // stride + (slip != "missing_plus_one")
        if slip == "channels_multiplied":
            return (channels * self.out, side, side)
        return (self.out or channels, side, side)

    def params(self, given: list[Shape], slip: str = "") -> int:
        """Return weights and biases, by the student's formula."""
        depth = 1 if slip == "input_depth_ignored" else given[0][0]
        filters = 1 if slip == "one_filter" else self.out
        bias = 0 if slip == "bias_forgotten" else filters
        return self.kernel**2 * depth * filters + bias

    def macs(self, given: list[Shape], output: Shape) -> int:
        """Return one product per weight and position."""
        return self.kernel**2 * given[0][0] * self.out * prod(output[1:])


def worked(layers: list[Layer], slips: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Return every cell of a table as a student with these slips fills it in."""
    shapes: dict[str, Shape] = {"input": (3, 32, 32)}
    cells: dict[str, Any] = {}
    for layer in layers:
        given = [shapes[source] for source in layer.sources]
        shape = layer.shape(given, slips.get((layer.name, "shape"), ""))
        shapes[layer.name] = shape
        values = (
            shape,
            layer.params(given, slips.get((layer.name, "params"), "")) if layer.out else 0,
            layer.macs(given, shape) if layer.out else 0,
            prod(shape),
        )
        for column, value in zip(COLUMNS, values, strict=True):
            cells[f"t/{layer.name}/{column}"] = value
    return cells


def typed(value: Any) -> str:
    """Return a cell as text: height × width × channels, or a number."""
    return "x".join(map(str, (*value[1:], value[0]))) if isinstance(value, tuple) else str(value)


def marker(layers: list[Layer], credit: str = "", table: bool = True) -> Marker:
    lines = "".join(f"      - {layer.line()}\n" for layer in layers)
    text = f"specs:\n  net:\n    input: 3x32x32\n    layers:\n{lines}credit: {{{credit}}}\n"
    if table:
        text += f"questions: [{{id: t, kind: table, columns: [{', '.join(COLUMNS)}]}}]"
    else:
        text += "questions:\n" + "".join(
            f"  - {{id: t/{layer.name}/{column}, kind: {column}, spec: net, node: {layer.name}}}\n"
            for layer in layers
            for column in COLUMNS
        ).replace("t/", "t_").replace("/", "_")
    return marker_of(text)


@lru_cache(maxsize=8)
def marker_of(text: str) -> Marker:
    """Return a marker; of several students of one class each text is read once."""
    return Marker(read_assignment_text(Source("a.yaml", text)))


def marked(layers: list[Layer], cells: dict[str, Any], **options: Any) -> dict[str, Mark]:
    table = options.get("table", True)
    answers = {name if table else name.replace("/", "_"): typed(v) for name, v in cells.items()}
    marks = marker(layers, **options).mark(answers)
    return dict(zip(cells, marks, strict=True))


CONVS = st.builds(
    lambda out, kernel, stride, pad: (out, kernel, stride, kernel // 2 if pad else 0),
    st.sampled_from([5, 6, 8, 10]), st.sampled_from([3, 5]), st.sampled_from([1, 1, 2]),
    st.booleans(),
)  # fmt: skip


@st.composite
def networks(draw: Any) -> list[Layer]:
    """Draw a chain, or one that forks after its first layer and joins again."""
    first = Layer("c1", ("input",), "conv", *draw(CONVS))
    layers = [first]
    if draw(st.booleans()):
        k = draw(st.sampled_from([1, 3]))
        merge = draw(st.sampled_from(["add", "concat"]))
        out = first.out if merge == "add" else draw(st.sampled_from([4, 7]))
        layers += [
            Layer("left", ("c1",), "conv", out, k, 1, k // 2),
            Layer("right", ("c1",), "conv", out, 3, 1, 1),
            Layer("join", ("left", "right"), merge),
        ]
    else:
        layers.append(Layer("p1", ("c1",), "max_pool", 0, 2, 2))
    last = layers[-1].name
    layers.append(Layer("c2", (last,), "conv", *draw(CONVS)))
    return [*layers, Layer("c3", ("c2",), "conv", 9, 1)]


SLIPS = {
    "shape": ("padding_ignored", "stride_ignored", "missing_plus_one", "channels_multiplied"),
    "params": ("bias_forgotten", "input_depth_ignored", "one_filter"),
}


@st.composite
def slips(draw: Any, layers: list[Layer], most: int) -> dict[tuple[str, str], str]:
    """Draw slips at some layers with windows."""
    found = {}
    for _ in range(draw(st.integers(1, most))):
        column = draw(st.sampled_from(sorted(SLIPS)))
        fitting = [
            one for one in layers if len(one.sources) == 1 and (one.out or column == "shape")
        ]
        slip = draw(st.sampled_from(SLIPS[column]))
        layer = draw(st.sampled_from(fitting))
        if layer.out or slip != "channels_multiplied":
            found[layer.name, column] = slip
    return found


@settings(max_examples=60)
@given(st.data())
def test_one_error_costs_one_answer_and_the_rest_follows(data: Any) -> None:
    layers = data.draw(networks())
    made = data.draw(slips(layers, most=1))
    right, cells = worked(layers, {}), worked(layers, made)
    table = data.draw(st.booleans())
    for (name, mark), (key, slip) in (
        (found, one) for found in marked(layers, cells, table=table).items() for one in made.items()
    ):
        if cells[name] == right[name]:
            assert mark.reason == "exact", name
        elif name == "t/" + "/".join(key):
            assert mark.reason != "follow_through"
            assert mark.slip in ("", slip), name
        else:
            assert (mark.reason, mark.credit) == ("follow_through", 1), name


@settings(max_examples=60)
@given(st.data())
def test_a_slip_that_is_named_was_made_and_costs_once(data: Any) -> None:
    layers = data.draw(networks())
    made = data.draw(slips(layers, most=3))
    found = marked(layers, worked(layers, made))
    charged = [mark.slip for mark in found.values() if mark.slip and mark.credit < 1]
    assert len(charged) == len(set(charged))
    for (name, column), slip in made.items():
        assert found[f"t/{name}/{column}"].slip in ("", slip)


@settings(max_examples=60)
@given(st.data())
def test_whoever_mends_a_slip_and_all_that_follows_loses_nothing(data: Any) -> None:
    layers = data.draw(networks())
    made = data.draw(slips(layers, most=2))
    before = sum(mark.credit for mark in marked(layers, worked(layers, made)).values())
    for key in made:
        less = {other: slip for other, slip in made.items() if other != key}
        assert sum(mark.credit for mark in marked(layers, worked(layers, less)).values()) >= before


@settings(max_examples=60)
@given(st.data())
def test_blank_and_unreadable_answers_do_not_break_the_chain(data: Any) -> None:
    layers = data.draw(networks())
    made = data.draw(slips(layers, most=1))
    right, cells = worked(layers, {}), worked(layers, made)
    wrong = ["t/" + "/".join(key) for key in made]
    gaps = data.draw(st.sets(st.sampled_from(sorted(set(cells) - set(wrong)))))
    junk = data.draw(st.sampled_from(["", "?", "no", "3 or 4", "(("]))
    found = marked(layers, {name: junk if name in gaps else v for name, v in cells.items()})
    for name, mark in found.items():
        if name not in gaps and name not in wrong:
            assert mark.credit == 1, name
            assert (mark.reason == "exact") == (cells[name] == right[name])


@settings(max_examples=60)
@given(st.data(), st.integers(2, 10**6))
def test_two_wrong_answers_do_not_excuse_each_other(data: Any, number: int) -> None:
    layers = data.draw(networks())
    lines = "".join(f"      - {layer.line()}\n" for layer in layers)
    text = (
        f"specs:\n  net:\n    input: 3x32x32\n    layers:\n{lines}questions:\n"
        "  - {id: m, kind: macs, node: c1}\n  - {id: f, kind: flops, node: c1}\n"
        "  - {id: p, kind: params, node: c1}\n  - {id: b, kind: weight_bytes, node: c1}\n"
    )
    found = Marker(read_assignment_text(Source("a.yaml", text))).mark({
        "m": str(number), "f": str(2 * number), "p": str(number), "b": str(4 * number),
    })  # fmt: skip
    for first, second in pairwise(found):
        if (first.item, second.item) in (("m", "f"), ("p", "b")) and first.reason != "exact":
            assert first.reason != "follow_through"
            assert second.reason in ("follow_through", "exact")


def test_one_goes_on_from_the_nearest_answers_or_past_right_ones() -> None:
    layers = [
        Layer("c1", ("input",), "conv", 8, 5, 1, 2),
        Layer("c2", ("c1",), "conv", 8, 3, 1, 1),
        Layer("c3", ("c2",), "conv", 8, 3, 1, 0),
        Layer("c4", ("c3",), "conv", 8, 3, 1, 0),
    ]
    cells = worked(layers, {})
    cells |= {"t/c1/shape": (8, 20, 20), "t/c3/shape": (8, 25, 25), "t/c4/shape": (8, 23, 23)}
    found = marked(layers, cells)
    assert found["t/c4/shape"].follows == ("t/c3/shape",)
    cells["t/c4/shape"] = (8, 16, 16)  # from c1's wrong answer, past those between
    assert marked(layers, cells)["t/c4/shape"].reason == "parts"
    cells["t/c3/shape"] = (8, 30, 30)
    assert marked(layers, cells)["t/c4/shape"].follows == ("t/c1/shape",)


def test_a_slip_said_to_be_made_everywhere_is_disproved_by_a_right_answer() -> None:
    layers = [
        Layer("c1", ("input",), "conv", 8, 5, 1, 2),
        Layer("c2", ("c1",), "conv", 8, 3, 1, 0),
    ]
    cells = worked(layers, {})
    assert marked(layers, {**cells, "t/c2/shape": (8, 26, 26)})["t/c2/shape"].slip == ""
    alone = dict.fromkeys(cells, "")
    assert marked(layers, {**alone, "t/c2/shape": (8, 26, 26)})["t/c2/shape"].slip == (
        "padding_ignored"
    )


def test_a_repeated_slip_is_charged_where_it_costs_most() -> None:
    layers = [Layer("c1", ("input",), "conv", 8, 3), Layer("c2", ("c1",), "conv", 8, 3)]
    text = (
        "specs:\n  net:\n    input: 3x32x32\n    layers:\n"
        + "".join(f"      - {layer.line()}\n" for layer in layers)
        + "questions:\n  - {id: a, kind: params, node: c1}\n"
        "  - {id: b, kind: params, node: c2, points: 5}\n"
    )
    first, second = Marker(read_assignment_text(Source("a.yaml", text))).mark(
        {"a": "216", "b": "576"}
    )
    assert (first.reason, second.reason) == ("repeated", "misconception")
    assert second.credit == Fraction(1, 2)


def test_a_gate_keeps_slips_from_following_in_disguise() -> None:
    layers = [
        Layer("c1", ("input",), "conv", 8, 5, 1, 2),
        Layer("c2", ("c1",), "conv", 8, 1, 1, 0),
    ]
    cells = worked(layers, {("c1", "shape"): "padding_ignored"})
    found = marked(layers, cells, credit="gate: 1")
    assert found["t/c1/shape"].slip == "padding_ignored"
    assert found["t/c2/macs"].credit == 0
