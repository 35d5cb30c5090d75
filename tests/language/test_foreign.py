"""Words of other tools: ours is named where there is one, and no other operation is suggested."""

from __future__ import annotations

import pytest
from each import each

import cnncalc
from cnncalc.diagnostics import SpecError, letters_apart, suggest
from cnncalc.layers import LAYERS, layer_class


def help_for(word: str) -> str:
    with pytest.raises(SpecError) as caught:
        cnncalc.loads(f"input: 8x16x16\nlayers:\n  - {word}\n")
    (fault,) = caught.value.diagnostics
    assert "there is no layer or block named" in fault.message
    return fault.help or ""


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("hswish", "hard_swish"), ("h_swish", "hard_swish"), ("hsigmoid", "hard_sigmoid"),
        ("Deconvolution", "conv_transpose"), ("LRN", "local_response_norm"),
        ("torch.nn.ReLU", "relu"), ("nn.Conv2d", "conv"), ("tf.keras.layers.Dense", "linear"),
        ("MaxPool2d", "max_pool"), ("GlobalAveragePooling2D", "global_avg_pool"),
        ("SiLU", "silu"), ("LeakyReLU", "leaky_relu"), ("BatchNormalization", "batch_norm"),
        ("InnerProduct", "linear"), ("route", "concat"), ("shortcut", "add"),
        ("ConvTranspose2d", "conv_transpose"), ("Hardswish", "hard_swish"), ("ReLU6", "relu6"),
        ("conf", "conv"), ("convv", "conv"), ("maxpol", "max_pool"), ("batch_nrom", "batch_norm"),
    ],
)  # fmt: skip
def test_names_of_a_layer_elsewhere(word: str, ours: str) -> None:
    assert help_for(word) == f"did you mean `{ours}`?"


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("dwconv", "groups: in_channels"), ("depthwise_conv", "groups: in_channels"),
        ("DepthwiseConv2D", "groups: in_channels"), ("dilated_conv", "dilation"),
        ("SeparableConv2D", "groups"), ("split", "slice"), ("chunk", "slice"),
        ("ReflectionPad2d", "padding_mode"), ("Eltwise", "add"), ("Activation", "relu"),
        ("CrossEntropyLoss", "leave it out"), ("unsqueeze", "reshape"), ("InputLayer", "input:"),
    ],
)  # fmt: skip
def test_operations_that_are_a_layer_with_certain_fields(word: str, way: str) -> None:
    help = help_for(word)
    assert way in help
    assert "did you mean" not in help


@pytest.mark.parametrize(
    "word", ["Embedding", "SimpleRNN", "ConvLSTM2D", "MultiheadAttention", "RoIAlign"]
)
def test_operations_that_there_are_not(word: str) -> None:
    assert help_for(word).startswith("cnncalc has no layer for")


@pytest.mark.parametrize("word", ["frobnicate", "quux", "dropblock", "hypercolumn", "tan", "line"])
def test_words_that_nobody_knows_suggest_nothing_far(word: str) -> None:
    help = help_for(word)
    named = [keyword for keyword in LAYERS if f"`{keyword}`" in help]
    assert all(letters_apart(word, keyword, 9) <= 2 for keyword in named)


@each("keyword", LAYERS)
def test_every_name_that_a_layer_has_elsewhere_leads_to_it(keyword: str) -> None:
    for names in layer_class(keyword).foreign.values():
        for name in names.split():
            if name not in LAYERS:
                help = help_for(name)
                assert f"`{keyword}" in help or "did you mean" not in help, (name, help)


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("conv", "conv", 0), ("conv", "cnov", 1), ("widht", "width", 1), ("abc", "", 3),
     ("kernal", "kernel", 1), ("stirde", "stride", 1), ("padding", "adding", 1), ("a", "bcd", 3)],
)  # fmt: skip
def test_letters_apart(one: str, other: str, count: int) -> None:
    assert letters_apart(one, other, 9) == letters_apart(other, one, 9) == count
    assert letters_apart(one, other, 1) == min(count, 1)


def test_a_suggestion_differs_in_two_letters_at_most() -> None:
    assert suggest("kernal_sise", ["kernel_size"]) == "kernel_size"
    assert suggest("kernol_sisa", ["kernel_size"]) is None
    assert suggest("abd", ["abcd", "cd"]) == "abcd"
    assert suggest("ab", ["abc", "ac"]) is None
    assert suggest("x", ["y"]) is None
