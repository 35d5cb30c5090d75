"""`cnncalc receptive-field`: which input pixels a unit sees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import SPEC_OPTIONS, declared, emit, load_graph, printed
from cnncalc.cli.output import table_width
from cnncalc.cli.screen import text_width, use_colour
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.fields.result import UnitField
    from cnncalc.report.receptive_field.heat import Effective

PICTURES = ("nested", "pixels", "effective")


def place(text: str) -> tuple[int, ...]:
    """Return coordinates such as `3,4`; raises `ValueError`."""
    parts = text.split(",")
    if not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise ValueError(f"wanted coordinates such as 3,4, not `{text}`")
    return tuple([int(part) for part in parts])


@click.command()
@click.argument("spec", metavar="[SPEC]", required=False)
@declared(*SPEC_OPTIONS)
@option("--layer NAME", "Look at one layer (or the last of a block).")
@option("--unit Y,X", "Look at one unit: its exact rectangle of pixels.", reads=place)
@option("--pixel Y,X", "Show which units see this pixel of the input.", reads=place)
@option("--from NAME", "Fields on this input, if there are several.", name="source")
@option(
    "--object N",
    "Tell which layer first sees an object of N pixels whole.",
    name="sought",
    low=1,
    high=2**31,
)
@flag("--any-size", "Only what holds for inputs of every size; the rest is empty.")
@flag("--all", "Show layers that see what their input sees too.", name="every")
@flag("--effective", "How the weight of the unit is spread over its field: by the number of paths.")
@option(
    "--picture",
    "Draw the fields of layers one in the other, the pixels that the unit really reads, or its"
    " effective field; in the terminal, or with --format svg.",
    of=PICTURES,
)
@option("--image FILE", "An image to lay under an SVG picture.")
@option(
    "--theme",
    "Colours of an SVG picture; auto follows the reader's setting.",
    of="auto light dark",
    default="auto",
)
@printed("table", "json", "csv", "markdown", "latex", "html", "svg", wide=True)
def command(spec: str | None, format: str, output: str | None, **options: Any) -> int:
    """Show which pixels of the input the units of each layer see.

    Fields are in input pixels, padding included, as in the literature; for a single unit also cut
    to the pixels that it really reads. Without SPEC, explains what the columns mean.

    \b
      cnncalc receptive-field vgg16
      cnncalc receptive-field lenet5 --layer S4 --unit 0,4
      cnncalc receptive-field resnet50 --input 3x640x640 --object 64
      cnncalc receptive-field resnet18 --format svg -o fields.svg
      cnncalc receptive-field resnet18 --layer stage2 --effective --picture effective
    """
    if spec is None:
        from cnncalc.report.receptive_field.lesson import lesson

        emit(lesson(), output)
        return 0
    from cnncalc.fields.api import receptive_field

    check(options, format)
    graph = load_graph(spec, **{name: options[name] for name in SPEC_OPTIONS})
    asks = options["unit"], options["pixel"], options["picture"], options["effective"]
    units_only = format != "json" and any(asks)
    fields = receptive_field(graph, options["source"], options["any_size"], units_only)
    options["output"] = output
    emit(shown(fields, format, options, output is None and use_colour()), output)
    return 0


def check(options: dict[str, Any], format: str) -> None:
    """Raise `UsageError` for options that do not go together."""
    if options["image"] and format != "svg":
        raise UsageError("--image lies under an SVG picture", "add --format svg -o FILE")
    if options["pixel"] is not None and (options["unit"] or options["layer"]):
        raise UsageError("--pixel asks for the units of all layers", "leave out --unit and --layer")
    about_unit = options["unit"] or options["picture"] or options["effective"]
    if options["any_size"] and (about_unit or options["pixel"] or format == "svg"):
        raise UsageError("a unit's pixels depend on the input size", "leave out --any-size")


def shown(fields: ReceptiveFields, format: str, options: dict[str, Any], colour: bool) -> str:
    """Return what a call prints."""
    from cnncalc.report.receptive_field.picture import end_of
    from cnncalc.report.text import render

    layer = options["layer"] or end_of(fields)
    picture = options["picture"]
    if format == "svg" and picture is None:
        picture = "effective" if options["effective"] else "nested"
    wants_unit = bool(picture or options["unit"] or options["layer"] or options["effective"])
    if not fields.pixels and (wants_unit or options["pixel"] is not None):
        message = f"the input `{fields.source}` is a vector: it has no rows and columns"
        raise UsageError(message, "receptive fields are for inputs such as 3x32x32")
    unit = fields.unit(layer, options["unit"]) if wants_unit and not options["any_size"] else None
    found = None
    if unit is not None and (options["effective"] or picture == "effective"):
        found = effective(fields, unit)
    if format == "svg":
        assert unit is not None
        return svg(fields, layer, unit, found, picture, options)
    if format == "json":
        return as_json(fields, unit, found, options)
    if options["pixel"] is not None:
        from cnncalc.report.receptive_field.unit import seen_table

        return render(seen_table(fields, options["pixel"]), format)
    if unit is None or format != "table":
        from cnncalc.report.receptive_field.table import fields_table

        only = None if options["layer"] is None else fields.node(options["layer"])
        table = fields_table(fields, options["every"], options["sought"], format == "csv", only)
        return render(table, format, table_width(options["output"]))
    return unit_text(fields, layer, unit, found, picture, colour)


def effective(fields: ReceptiveFields, unit: UnitField) -> Effective:
    """Return the effective field of a unit, by the number of paths."""
    from cnncalc.executor.paths import PixelSpread, path_counts
    from cnncalc.quantities import product
    from cnncalc.report.receptive_field.heat import Effective

    hull = unit.clipped if unit.without is None else unit.without[1]
    if hull is None:
        raise UsageError(f"unit {','.join(map(str, unit.unit))} of `{unit.node}` reads no pixel")
    index, source = fields.index(unit.node), fields.index(fields.source)
    mass = path_counts(fields.all_readings, index, unit.unit, source)
    area = product([hi - lo for lo, hi in hull])
    return Effective(unit, "number of paths", PixelSpread(mass, area), hull)


def svg(
    fields: ReceptiveFields,
    layer: str,
    unit: UnitField,
    found: Effective | None,
    picture: str,
    options: dict[str, Any],
) -> str:
    """Return one of the pictures."""
    from cnncalc.report.png import read_image

    image = read_image(options["image"])
    if picture == "effective":
        from cnncalc.report.receptive_field.heat import heat_svg

        assert found is not None
        return heat_svg(found, options["theme"])
    from cnncalc.report.receptive_field.picture import nested
    from cnncalc.report.receptive_field.svg import nested_svg, pixels_svg

    if picture == "pixels":
        return pixels_svg(unit, fields.pixels, options["theme"], image)
    return nested_svg(nested(fields, layer, unit), options["theme"], image)


def as_json(
    fields: ReceptiveFields,
    unit: UnitField | None,
    found: Effective | None,
    options: dict[str, Any],
) -> str:
    """Return the object of the contract for programs."""
    from cnncalc.report.receptive_field.json import fields_object, seen_object

    result = fields_object(fields, options["layer"], unit)
    if options["pixel"] is not None:
        result |= seen_object(options["pixel"], fields.seen_by(options["pixel"]))
    if options["sought"] is not None:
        first, always = fields.covering(options["sought"]), fields.always_holding(options["sought"])
        result["object"] = {
            "size": options["sought"],
            "fits": None if first is None else first.name,
            "always": None if always is None else always.name,
        }
    if found is not None:
        from cnncalc.report.receptive_field.heat import effective_object

        result["effective"] = effective_object(found)
    return json.dumps(result, indent=1)


def unit_text(
    fields: ReceptiveFields,
    layer: str,
    unit: UnitField,
    found: Effective | None,
    picture: str | None,
    colour: bool,
) -> str:
    """Return what is to be said of one layer and one of its units, and a picture of it."""
    from cnncalc.report.receptive_field.unit import unit_lines

    parts = ["\n".join(unit_lines(fields, layer, unit))]
    # Two characters a cell, with a margin and a frame: 36 cells, fewer on narrow terminals.
    cells = min(36, (text_width() - 4) // 2)
    if found is not None:
        from cnncalc.report.receptive_field.heat import effective_lines

        parts.append("\n".join(effective_lines(found)))
    if picture == "nested":
        from cnncalc.report.receptive_field.picture import nested
        from cnncalc.report.receptive_field.terminal import nested_text

        parts.append(nested_text(nested(fields, layer, unit), colour, cells))
    elif picture == "pixels":
        from cnncalc.report.receptive_field.terminal import pixels_text

        parts.append(pixels_text(unit, len(fields.pixels), cells))
    elif picture == "effective" and found is not None:
        from cnncalc.report.receptive_field.heat import heat_text

        parts.append(heat_text(found, cells))
    return "\n\n".join(parts)
