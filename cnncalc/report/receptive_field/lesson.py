"""What receptive fields are, with an example that is worked out."""

from __future__ import annotations

from cnncalc.geometry import Field, Window, step

#: The example: the first layers of ResNet, layer by layer.
LAYERS = (
    ("conv 7x7, stride 2, padding 3", Window(7, 2, 3, 3)),
    ("max_pool 3x3, stride 2, padding 1", Window(3, 2, 1, 1)),
    ("conv 3x3, padding 1", Window(3, 1, 1, 1)),
)
TEXT = """\
The receptive field of a unit is the part of the input that it depends on.

Along each axis it is described by three numbers, in input pixels:
  size   how many pixels one unit sees
  jump   how far apart the fields of neighbouring units are
  start  where the field of unit 0 begins; negative: that far in the padding

The input's own units are its pixels: size 1, jump 1, start 0. A layer with a window of `extent`
pixels (dilation * (kernel - 1) + 1), a stride, and padding before the input changes them, with
the jump of its input on the right, to
  size  + (extent - 1) * jump
  jump  * stride
  start - padding * jump

For example, the first layers of ResNet:
"""
AFTER = """
So unit i of the last layer sees pixels {start} + {jump}*i to {last} + {jump}*i. Where branches
meet, a unit sees what any of them sees. After flatten and linear, or a global pool, it sees the
whole input.

  cnncalc receptive-field resnet18                        the table of a network
  cnncalc receptive-field lenet5 --layer S4 --unit 0,4    what one unit sees, exactly
  cnncalc receptive-field lenet5 --pixel 16,16            which units see a pixel
  cnncalc receptive-field vgg16 --object 100              what first sees 100 pixels at once
  cnncalc receptive-field resnet18 --picture nested       a picture
  cnncalc receptive-field --help                          all that there is
"""


def lesson() -> str:
    """Return the explanation that `cnncalc receptive-field` gives without a network."""
    field = Field()
    lines = [f"  {'the input':36}size {field.size:3}   jump {field.jump:2}   start {field.start:4}"]
    for name, window in LAYERS:
        before, field = field, step(field, window)
        lines.append(
            f"  {name:36}size {field.size:3}   jump {field.jump:2}   start {field.start:4}"
            f"     size {before.size} + {window.extent - 1}*{before.jump}"
        )
    last = field.start + field.size - 1
    return (
        TEXT + "\n".join(lines) + "\n" + AFTER.format(start=field.start, jump=field.jump, last=last)
    )
