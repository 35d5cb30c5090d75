"""Options for what a machine does at best, and for what is not trained."""

from __future__ import annotations

from cnncalc.cli.declare import option, together
from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.analysis.machine import Machine
    from cnncalc.analysis.walk import Analysis


#: What a machine does at best; `chosen_machine` reads them.
machine_options = together(
    option(
        "--peak FLOPS",
        "What a machine computes at best per second, such as 19.5T, for ideal times.",
    ),
    option(
        "--bandwidth BYTES", "What memory moves at best per second, such as 1.5T, for ideal times."
    ),
)
#: What is not trained; `frozen` reads it.
freeze_option = option(
    "--freeze SCOPE",
    "Count the weights of a layer or scope as not trained; may be given several times.",
    multiple=True,
)


def chosen_machine(options: dict[str, Any]) -> Machine | None:
    """Return the machine that is stated, None if there is none; raises `UsageError`."""
    if options["peak"] is None and options["bandwidth"] is None:
        return None
    from cnncalc.analysis.machine import Machine

    return Machine(rate(options["peak"], "--peak"), rate(options["bandwidth"], "--bandwidth"))


def rate(text: str | None, option: str) -> float | None:
    """Return a number such as `10T` or `500G`; raises `UsageError`."""
    if text is None:
        return None
    units = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
    digits = text.strip().removesuffix("/s").removesuffix("B").removesuffix("FLOP").strip()
    unit = units.get(digits[-1:].upper(), 1.0)
    try:
        value = float(digits[:-1] if unit > 1 else digits) * unit
    except ValueError:
        value = 0.0
    if not 0 < value < 1e30:
        raise UsageError(f"{option} wants a number such as 10T, not `{text}`", f"{option} 10T")
    return value


def frozen(analysis: Analysis, names: tuple[str, ...]) -> Analysis:
    """Return the analysis with some layers or scopes frozen; raises `UsageError`.

    A scope without weights of its own is refused: nothing of it could be frozen.
    """
    if not names:
        return analysis
    found = analysis.replace(graph=analysis.graph.freeze(names))
    nodes = analysis.graph.nodes
    for name in names:
        within = analysis.graph.within(name)
        if any(analysis.figures(index).params != 0 for index in within):
            continue
        owners = {nodes[owner].name for i in within if (owner := nodes[i].shares) is not None}
        help = "`cnncalc summary --columns name,params` shows which layers have some"
        if owners:
            help = f"its weights belong to `{min(owners)}`: freeze that"
        raise UsageError(f"there are no weights of its own in `{name}` to freeze", help)
    return found
