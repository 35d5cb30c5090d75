"""`cnncalc run`: a network on given numbers and weights."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.declare import flag, option, together
from cnncalc.cli.limits import memory_limit, refuse_too_large
from cnncalc.cli.numbers import PICTURE_OPTIONS, build, noted, picture_options, weight_options
from cnncalc.cli.options import DECLARED, declared, printed
from cnncalc.cli.showing import show
from cnncalc.cli.stepping import ALL
from cnncalc.diagnostics import SpecError, UsageError

#: What is shown of a run; `show` reads them.
showing_options = together(
    option(
        "--layer NAME",
        "Show the output of this layer, not the network's; may be repeated.",
        name="layers",
        multiple=True,
    ),
    option(
        "--cell [NAME:]C,Y,X",
        "Work out one cell by hand, such as conv_1:0,0,0; may be repeated.",
        name="cells",
        multiple=True,
    ),
    option(
        "--steps [N]",
        "Walk over the map of --layer, or on from --cell, N cells or all.",
        is_flag=False,
        flag_value=ALL,
    ),
    option("--sample", "Which sample of a batch --cell and --steps show.", low=0, default=0),
    flag("--jacobian", "Print the derivatives of a small layer's outputs by its inputs."),
    flag("--training", "Run as in training: batch statistics, dropout (see --seed)."),
    option(
        "--momentum M",
        "PyTorch's momentum of running averages, 0.1; Keras' is 1 - M.",
        type=click.FloatRange(0, 1),
    ),
    option("--save FILE", "Write the outputs to an .npz file, or draw them: .svg or .png."),
    flag("--maps", "Show the input and the maps in the terminal."),
    DECLARED["run_dtype"],
)


@click.command()
@declared("spec", "variant", "settings", "rounding")
@option(
    "--input [NAME=]FILE",
    "Numbers for the input: a .npy file, an image, or lists such as '[[1, 2], [3, 4]]'.",
    name="files",
    multiple=True,
    required=True,
)
@picture_options
@weight_options
@showing_options
@memory_limit
@printed("text", "json", "markdown", "latex", "svg")
def command(spec: str, format: str, output: str | None, **options: Any) -> int:
    """Run a network on real numbers and real weights.

    The input is an array (channels, height, width), or a batch of them, in an .npy file or typed
    as lists, or an image, whose values become 0 to 1; the network is built for its size. Weights
    are read by node: `cnncalc weights` writes a file to fill in. Kernels that the spec gives need
    no file. --cell works out one number by hand, --steps one after the other. Exit status 1 if the
    weights do not fit, or if a result is not finite.

    \b
      cnncalc run lenet5 --input digit.npy --weights lenet5.npz
      cnncalc run examples/pooling --input '[[1,1,2,4],[5,6,7,8],[3,2,1,0],[1,2,3,4]]'
      cnncalc run examples/max_pool --input '[[5,1],[8,2]]' --cell 0,0,0
      cnncalc run examples/edges --input photo.png --save edges.npz
    """
    from cnncalc.analysis.walk import analyze

    if options["weights"] and options["init"]:
        raise UsageError("--weights reads weights and --init invents them: give one of the two")
    chosen = {name: options[name] for name in ("variant", "settings", "rounding")}
    picture = {name: options[name] for name in PICTURE_OPTIONS}
    given = build(spec, options["files"], chosen, picture)
    try:
        samples = max(len(array) for array in given.arrays)
        analysis = analyze(given.graph, samples, options["dtype"])
        refuse_too_large(analysis, options["max_memory"], True, "-", chosen)
    except SpecError as error:
        raise noted(error, given.notes) from None
    return show(given, options, format, output)
