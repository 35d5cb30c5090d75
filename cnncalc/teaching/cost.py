"""Where operation counts come from: MACs, and every other kind of operation by formula."""

from __future__ import annotations

from cnncalc.quantities import OPERATION_NAMES, OPERATIONS, PartCount
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.frame import LayerFrame
from cnncalc.teaching.parameters import NOT_KNOWN

SYMBOLS = {"macs": "MACs"}
NAMES = {kind: f"{name}s" for kind, name in OPERATION_NAMES.items()}


def macs_lines(frame: LayerFrame) -> list[Line]:
    """Return where the MACs of a layer come from."""
    macs = frame.row.ops.macs
    if macs is None:
        return [NOT_KNOWN]
    if not macs:
        return ["0: no products are summed here"]
    formula, remark = frame.layer.explain_ops(frame)["macs"]
    return [frame.derive("MACs", formula, macs, NAMES["macs"], remark)]


def flops_lines(frame: LayerFrame) -> list[Line]:
    """Return where the FLOPs come from: 2 for each MAC, 1 for every other operation."""
    ops = frame.row.ops
    if isinstance(ops, PartCount):
        return partly_known(frame, ops)
    if not ops.flops:
        return ["0: nothing is computed here"]
    lines: list[Line] = []
    terms = []
    rules = frame.layer.explain_ops(frame)
    present = [(kind, getattr(ops, kind)) for kind in OPERATIONS if getattr(ops, kind)]
    if len(present) == 1 and not ops.macs:
        [(kind, count)] = present
        formula, remark = rules[kind]
        return [frame.derive("FLOPs", formula, count, NAMES[kind], f"{NAMES[kind]}: {remark}")]
    for kind, count in present:
        symbol = SYMBOLS.get(kind, kind)
        if kind != "macs":
            formula, remark = rules[kind]
            lines.append(frame.derive(symbol, formula, count, NAMES[kind], remark))
        terms.append(symbol)
        frame.put(symbol, count)
    formula = " + ".join("2*MACs" if term == "MACs" else term for term in terms)
    lines.append(frame.derive("FLOPs", formula, ops.flops, "2 for each MAC, 1 for all else"))
    return lines


def partly_known(frame: LayerFrame, ops: PartCount) -> list[Line]:
    """Return where the operations come from that are known, and which are not."""
    rules = frame.layer.explain_ops(frame)
    lines: list[Line] = []
    for kind, count in ops.known().as_dict().items():
        if count:
            formula, remark = rules[kind]
            lines.append(frame.derive(SYMBOLS.get(kind, kind), formula, count, NAMES[kind], remark))
    lacking = ", ".join(NAMES[kind] for kind in ops.unknown())
    if not lines:
        return [NOT_KNOWN]
    return [*lines, f"how many {lacking} there are is not known"]


def connections_lines(frame: LayerFrame) -> list[Line]:
    """Return where the connections come from: products and bias adds, as LeCun et al. count."""
    count = frame.row.connections
    if frame.layer.opaque:
        return [NOT_KNOWN]
    if count is None:
        return ["none: nothing here is weighted"]
    ops = frame.row.ops
    if not frame.row.params:  # a distance to fixed codes: each number of a code is one
        formula = frame.layer.explain_ops(frame)["muls"][0]
        return [frame.derive("connections", formula, count, "one per difference")]
    parts = {"MACs": ops.macs, "adds": ops.adds, "muls": ops.muls}
    used = [frame.put(name, number) for name, number in parts.items() if number]
    formula = " + ".join(used)
    return [frame.derive("connections", formula, count, "products and bias adds")]
