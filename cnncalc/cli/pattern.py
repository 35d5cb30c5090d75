"""`cnncalc pattern`: the lectures' notation, expanded into a spec."""

from __future__ import annotations

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import emit, output_option, pairs
from cnncalc.diagnostics import UsageError


@click.command()
@click.argument("pattern")
@option("--input", "shape", metavar="SHAPE", default="32x32x3", help="The input.")
@option("--layout", of="hwc chw", default="hwc", help="Order of the numbers of --input.")
@option("--dims", low=1, high=3, help="Spatial axes of --input.")
@option("--set", "settings", metavar="LETTER=N", multiple=True, help="A letter such as N, M or K.")
@option("--optional", of="keep drop", default="keep", help="Items with ?.")
@option("--filters", "width", low=1, default=32, help="In the first stage.")
@option("--growth", low=1, default=2, help="Factor after each pool.")
@option("--kernel", low=1, default=3, help="Of convolutions.")
@option("--stride", low=1, default=1, help="Of convolutions.")
@option("--padding", default="same", help="Of convolutions: same, valid or a number.")
@option("--pool", low=1, default=2, help="Window and stride of pools.")
@option("--units", low=1, default=512, help="Of hidden FC layers.")
@option("--classes", low=1, default=10, help="Of the last FC layer.")
@flag("--bias/--no-bias", default=True, help="Whether convolutions have biases (yes).")
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
