"""What `cnncalc run` computed, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncalc.quantities import show_shape

if TYPE_CHECKING:
    from cnncalc.executor.run import Results
    from cnncalc.executor.workspace import Array

#: Samples of up to so many numbers are printed in full.
PRINTED = 100
#: How many of the largest numbers of a long vector are shown.
LARGEST = 5


def results_text(name: str, results: Results) -> str:
    """Return the outputs: small ones in full, of others the extent and the largest numbers."""
    lines = [name]
    for node, array in results.outputs.items():
        for sample in range(len(array)):
            of = f" of sample {sample}" if len(array) > 1 else ""
            lines += ["", f"{node}{of}: {show_shape(array.shape[1:])}"]
            lines += described(array[sample])
    return "\n".join(lines) + "\n"


def described(sample: Array) -> list[str]:
    """Return one sample in lines."""
    import numpy as np

    if sample.size <= PRINTED:
        with np.printoptions(precision=6, suppress=True, linewidth=96, threshold=PRINTED + 1):
            # The channel's axis is dropped where it says nothing.
            shown = sample[0] if len(sample) == 1 and sample.ndim > 1 else sample
            return [("  " + line).rstrip() for line in str(shown).splitlines()]
    lines = [f"  from {sample.min():.6g} to {sample.max():.6g}, mean {sample.mean():.6g}"]
    if sample.ndim == 1:
        best = np.argsort(sample, kind="stable")[::-1][:LARGEST]
        lines.append("  largest: " + ", ".join(f"{sample[i]:.6g} at {i}" for i in best))
    return lines


def results_json(
    name: str, variant: str | None, results: Results, more: dict[str, Any] | None = None
) -> str:
    """Return the outputs, and more under other keys; numbers that are not finite are None."""
    outputs = [
        {"name": node, "shape": list(array.shape), "values": values(array)}
        for node, array in results.outputs.items()
    ]
    return json.dumps(
        {
            "schema": "cnncalc.run/1",
            "name": name,
            "variant": variant,
            "not_finite": results.not_finite,
            "outputs": outputs,
            **(more or {}),
        },
        indent=1,
    )


def values(array: Array) -> Any:
    """Return an array as nested lists that JSON can hold."""
    import numpy as np

    numbers = array.astype(object)
    numbers[~np.isfinite(array)] = None
    return numbers.tolist()
