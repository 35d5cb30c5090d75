"""The options of commands that run a network: what is shown of the run."""

from __future__ import annotations

import click

from cnncalc.cli.declare import Declared, flag, option, together
from cnncalc.cli.options import DECLARED

#: What `--steps` stands for without a number.
ALL = "all"


def cells_option(metavar: str, help: str) -> Declared:
    """Return `--cell`, which `show` reads."""
    return option(f"--cell {metavar}", help, name="cells", multiple=True)


def steps_option(help: str) -> Declared:
    """Return `--steps`, with or without a number, which `show` reads."""
    return option("--steps [N]", help, is_flag=False, flag_value=ALL)


#: What is shown of a run; `show` reads them.
showing_options = together(
    option(
        "--layer NAME",
        "Show the output of this layer, not the network's; may be repeated.",
        name="layers",
        multiple=True,
    ),
    cells_option(
        "[NAME:]C,Y,X", "Work out one cell by hand, such as conv_1:0,0,0; may be repeated."
    ),
    steps_option("Walk over the map of --layer, or on from --cell, N cells or all."),
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
