"""One network of each shipped file does what is computed: shapes, parameters, MACs and fields.

Minutes of arithmetic, hence not a part of every run.
"""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.diagnostics import SpecError
from cnncalc.language.library import builtin_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

FIRST: dict[str, str] = {}
for _name, _file, _ in builtin_names():
    FIRST.setdefault(_file, _name)

#: Images are made as small as the network allows.
SIZES = (33, 64, 75, 96, 224)


def smallest(name: str) -> Analysis:
    """Return the analysis of a network for the smallest of the sizes that it takes."""
    usual = cnncalc.analyze(cnncalc.load(name))
    shape = usual.output_shapes()[0]
    if len(shape) != 3 or shape[-1] <= 64:
        return usual
    for size in SIZES:
        try:
            return cnncalc.analyze(cnncalc.load(name, input=f"{shape[0]}x{size}x{size}"))
        except SpecError:
            continue
    return usual


@pytest.mark.slow
@pytest.mark.parametrize("file", FIRST)
def test_a_network_does_what_is_computed(file: str) -> None:
    proof = cnncalc.verify(smallest(FIRST[file]).graph)
    assert proof.passed, [node.name for node in proof.failures]
