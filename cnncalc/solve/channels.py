"""Filters, channels and groups that shapes alone settle: no count of parameters is needed."""

from __future__ import annotations

from dataclasses import replace
from math import gcd
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.quantities import show_shape
from cnncalc.solve.answer import OPEN, Answer, Range, listed, parse_choice
from cnncalc.solve.each_axis import window_answer
from cnncalc.solve.typed import UNKNOWN, computed_positions, shape_of, window_of

if TYPE_CHECKING:
    from cnncalc.quantities import Shape
    from cnncalc.solve.answer import Choice

#: The unknowns that shapes settle, and why.
WHY = {
    "filters": "each filter makes one channel of the output",
    "channels": "each filter reads all channels of the input",
    "groups": "the groups divide the channels of the input and of the output",
}


def channels_answer(options: dict[str, Any]) -> Answer:
    """Return filters, channels or groups that turn the input into the output.

    `options` are those of `solve conv` without a count. Raises `UsageError` where the shapes that
    settle the unknown are not given.
    """
    [name, *others] = [name for name in WHY if is_open(options[name])]
    if others:
        raise UsageError(f"{name} and {others[0]} cannot both be unknown here", "give one of them")
    values = candidates(name, options)
    span = choice_of(name, options[name])
    values = [n for n in values if not isinstance(span, Range) or not span.stated or n in span]
    given, wanted = options["given"], options["wanted"]
    found, note = bool(values), ""
    if any(is_open(options[key]) for key in ("given", "kernel", "stride", "padding", "dilation")):
        window = window_answer(window_of("conv", options))
        found, note = found and window.found, f"the window: {window.summary}"
    elif given is not None and wanted is not None:
        positions = computed_positions(options)
        found = found and positions == shape_of(options, "wanted")[1:]
        note = f"the window makes {show_shape(positions or ())} of {given.strip()}"
    said = f"{name} {listed(values)}" if values else f"no number of {name} does it"
    answer = Answer(
        f"conv, {name} = ?: {given or '?'} -> {wanted or '?'}", said, f"exact: {WHY[name]}",
        [{name: value} for value in values], found, (f"{WHY[name]}: {listed(values)}",),
        (name,), tuple([(value,) for value in values]), (note,) if note else (),
    )  # fmt: skip
    if found:
        return answer
    return replace(
        answer, summary=note if values else said, value=[], columns=(), rows=(), notes=()
    )


def is_open(text: str | None) -> bool:
    """Return whether an option stands for an unknown: `any`, `?` or a range."""
    return text is not None and (text.strip() in OPEN or ".." in text)


def choice_of(name: str, text: str | None) -> Choice:
    """Return what an option of channels says; raises `UsageError`."""
    return parse_choice(text, 1, UNKNOWN[name], f"--{name}")


def candidates(name: str, options: dict[str, Any]) -> list[int]:
    """Return the values of the unknown that the other numbers of channels allow."""
    groups = 1 if name == "groups" else whole("groups", options)
    given = channels("given", "channels", name, options)
    made = channels("wanted", "filters", name, options)
    if name == "groups":
        common = gcd(given, made)
        return [n for n in range(1, common + 1) if common % n == 0]
    return [made if name == "filters" else given] if made % groups == given % groups == 0 else []


def channels(shape: str, option: str, name: str, options: dict[str, Any]) -> int:
    """Return the channels of a typed shape, or those that an option gives.

    `name` is the unknown: the shape must say it. What nobody says may be anything, here a multiple
    of the groups.
    """
    if options[shape] is not None and not is_open(options[shape]):
        full: Shape = shape_of(options, shape)
        own = full[0]
        if option != name and options[option] is not None and whole(option, options) != own:
            raise UsageError(f"--{option} {options[option]} is not the {own} of {options[shape]}")
        return own
    if option == name or (name == "groups" and options[option] is None):
        what = "--output-size 28x28x6" if shape == "wanted" else "--input 32x32x3"
        raise UsageError(f"nothing settles {name}", f"add {what}, or --params or --macs")
    return whole(option, options) if options[option] is not None else whole("groups", options)


def whole(name: str, options: dict[str, Any]) -> int:
    """Return the number that an option gives; raises `UsageError`."""
    value = choice_of(name, options[name])
    assert isinstance(value, int)  # the others are known
    return value
