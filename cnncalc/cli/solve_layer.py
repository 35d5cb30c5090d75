"""`cnncalc solve conv|pool|conv-transpose`: what a single layer needs, and how `solve` answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option, together
from cnncalc.cli.options import emit, format_option
from cnncalc.cli.screen import text_width

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer

#: What `tell` takes. (`--output` is a shape here.)
output_options = together(
    format_option("text", "markdown", "json"),
    option("-o FILE", "Write the answer to a file.", name="file"),
)


def tell(answer: Answer, format: str, file: str | None) -> int:
    """Print an answer; returns 0, or 1 if there is no solution."""
    from cnncalc.report.answer import render

    emit(render(answer, format, text_width(file)), file)
    return 0 if answer.found else 1


#: The options of a window with something unknown.
window_question = together(
    option("--input SHAPE|any", "32x32x3, 32x32, 32 or any.", name="given"),
    # `--output` was the name before files got it everywhere; it goes with version 0.3.
    option("--output-size, --output SHAPE", "The output; none: an exact fit.", name="wanted"),
    option("-k, --kernel, --kernel-size K|any", "3, any or 1..7."),
    option("-s, --stride S|any", "2, any or 1..4."),
    option("-p, --padding P|any", "1, any, 0..3, same or valid."),
    option("--layout", "Of shapes.", of="hwc chw", default="hwc"),
    option("--dims", "Spatial axes of the shapes.", low=1, high=3),
)
rounding_choice = option(
    "--rounding",
    "How a window must fit: floor, or strict where no output is given.",
    of="floor ceil strict",
)
dilation_choice = option("-d, --dilation D|any", "1, any or 1..4.")


@click.command("conv")
@window_question
@dilation_choice
@option("--filters, --out-channels N|any", "Filters, or any to find them from --params/--macs.")
@option("--channels C|any", "Input channels, or any likewise.")
@option("-g, --groups G|any", "Groups of channels.")
@option("--params N", "The wanted number of parameters.")
@option("--macs N", "The wanted number of MACs.")
@flag("--bias/--no-bias", "Whether each filter has a bias (yes).", default=True)
@rounding_choice
@output_options
def conv(format: str, file: str | None, **options: Any) -> int:
    """Find what a convolution needs.

    \b
      cnncalc solve conv --input 32 --output-size 32 -k 5 -p any
      cnncalc solve conv --input any --output-size 55 -k 11 -s 4
      cnncalc solve conv --input 28x28x192 --filters any -k 5 --params 153632
    """
    from cnncalc.solve.typed import counts_question, window_of

    if options["params"] or options["macs"]:
        from cnncalc.solve.counts import solve_counts

        return tell(solve_counts(counts_question(options)), format, file)
    counts = [options[name] for name in ("filters", "channels", "groups")]
    if any(text is not None and not text.isdigit() for text in counts):
        from cnncalc.solve.channels import channels_answer

        return tell(channels_answer(options), format, file)
    return answer_window(window_of("conv", options), format, file)


@click.command("pool")
@window_question
@dilation_choice
@rounding_choice
@output_options
def pool(format: str, file: str | None, **options: Any) -> int:
    """Find what a pool needs; its stride is its kernel's size if none is given.

    \b
      cnncalc solve pool --input 28x28 --output-size 14x14 -k any
    """
    from cnncalc.solve.typed import window_of

    return answer_window(window_of("pool", options), format, file)


@click.command("conv-transpose")
@window_question
@dilation_choice
@option("--output-padding A|any", "0, any or 0..1.")
@output_options
def conv_transpose(format: str, file: str | None, **options: Any) -> int:
    """Find what a transposed convolution needs.

    \b
      cnncalc solve conv-transpose --input 16 --output-size 32 -k any -s 2 -p any
    """
    from cnncalc.solve.typed import window_of

    return answer_window(window_of("conv_transpose", options | {"rounding": None}), format, file)


def answer_window(question: Any, format: str, file: str | None) -> int:
    """Solve a question about a window and print the answer."""
    from cnncalc.solve.each_axis import window_answer

    return tell(window_answer(question), format, file)
