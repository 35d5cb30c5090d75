"""`cnncalc pattern`: the lectures' notation, expanded into a spec."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import emit, output_option, pairs
from cnncalc.diagnostics import UsageError


@click.command()
@click.argument("pattern")
@option("--input SHAPE", "The input.", name="shape", default="32x32x3")
@option("--layout", "Order of the numbers of --input.", of="hwc chw", default="hwc")
@option("--dims", "Spatial axes of --input.", low=1, high=3)
@option("--set LETTER=N", "A letter such as N, M or K.", name="settings", multiple=True)
@option("--optional", "Items with ?.", of="keep drop", default="keep")
@option("--filters", "In the first stage.", name="width", low=1, default=32)
@option("--growth", "Factor after each pool.", low=1, default=2)
@option("--kernel", "Of convolutions.", low=1, default=3)
@option("--stride", "Of convolutions.", low=1, default=1)
@option("--padding", "Of convolutions: same, valid or a number.", default="same")
@option("--pool", "Window and stride of pools.", low=1, default=2)
@option("--units", "Of hidden FC layers.", low=1, default=512)
@option("--classes", "Of the last FC layer.", low=1, default=10)
@flag("--bias/--no-bias", "Whether convolutions have biases (yes).", default=True)
@output_option
def command(
    pattern: str,
    shape: str,
    layout: str,
    dims: int | None,
    settings: tuple[str, ...],
    optional: str,
    padding: str,
    output: str | None,
    bias: bool,
    **sizes: int,
) -> int:
    """Expand PATTERN into a spec, to be saved or piped into another command.

    \b
      cnncalc pattern "[(CONV-RELU)*2-POOL]*3-(FC-RELU)*2,SOFTMAX" | cnncalc summary -
      cnncalc pattern "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX" --set N=3
      cnncalc pattern "CONV3-8-RELU-POOL-2-CONV3-16-RELU-POOL-2-FC-10" --padding valid

    \b
    *2 repeats, ? marks what --optional drop leaves out, sizes may follow a word:
      CONV3-64      64 filters of 3x3, as the VGG paper writes
      CONV-9-32     32 filters of 9x9
      POOL-2        a window of 2
      FC-10         10 units
      CONV{16 5x5 s2 p0 d2 g4}   everything else: also same, valid, nobias
    """
    from cnncalc.teaching.pattern import PatternParser
    from cnncalc.teaching.pattern_spec import PatternSizes, spec_text
    from cnncalc.teaching.typed import parse_shape

    if padding not in ("same", "valid") and not (padding.isdigit() and len(padding) < 7):
        raise UsageError(f"--padding cannot be `{padding}`", "same, valid or a number")
    typed = parse_shape(shape, layout, dims)
    parser = PatternParser(pattern, letters(settings), optional == "keep")
    chosen = PatternSizes(padding=padding, bias=bias, **sizes)
    emit(spec_text(parser, typed.shape, chosen, typed.assumed), output, is_source=True)
    return 0


def letters(settings: tuple[str, ...]) -> dict[str, int]:
    """Return what the letters of a pattern stand for; raises `UsageError`."""
    values = {}
    for name, text in pairs(settings, "--set").items():
        if not (text.isascii() and text.isdigit() and len(text) < 5):
            raise UsageError(f"--set {name} wants a number, not `{text}`", f"--set {name}=2")
        values[name] = int(text)
    return values
