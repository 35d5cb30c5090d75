"""Random networks as specs: any layer may read any earlier one, and some are left unread."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

KINDS = (
    "relu", "batch_norm", "identity", "dropout: 0.5", "conv: {out_channels: %d, kernel_size: 1}",
    "conv: {out_channels: %d, kernel_size: 3, padding: same}", "concat", "add", "flatten", "aux",
)  # fmt: skip


@st.composite
def specs(draw: Any, size: int = 10) -> str:
    """Draw a spec over an input of 3x4x4; its last layer is the output."""
    lines = ["input: 3x4x4", "layers:"]
    maps = ["input"]  # names of nodes that still have spatial axes
    for number in range(draw(st.integers(1, size))):
        kind = draw(st.sampled_from(KINDS))
        name = f"n{number}"
        source = draw(st.sampled_from([maps[-1], *maps]))
        if kind in ("concat", "add"):
            others = draw(st.lists(st.sampled_from(maps), max_size=2))
            if kind == "add":  # only a node and itself are sure to have one shape
                others = [source]
            shown = ", ".join([source, *others])
            lines.append(f"  - {kind}: {{name: {name}, from: [{shown}]}}")
        elif kind == "aux":
            body = draw(st.sampled_from(["relu", "batch_norm, dropout", "flatten, linear: 5"]))
            lines.append(f"  - aux: {{name: {name}, from: {source}, layers: [{body}]}}")
            continue
        else:
            if "%" in kind:
                kind = kind % draw(st.integers(1, 9))
            word, _, rest = kind.partition(": ")
            fields = rest[1:-1] if rest.startswith("{") else f"p: {rest}" if rest else ""
            shown = ", ".join(filter(None, [f"name: {name}", f"from: {source}", fields]))
            lines.append(f"  - {word}: {{{shown}}}")
            if kind == "flatten":
                continue
        maps.append(name)
    lines.append(f"  - relu: {{name: end, from: {maps[-1]}}}")
    return "\n".join(lines) + "\n"
