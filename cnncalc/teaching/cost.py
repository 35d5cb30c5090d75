"""Where the counts of a layer come from, by formula: operations, parameters, bytes, training."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.analysis.training import Gradients, step
from cnncalc.analysis.walk import Analysis
from cnncalc.quantities import OPERATION_NAMES, OPERATIONS, PartCount, bytes_of, show_shape
from cnncalc.teaching.derivation import Derivation, Line, Section
from cnncalc.teaching.formula import decimal
from cnncalc.teaching.frame import LayerFrame, plural

NOT_KNOWN = "not known: the spec does not say"
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


def parameter_lines(frame: LayerFrame) -> list[Line]:
    """Return where the trainable numbers of a layer come from, and its buffers in words."""
    arrays = frame.row.arrays
    trained = sum(array.count for array in arrays if array.trainable)
    kept = sum(array.count for array in arrays if not array.trainable)
    lines: list[Line] = []
    if "params" in frame.layer.unknown:
        lines.append(NOT_KNOWN)
    elif trained:
        formula, remark = frame.layer.explain_params(frame)
        lines.append(frame.derive("params", formula, trained, "trainable numbers", remark))
        stored = [f"{a.name} {show_shape(a.shape)}" for a in arrays if a.trainable]
        lines.append("stored as " + ", ".join(stored))
        if frame.row.frozen:
            lines.append(f"{plural(frame.row.frozen, 'number')} of these stay as they are: frozen")
    elif not kept:
        lines.append("0: nothing is learned here")
    else:
        lines.append("0: nothing is trained here")
    if kept:
        of = f" ({frame.layer.buffers})" if frame.layer.buffers else ""
        lines.append(f"{plural(kept, 'number')} kept but not trained{of}")
    if frame.row.shares is not None:
        lines.append(f"the weights are those of {frame.row.shares}, counted there: 0 more here")
    return lines


def memory_lines(frame: LayerFrame, analysis: Analysis) -> tuple[list[Line], int]:
    """Return the derivation of the output's and the weights' bytes, and the output's bytes."""
    dtype = frame.row.node.dtype or analysis.dtype
    each, batch = bytes_of(1, dtype), analysis.batch
    volume = frame.volume(frame.output, "_out")
    size = bytes_of(frame.elements * batch, dtype)
    if batch > 1:
        frame.put("n", batch)
        volume += "*n"
    in_pairs = bytes_of(2, dtype) == 1  # two such numbers lie in a byte
    frame.put("b", each)
    formula = f"ceil({volume}/2)" if in_pairs else f"{volume}*b"
    what = "2 numbers a byte" if in_pairs else f"{each} {'byte' if each == 1 else 'bytes'} a number"
    remark = f"{dtype}: {what}; {both_units(size)}"
    lines: list[Line] = [frame.derive("activations", formula, size, "bytes of the output", remark)]
    kept = frame.row.params, frame.row.buffers
    numbers = sum([count for count in kept if count is not None])
    if None in kept:
        lines.append("how much its weights take is not known")
    elif numbers:
        frame.put("numbers", numbers)
        total = bytes_of(numbers, dtype)
        formula = "ceil(numbers/2)" if in_pairs else "numbers*b"
        lines.append(
            frame.derive("weights", formula, total, "bytes of the weights", both_units(total))
        )
    return lines, size


def both_units(size: int) -> str:
    """Return a number of bytes in the binary and the decimal unit, which lectures mix up."""
    for power, binary, plain in ((3, "GiB", "GB"), (2, "MiB", "MB"), (1, "KiB", "KB")):
        if size >= 1000**power:
            return (
                f"{decimal(Fraction(size, 1024**power))} {binary}"
                f" = {decimal(Fraction(size, 1000**power))} {plain}"
            )
    return f"{size} bytes"


def training_section(analysis: Analysis, index: int, gradient: Gradients) -> Section:
    """Return what a step of training multiplies at one node, and why."""
    name, cost = "training", step(analysis, index, gradient).macs
    if cost is None:
        return Section(name, "not known", None, (NOT_KNOWN,))
    macs = analysis.facts[index].ops.macs
    if not macs:
        return Section(name, "0", 0, ("0: no products are summed here",))
    parts = " + ".join(["1"] * (cost // macs))
    formula = f"MACs*({parts})" if cost > macs else "MACs"
    words = reasons(gradient)
    line = Derivation(name, formula, {"MACs": macs}, cost, "products of a step", words)
    return Section(name, f"{cost:,}", cost, (line,))


def reasons(gradient: Gradients) -> str:
    """Return in words what a step computes at a node, and what it need not."""
    both = (
        (gradient.weights, "the gradient for the weights", "the weights are not trained"),
        (gradient.inputs, "the gradient for the input", "nothing before it is trained"),
    )
    done = ", ".join(["forward", *[what for is_done, what, _ in both if is_done]])
    left = ", ".join([why for is_done, _, why in both if not is_done])
    return f"{done}; {left}" if left else done
