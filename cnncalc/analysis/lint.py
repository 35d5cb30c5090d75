"""Doubts about a network: what is legal, and probably not meant."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic
from cnncalc.geometry import leftover, output_length
from cnncalc.quantities import show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnncalc.analysis.walk import Analysis
    from cnncalc.geometry import Window
    from cnncalc.layers.window import Windowed

SIDES = (("right",), ("bottom", "right"), ("back", "bottom", "right"))


def lint(analysis: Analysis) -> tuple[Diagnostic, ...]:
    """Return all doubts, in the order of the nodes; those of copies of one layer once."""
    found: dict[object, Diagnostic] = {}
    counts: dict[object, int] = {}
    for rule in RULES:
        for diagnostic in rule(analysis):
            span = diagnostic.span
            place = (span.line, span.column) if span else diagnostic.node
            key: object = (diagnostic.code, place)
            found.setdefault(key, diagnostic)
            counts[key] = counts.get(key, 0) + 1
    result = [*analysis.graph.warnings]
    for key, diagnostic in found.items():
        more = counts[key] - 1
        if more:
            others = "the same at 1 more layer" if more == 1 else f"the same at {more} more layers"
            diagnostic = diagnostic.replace(notes=(*diagnostic.notes, others))
        result.append(diagnostic)
    return tuple(result)


def warn(analysis: Analysis, index: int, code: str, message: str, help: str,
         field: str | None = None) -> Diagnostic:  # fmt: skip
    """Return a warning about a node."""
    node = analysis.graph.nodes[index]
    return Diagnostic(
        message, node.span_of(field), help, severity="warning", node=node.name, code=code
    )


def unread_pixels(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield pixels at the end of an axis that no window reads, and gaps between windows."""
    nodes, readers = analysis.graph.nodes, analysis.graph.readers()
    for index, windows, lengths, layer in windowed(analysis):
        output = analysis.facts[index].output[1:]
        sides = SIDES[len(lengths) - 1]
        lost = [
            (leftover(length, window, count) - gap(window), side, length, window)
            for length, window, count, side in zip(lengths, windows, output, sides, strict=True)
        ]
        lost = [item for item in lost if item[0] > 0]
        if lost and layer.rounding_in_force() == "floor":
            unread = " and ".join([f"{count} at the {side}" for count, side, _, _ in lost])
            length, window = lost[0][2], lost[0][3]
            room = length + window.before + window.after - window.extent
            fix = f"an input of {length - room % window.stride} fits exactly"
            yield warn(
                analysis, index, "unread-pixels",
                f"{layer.keyword} never reads {unread} of its input"
                f" ({'x'.join(map(str, lengths))})",
                f"{fix}; or change padding, or use `rounding: ceil`", "stride",
            )  # fmt: skip
        gaps = [w for w, n in zip(windows, output, strict=True) if w.stride > w.extent and n > 1]
        source = nodes[index].inputs[0]
        # What a shortcut skips, the branch beside it reads.
        is_shared = len(readers[source]) > 1 or source in analysis.graph.outputs
        if gaps and not is_shared:
            window = gaps[0]
            skipped = window.stride - window.extent
            what = f"{skipped} pixels between windows are" if skipped > 1 else "1 pixel is"
            yield warn(
                analysis, index, "skipped-pixels",
                f"stride {window.stride} is larger than the window of {window.extent}:"
                f" {what} never read",
                f"use stride {window.extent}" + (" or less" if window.extent > 1 else ""),
                "stride",
            )  # fmt: skip


def rounded_up(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield convolutions that round up because the whole spec does: no framework's do."""
    for index, windows, lengths, layer in windowed(analysis):
        node, output = analysis.graph.nodes[index], analysis.facts[index].output
        if layer.role == "pool" or "rounding" in node.places:
            continue
        if layer.rounding_in_force() == "ceil":
            usual = [output_length(n, w) if n + w.before + w.after >= w.extent else 0
                     for n, w in zip(lengths, windows, strict=True)]  # fmt: skip
            if tuple(usual) != output[1:]:
                yield warn(
                    analysis, index, "rounded-up",
                    f"{layer.keyword} rounds up to {show_shape(output[1:])}; Caffe, Keras and"
                    f" PyTorch have {show_shape(tuple(usual))}",
                    "`rounding: caffe` rounds pools up and convolutions down",
                )  # fmt: skip


def gap(window: Window) -> int:
    """Return the pixels between neighbouring windows, which a large stride skips on purpose."""
    return max(0, window.stride - window.extent)


def windowed(
    analysis: Analysis,
) -> Iterator[tuple[int, tuple[Window, ...], tuple[int, ...], Windowed]]:
    """Yield the nodes that slide a window: index, windows, input lengths, layer."""
    nodes, facts = analysis.graph.nodes, analysis.facts
    for index, node in enumerate(nodes[: len(facts)]):
        if node.layer.slides:
            layer: Windowed = node.layer  # type: ignore[assignment]  # which is what slides
            shape = facts[node.inputs[0]].output
            yield index, layer.windows(shape), shape[1:], layer


def wide_padding(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield windows that lie in the padding altogether, or exceed the bare input."""
    for index, windows, lengths, _layer in windowed(analysis):
        for window, length in zip(windows, lengths, strict=True):
            widest = max(window.before, window.after)
            if widest >= window.extent:
                yield warn(
                    analysis, index, "wide-padding",
                    f"padding {widest} is as wide as the window of {window.extent}:"
                    " some outputs see nothing but padding",
                    f"use padding {(window.extent - 1) // 2} to keep the size", "padding",
                )  # fmt: skip
                break
            if window.extent > length:
                yield warn(
                    analysis, index, "large-window",
                    f"the window of {window.extent} is larger than its input of {length}",
                    *seeing_all(window, length),
                )  # fmt: skip
                break


def seeing_all(window: Window, length: int) -> tuple[str, str]:
    """Return the help for a window larger than its input, and the field it speaks of."""
    if window.dilation == 1:
        return f"a kernel of {length} would see all of it", "kernel_size"
    most = max(1, (length - 1) // (window.kernel - 1))
    return f"dilation {most} fits; beyond it the outer taps read padding", "dilation"


def small_maps(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield windows of more than one element that slide over maps of size 1."""
    for index, windows, lengths, layer in windowed(analysis):
        if all(length == 1 for length in lengths) and any(w.extent > 1 for w in windows):
            yield warn(
                analysis, index, "size-one",
                f"{layer.keyword} slides over a map of size 1: all but its centre is padding",
                "use a 1x1 kernel, or shrink the maps later", "kernel_size",
            )  # fmt: skip


def bias_before_norm(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield biases that a norm, their only reader, subtracts again."""
    readers = analysis.graph.readers()
    for index, node in enumerate(analysis.graph.nodes[: len(analysis.facts)]):
        after = [analysis.graph.nodes[i].layer for i in readers[index]]
        if node.layer.role != "weighted" or len(after) != 1 or not after[0].cancels_bias:
            continue
        own = analysis.facts[index]
        if any(a.name == "bias" and a.shape == own.output[:1] for a in own.params):
            yield warn(
                analysis, index, "bias-before-norm",
                f"the bias of {node.layer.keyword} does nothing before {after[0].keyword},"
                " which subtracts the mean",
                "write `bias: false`",
            )  # fmt: skip


def activation_after_softmax(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield activations or softmaxes that follow a softmax."""
    nodes = analysis.graph.nodes
    for index, node in enumerate(nodes[: len(analysis.facts)]):
        if node.layer.role == "activation":
            keyword, before = node.layer.keyword, nodes[node.inputs[0]].layer
            if before.gives_probabilities:
                yield warn(
                    analysis, index, "after-softmax",
                    f"{keyword} follows {before.keyword}, whose outputs are probabilities already",
                    f"remove one of them: {keyword} or {before.keyword}",
                )  # fmt: skip


def dead_branches(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield nodes that no output depends on."""
    alive = analysis.graph.live()
    nodes = analysis.graph.nodes
    readers = analysis.graph.readers()
    for index, live in enumerate(alive):
        if live or any(not alive[reader] for reader in readers[index]):
            continue
        if nodes[index].layer.arity == 0:
            yield warn(analysis, index, "dead-branch",
                       f"the input `{nodes[index].name}` is never read",
                       "remove it, or read it with `from`")  # fmt: skip
        else:
            yield warn(
                analysis, index, "dead-branch",
                f"no output depends on `{nodes[index].name}`; its costs are counted all the same",
                "remove the branch, read it with `from`, or name it in `outputs`",
            )  # fmt: skip


RULES: tuple[Callable[[Analysis], Iterator[Diagnostic]], ...] = (
    unread_pixels,
    rounded_up,
    wide_padding,
    small_maps,
    bias_before_norm,
    activation_after_softmax,
    dead_branches,
)
