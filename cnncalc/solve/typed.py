"""From the options of `solve` to questions: numbers, ranges and shapes with unknowns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.amounts import count
from cnncalc.diagnostics import UsageError
from cnncalc.solve.answer import OPEN, Choice, Range, parse_choice
from cnncalc.solve.counts import CountQuestion
from cnncalc.solve.window import WindowQuestion
from cnncalc.teaching.single import make
from cnncalc.teaching.typed import parse_shape, window_fields

if TYPE_CHECKING:
    from cnncalc.geometry import Rounding
    from cnncalc.quantities import Shape

#: Where an unknown is looked for if another one is unknown too and no range is typed.
UNKNOWN = {
    "kernel": Range(1, 15),
    "stride": Range(1, 8),
    "padding": Range(0, 7),
    "dilation": Range(1, 4),
    "output_padding": Range(0, 7),
    "filters": Range(1, 4096),
    "channels": Range(1, 4096),
    "groups": Range(1, 1024),
}
USUAL = {"stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}


def window_of(kind: str, options: dict[str, Any]) -> WindowQuestion:
    """Return the question that the options of a window ask; raises `UsageError`."""
    padding = options.get("padding")
    same = padding is not None and padding.strip().lower() == "same"
    choices: dict[str, Choice] = {}
    for name in ("kernel", "stride", "padding", "dilation", "output_padding"):
        text = options.get(name)
        if name not in options or (name == "padding" and same):
            continue
        if name == "padding" and text is not None and text.strip().lower() == "valid":
            text = "0"
        if text is None and name == "kernel":
            raise UsageError("the kernel's size is missing", "add --kernel 3, or --kernel any")
        usual = USUAL.get(name, 1)
        choices[name] = parse_choice(text, usual, UNKNOWN[name], "--" + name.replace("_", "-"))
    tied = kind == "pool" and options.get("stride") is None
    if tied:
        choices.pop("stride")
    given, wanted = spatial(options, "given"), spatial(options, "wanted")
    if kind == "conv_transpose" and wanted is None:
        raise UsageError("the output is missing", "add --output-size 32x32")
    if given is None:
        given = Range(1, None)
    if isinstance(wanted, Range):
        raise UsageError("the output cannot be unknown", "`cnncalc conv` computes it")
    rounding: Rounding = options.get("rounding") or ("strict" if wanted is None else "floor")
    return WindowQuestion(kind, given, wanted, choices, rounding, tied, same)


def spatial(options: dict[str, Any], name: str) -> tuple[int, ...] | Range | None:
    """Return the spatial axes of a typed shape, a range for `any`, None if it is not given."""
    text = options.get(name)
    if text is None:
        return None
    if text.strip() in OPEN or ".." in text:
        span = parse_choice(text, 1, Range(1, None), "--input")
        return span if isinstance(span, Range) else (span,)
    return shape_of(options, name)[1:]


def shape_of(options: dict[str, Any], name: str) -> Shape:
    """Return a typed shape as `(C, *spatial)`."""
    return parse_shape(options[name], options["layout"], options["dims"]).shape


def counts_question(options: dict[str, Any]) -> CountQuestion:
    """Return the question that a count of parameters or MACs asks; raises `UsageError`."""
    rank, channels, positions = options["dims"] or 2, None, None
    if options["given"] is not None:
        shape = shape_of(options, "given")
        rank, channels = len(shape) - 1, shape[0]
    filters = None
    if options["wanted"] is not None:
        shape = shape_of(options, "wanted")
        positions = shape[1:]
        filters = shape[0] if options["filters"] is None and len(positions) == rank else None
    elif options["given"] is not None and options["macs"] is not None:
        positions = computed_positions(options)
    if options["kernel"] is None:
        raise UsageError("the kernel's size is missing", "add --kernel 3, or --kernel any")
    return CountQuestion(
        rank,
        parse_choice(options["kernel"], 1, UNKNOWN["kernel"], "--kernel"),
        parse_choice(
            options["filters"], filters or UNKNOWN["filters"], UNKNOWN["filters"], "--filters"
        ),
        parse_choice(
            options["channels"], channels or UNKNOWN["channels"], UNKNOWN["channels"], "--channels"
        ),
        parse_choice(options["groups"], 1, UNKNOWN["groups"], "--groups"),
        options["bias"],
        count(options["params"]) if options["params"] else None,
        count(options["macs"]) if options["macs"] else None,
        positions or (),
    )


def computed_positions(options: dict[str, Any]) -> Shape | None:
    """Return the output lengths that the given window has; None where it is not all known."""
    texts = [options[name] for name in ("kernel", "stride", "padding", "dilation")]
    if any(text is not None and (text in OPEN or ".." in text) for text in texts):
        return None
    fields = window_fields(*texts)
    layer = make("conv", {"out_channels": 1, **fields})
    return layer.output_shape((shape_of(options, "given"),))[1:]
