"""The lectures' pattern notation: what it expands to, and errors with a caret."""

from __future__ import annotations

import random

import pytest
from questions import network, output

import cnncalc
from cnncalc.cli import run
from cnncalc.diagnostics import SpecError
from cnncalc.teaching.pattern import PatternParser


def words(text: str, keep: bool = True, **values: int) -> list[str]:
    return [word.keyword for word in PatternParser(text, values, keep).words()]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("CONV-RELU", ["conv", "relu"]),
        ("INPUT -> CONV -> RELU -> FC", ["input", "conv", "relu", "linear"]),
        ("(CONV-RELU)*2", ["conv", "relu", "conv", "relu"]),
        ("[(CONV)*2-POOL]*2", ["conv", "conv", "max_pool"] * 2),
        ("CONV,SOFTMAX", ["conv", "softmax"]),
        ("CONV*0-POOL", ["max_pool"]),
        ("CONV3-64-MAXPOOL2", ["conv", "max_pool"]),
        ("conv-BN-do", ["conv", "batch_norm", "dropout"]),
        ("conv2d-batchnorm", ["conv", "batch_norm"]),
    ],
)
def test_words(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


def test_letters_and_question_marks() -> None:
    pattern = "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX"
    kept = words(pattern, N=2, M=3, K=1)
    assert kept.count("conv") == 6
    assert kept.count("max_pool") == 3
    assert words(pattern, keep=False, N=2, M=3, K=1).count("max_pool") == 0
    assert words(pattern) == words(pattern, N=2, M=3, K=1)


def test_the_lectures_pattern_is_a_network() -> None:
    net = network("[(CONV-RELU)*2-POOL]*3-(FC-RELU)*2,SOFTMAX", "32x32x3", "")
    kinds = [row.node.layer.keyword for row in net.rows()]
    assert kinds.count("conv") == 6
    assert kinds.count("linear") == 3  # two hidden, and the scores that SOFTMAX needs
    assert net.rows()[-1].output == (10,)
    convs = [row.output for row in net.rows() if row.node.layer.keyword == "conv"]
    assert convs == [(32, 32, 32)] * 2 + [(64, 16, 16)] * 2 + [(128, 8, 8)] * 2


def test_a_softmax_after_a_dense_layer_adds_none() -> None:
    net = network("CONV-FC-SOFTMAX", "8x8x3", "--classes 7")
    assert [row.node.layer.keyword for row in net.rows()][-3:] == ["flatten", "linear", "softmax"]
    assert net.rows()[-1].output == (7,)


def test_sizes_after_words() -> None:
    net = network(
        "CONV{16 5x3 s2 p1 d1 g1 nobias}-POOL-3-2-CONV-9-32-FC-7", "64x64x3", "--padding 0"
    )
    first, pool, second, _flatten, dense = (row.node.layer for row in net.rows())
    assert (first.out_channels, first.kernel_size, first.stride) == (16, (5, 3), 2)  # type: ignore[attr-defined]  # conv's
    assert (first.padding, first.bias) == (1, False)  # type: ignore[attr-defined]  # as above
    assert (pool.kernel_size, pool.stride) == (3, 2)  # type: ignore[attr-defined]  # max_pool's
    assert (second.out_channels, second.kernel_size) == (32, 9)  # type: ignore[attr-defined]  # conv's
    assert dense.out_features == 7  # type: ignore[attr-defined]  # linear's


def test_the_spec_has_parameters_to_sweep() -> None:
    _status, text = output('pattern "[CONV-POOL]*2-FC-RELU-FC" --input 16x16x1')
    wide = cnncalc.analyze(cnncalc.loads(text, width=8, units=20, classes=3))
    assert wide.rows()[2].output == (16, 8, 8)
    assert wide.rows()[-1].output == (3,)


@pytest.mark.parametrize(
    ("text", "column", "length", "said"),
    [
        ("CONV-REUL", 6, 4, "did you mean RELU"),
        ("[(CONV-RELU)*2-POOL*3", 1, 1, "`[` is never closed"),
        ("CONV-RELU)", 10, 1, "nothing is open here"),
        ("(CONV]", 6, 1, "`)` was expected"),
        ("CONV*", 5, 1, "wants a number"),
        ("CONV*X", 6, 1, "`X` has no value"),
        ("CONV*99999", 6, 5, "more than 2000 layers"),
        ("(CONV*2000)*2000", 13, 4, "more than 2000 layers"),
        ("CONV{16 q3}", 9, 2, "`q3` is no size"),
        ("CONV-FC-POOL", 9, 4, "cannot follow a flat layer"),
        ("RELU-INPUT", 6, 5, "at the beginning"),
        ("CONV;POOL", 5, 1, "means nothing"),
        ("()-CONV", 1, 1, "nothing between"),
        ("64-CONV", 1, 2, "cannot stand here"),
        ("FC-3-4", 6, 1, "units alone"),
        ("CONV-1-2-3", 10, 1, "a kernel and filters"),
        ("RELU-4", 6, 1, "takes no such size"),
        ("CONV*2.5", 6, 3, "whole number"),
        ("FC{5 s2}", 6, 2, "linear has no stride"),
        ("BN-64", 4, 2, "takes no such size"),
        ("DROPOUT{5}", 9, 1, "dropout cannot be `5`"),
    ],
)
def test_errors_point_into_the_pattern(text: str, column: int, length: int, said: str) -> None:
    from cnncalc.teaching.pattern_spec import PatternSizes, spec_text

    with pytest.raises(SpecError) as caught:
        spec_text(PatternParser(text, {}), (3, 32, 32), PatternSizes(), "")
    [fault] = caught.value.diagnostics
    assert fault.span is not None
    assert (fault.span.column, fault.span.length) == (column, length)
    assert said in f"{fault.message} {fault.help}"


def test_random_texts_never_crash() -> None:
    from cnncalc.teaching.pattern_spec import PatternSizes, spec_text

    pieces = [
        "CONV", "POOL", "FC", "RELU", "SOFTMAX", "(", ")", "[", "]", "*", "?", "-", ",", "->", "2",
        "64", "3x3", "{5 s2}", "{}", "N", "x", "é", "BN", " ", "\n", "INPUT", "GAP",
    ]  # fmt: skip
    chance = random.Random(7)
    refused: list[str] = []
    accepted = 0
    for _ in range(3000):
        text = "".join(chance.choice(pieces) for _ in range(chance.randint(0, 12)))
        try:
            spec = spec_text(PatternParser(text, {}), (3, 32, 32), PatternSizes(), "assumed")
        except SpecError as error:
            refused.append(str(error))
            continue
        cnncalc.loads(spec)
        accepted += 1
    assert all("<pattern>:" in message for message in refused)
    assert accepted > 100


@pytest.mark.parametrize(
    ("pattern", "column", "message"),
    [
        ("[(CONV-RELU)*2-POOL]*6-FC-SOFTMAX", 16, "a window of 2 does not fit in 1"),
        ("RELU-CONV{16 g3}", 6, "groups 3 do not divide the 16 output channels"),
        ("CONV-40-16", 1, None),
        ("POOL-FC-RELU-CONV{s0}", 14, None),
        ("POOL{s0}", 1, None),
        ("CONV{d0}", 1, None),
    ],
)
def test_layers_that_do_not_fit_are_refused_in_the_pattern(
    pattern: str, column: int, message: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["pattern", pattern, "--padding", "valid"]) == 1
    told = capsys.readouterr().err
    assert f" --> <pattern>:1:{column}\n" in told
    assert message is None or told.startswith(f"error: {message}\n")
