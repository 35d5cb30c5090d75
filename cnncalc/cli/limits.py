"""How much memory a run needs, how much there is, and what would fit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cnncalc.cli.declare import option
from cnncalc.diagnostics import LayerError, SpecError, UsageError

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

#: Tiles, patches and the blocks of large random matrices, whatever the network.
SCRATCH = 32 << 20

#: What a run may take of the memory that is free, unless another share is given.
SHARE = 0.8


def memory_size(text: str) -> int:
    """Return the bytes of an amount of memory such as `500M` or `2GiB`; raises `ValueError`."""
    from cnncalc.amounts import size

    try:
        found = size(text)
    except UsageError:
        found = 0
    if found < 1:
        raise ValueError(f"wanted an amount of memory such as 500M or 2GiB, not `{text}`")
    return found


memory_limit = option(
    "--max-memory SIZE",
    "Refuse a run that needs more, such as 2GiB; by default 80 % of what is free.",
    reads=memory_size,
)


def needed(analysis: Analysis, all_weights: bool = False) -> int:
    """Return the bytes that a run takes at most, beside the interpreter itself.

    Activations alive at once, twice the largest of them (some layers work on copies), the weights
    that exist at a time (with `all_weights` every one of them), and scratch memory.
    """
    from cnncalc.analysis.memory import peak_elements

    each = analysis.itemsize * analysis.batch  # a run has one type, whatever the spec says
    largest = max(facts.elements for facts in analysis.facts) * each
    activations = peak_elements(analysis)[0] * each + 2 * largest
    return activations + weight_bytes(analysis, all_weights) + SCRATCH


def weight_bytes(analysis: Analysis, all_weights: bool) -> int:
    """Return the bytes of weights that exist at a time."""
    largest = total = 0
    for facts, node in zip(analysis.facts, analysis.graph.nodes, strict=True):
        if node.shares is None:
            everything = sum([array.count for array in facts.params])
            total += everything
            # Random matrices that stream are made in small blocks.
            largest = max(largest, 0 if node.layer.streams else everything)
    # A node's arrays may exist in two layouts while it runs.
    return analysis.itemsize * (total + largest if all_weights else 2 * largest)


def machine_memory() -> int | None:
    """Return the free memory of the machine; half of all where only that is known."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names and "SC_PAGE_SIZE" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return None


def container_memory() -> int | None:
    """Return what a container's limit leaves, if there is a limit."""
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            limit = file.read().strip()
        with open("/sys/fs/cgroup/memory.current", encoding="ascii") as file:
            used = int(file.read())
    except (OSError, ValueError):
        return None
    return max(int(limit) - used, 0) if limit.isdigit() else None


def refuse_too_large(
    analysis: Analysis, limit: int | None, all_weights: bool, spec: str, chosen: dict[str, Any]
) -> None:
    """Raise `UsageError`, with the figure and what would fit, if a run needs too much memory.

    `limit` is in bytes (None: a share of what is free); `chosen` are the options that made the
    graph from `spec`.
    """
    free = [amount for amount in (machine_memory(), container_memory()) if amount is not None]
    allowed = int(SHARE * min(free, default=4 << 30)) if limit is None else limit
    wanted = needed(analysis, all_weights)
    if wanted <= allowed:
        return
    fits = smaller_batch(analysis, allowed, all_weights) or smaller_input(
        analysis, allowed, all_weights, spec, chosen
    )
    from cnncalc.report.words import byte_size

    raise UsageError(
        f"running {analysis.graph.name} needs about {byte_size(wanted)} of memory,"
        f" but {byte_size(allowed)} may be used",
        f"{fits} would fit; --max-memory sets the limit" if fits else "--max-memory sets the limit",
    )


def smaller_batch(analysis: Analysis, allowed: int, all_weights: bool) -> str | None:
    """Return the largest batch that fits, as one would type it, if one does."""
    fits, too_many = 0, analysis.batch
    while too_many - fits > 1:
        batch = (fits + too_many) // 2
        if needed(analysis.replace(batch=batch), all_weights) <= allowed:
            fits = batch
        else:
            too_many = batch
    return f"--batch {fits}" if fits else None


def smaller_input(
    analysis: Analysis, allowed: int, all_weights: bool, spec: str, chosen: dict[str, Any]
) -> str | None:
    """Return a smaller input of the same proportions that fits, as one would type it."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.cli.options import load_graph

    if len(analysis.graph.inputs) > 1 or spec == "-":
        return None
    channels, *lengths = analysis.facts[analysis.graph.inputs[0]].output
    best, low, high = None, 0.0, 1.0
    for _ in range(12):
        fraction = (low + high) / 2
        shape = "x".join(str(n) for n in (channels, *[max(1, int(n * fraction)) for n in lengths]))
        try:
            graph = load_graph(spec, **{**chosen, "inputs": (shape,), "layout": "chw"})
            fits = needed(analyze(graph, 1, analysis.dtype), all_weights) <= allowed
        except (SpecError, LayerError):
            # Too small for the network: whatever fits is larger.
            low = fraction
            continue
        if fits:
            best, low = shape, fraction
        else:
            high = fraction
    return f"--input {best}" + (" --batch 1" if analysis.batch > 1 else "") if best else None
