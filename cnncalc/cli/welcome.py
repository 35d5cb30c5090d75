"""What `cnncalc` alone prints: a first minute, with commands that can be typed as they stand."""

from __future__ import annotations

WELCOME = """\
cnncalc computes what a convolutional network costs and
sees, without running it, and shows where each number comes
from. Try:

  cnncalc summary lenet5     shape, parameters, operations
  cnncalc explain lenet5 C1  how its figures come about
  cnncalc verify lenet5      run it, and prove the figures
  cnncalc conv 32x32x3 --filters 10 --kernel 5 --padding 2
                             one layer, as in a homework

A network of your own is a text file, such as tiny.yaml:

  name: Tiny
  input: 3x32x32
  layers:
    - conv: {out_channels: 16, kernel_size: 3, padding: 1}
    - relu
    - global_avg_pool
    - flatten
    - linear: 10

  cnncalc summary tiny.yaml

`cnncalc list` shows the networks that come with it,
`cnncalc layers` what a network can be made of, and
`cnncalc --help` all commands."""
