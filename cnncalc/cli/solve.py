"""`cnncalc solve`: inverse questions, about one layer and about whole networks."""

from __future__ import annotations

import click

from cnncalc.cli import solve_layer, solve_network


@click.group(no_args_is_help=False)
def command() -> None:
    """Answer inverse questions: which sizes, paddings, widths and depths do it?

    Of one layer, `any` marks what is unknown; ranges such as 1..7 limit the search.

    \b
      cnncalc solve conv --input 32x32 -k 5 -s 2 -p any
      cnncalc solve conv --input 227x227x3 --output-size 55x55x96 -k 11 -s any -p 0
      cnncalc solve conv --params 760 --input 32x32x3 -k 5 --filters any
      cnncalc solve input vgg16 --lossless
      cnncalc solve batch resnet50 --memory 8GiB --training
      cnncalc solve depth --cover 11 -k 3
    """


for _question in (
    solve_layer.conv,
    solve_layer.pool,
    solve_layer.conv_transpose,
    solve_network.input_sizes,
    solve_network.batch,
    solve_network.parameter,
    solve_network.depth,
):
    command.add_command(_question)
