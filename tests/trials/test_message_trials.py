"""Every message to the author of a bad spec says what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.lint import lint
from cnncalc.diagnostics import SpecError
from cnncalc.layers import LAYERS, layer_class

BAD = Path(__file__).parent.parent / "bad_specs"


@pytest.mark.parametrize("folder", sorted(path.name for path in BAD.iterdir() if path.is_dir()))
def test_every_error_of_the_corpus_has_a_place_and_a_help(folder: str) -> None:
    for path in sorted((BAD / folder).glob("*.yaml")):
        with pytest.raises(SpecError) as caught:
            cnncalc.analyze(cnncalc.loads(path.read_bytes().decode()))
        for diagnostic in caught.value.diagnostics:
            assert diagnostic.span is not None, path.name
            assert diagnostic.help, f"{path.name}: {diagnostic.message}"


@pytest.mark.parametrize("value", ["-1", "0.5", "[]", "word", "{a: 1}", "99999999999999999999"])
def test_every_field_of_every_layer_says_what_to_type(value: str) -> None:
    for keyword in LAYERS:
        for name in layer_class(keyword).fields():
            text = f"input: 6x32x32\nlayers:\n  - {keyword}: {{{name}: {value}}}\n"
            try:
                cnncalc.analyze(cnncalc.loads(text))
            except SpecError as error:
                for diagnostic in error.diagnostics:
                    assert diagnostic.span is not None, text
                    assert diagnostic.help, f"{text}{diagnostic.message}"


@pytest.mark.parametrize(
    ("layer", "message", "help"),
    [
        ("conv: {out_channels: 4, kernel_size: 1, stride: 2}", "1 pixel is never", "use stride 1"),
        ("conv: {out_channels: 4, kernel_size: 2, stride: 5}", "3 pixels between", "stride 2 or"),
        ("conv: {out_channels: 4, kernel_size: 3, padding: 9, dilation: 9}", "of 19", "dilation 7"),
        ("conv: {out_channels: 4, kernel_size: 17, padding: 8}", "window of 17", "a kernel of 16"),
    ],
)
def test_warnings_speak_of_the_field_that_is_the_cause(layer: str, message: str, help: str) -> None:
    graph = cnncalc.loads(f"input: 3x16x16\nlayers:\n  - {layer}\n")
    warning = lint(cnncalc.analyze(graph))[-1]
    assert message in warning.message
    assert help in (warning.help or "")
