"""What a user's program may do with the library: `mypy --strict` checks it, and a test runs it."""

from __future__ import annotations

import numpy as np

import cnncalc

SPEC = """
input: 1x8x8
layers:
  - conv: {name: first, out_channels: 2, kernel_size: 3}
  - relu
  - flatten
  - linear: 10
"""


def figures() -> dict[str, object]:
    """Ask every function of the library for something and return what it says."""
    graph = cnncalc.load("lenet5", input=(1, 36, 36))
    small = cnncalc.loads(SPEC, name="small")
    analysis = cnncalc.analyze(graph, batch=2, dtype="float16")
    totals = analysis.totals()
    summary = cnncalc.summarize(analysis, "default")
    fields = cnncalc.receptive_field(graph)
    proof = cnncalc.verify(small)
    weights = {
        f"{node}.{array}": np.ones(shape, dtype=np.float32)
        for node, array, shape in (
            ("first", "weight", (2, 1, 3, 3)), ("first", "bias", (2,)),
            ("linear_1", "weight", (10, 72)), ("linear_1", "bias", (10,)),
        )
    }  # fmt: skip
    results = cnncalc.run(small, weights, np.zeros((1, 8, 8), dtype=np.float32))
    lesson = cnncalc.explain(graph, "C3", "params")
    comparison = cnncalc.compare("lenet5", small, figures="params,macs")
    sweep = cnncalc.sweep("lenet5", "macs", input="32,36")
    return {
        "params": totals.params,
        "output": analysis["C3"].output,
        "parameters": summary.main.params,
        "field": fields["S4"].size,
        "proved": proof.passed,
        "last": [array.shape for array in results.outputs.values()],
        "workings": len(lesson.explanations),
        "compared": len(comparison.rows),
        "swept": [point.figures["macs"] for point in sweep.points],
        "picture": cnncalc.draw(small, "volumes")[:4],
        "smallest": cnncalc.solve.sizes.smallest(graph).rows,
        "source": str(cnncalc.export(small, "pytorch")).count("nn.Conv2d"),
        "refusals": refusals(),
    }


def refusals() -> list[str]:
    """Return what the three errors say."""
    said: list[str] = []
    for text in ("input: 4\nlayers: [conv3]", "input: 1x4x4\nlayers:\n  - linear: 3"):
        try:
            cnncalc.analyze(cnncalc.loads(text))
        except cnncalc.ShapeError as error:
            said.append(f"{error.partial.graph.name}: {error.diagnostics[0].message}")
        except cnncalc.SpecError as error:
            said.append(error.diagnostics[0].message)
    try:
        cnncalc.from_torch("no module", (3, 8, 8), strict=True)
    except (cnncalc.UsageError, cnncalc.SpecError) as error:
        said.append(str(error))
    try:
        cnncalc.load("no_such_network")
    except cnncalc.UsageError as error:
        said.append(error.message)
    return said


if __name__ == "__main__":
    for name, value in figures().items():
        print(name, value)
