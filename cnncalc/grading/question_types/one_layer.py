"""An inverse question about one layer, as a spec of that layer alone in which the unknowns vary."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Source
from cnncalc.grading.question_types.parameter_search import (
    ANY,
    Bounds,
    FreeParameter,
    ParameterSearch,
    Want,
    ranges_under,
)
from cnncalc.grading.question_types.question import QuestionReader
from cnncalc.grading.yaml_keys import Keys, refused
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping
from cnncalc.layers.base import Layer
from cnncalc.layers.conv import Conv
from cnncalc.layers.pool import MaxPool
from cnncalc.layers.transposed import ConvTranspose

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

#: The words of a question for layers.
KINDS: dict[str, type[Layer]] = {"conv": Conv, "pool": MaxPool, "conv_transpose": ConvTranspose}
#: Sizes of a layer: what a question calls them, and from where and how far they are tried where no
#: range is given, alone and beside another unknown.
SIZES = {
    "kernel_size": ("kernel size", 1, 255, 15), "stride": ("stride", 1, 64, 8),
    "padding": ("padding", 0, 127, 7), "dilation": ("dilation", 1, 64, 4),
    "output_padding": ("output padding", 0, 15, 7), "groups": ("number of groups", 1, 1024, 64),
    "in_channels": ("number of input channels", 1, 1024, 64),
    "out_channels": ("number of filters", 1, 1024, 64),
    "input": ("side of the input", 1, 1024, 64), "layers": ("number of layers", 1, 64, 64),
}  # fmt: skip
_FIELDS = ("kernel_size", "stride", "padding", "dilation", "output_padding", "groups")
_WANTED = ("params", "macs", "receptive_field")
GIVEN = (*_FIELDS, "in_channels", "out_channels", "bias", "input", "output", *_WANTED)
_SHAPE = re.compile(r"\d{1,6}(x\d{1,6}){0,3}")
#: A side from which no field of a question is cut.
WIDE = "4096"


def one_layer(reader: QuestionReader) -> ParameterSearch:
    """Return the search for what makes a single layer, or equal ones, do what is given."""
    layer = KINDS[reader.keys.word("layer", KINDS, "conv")]
    place, given = _given(reader)
    pairs = ranges_under(reader, "unknown", SIZES, "a layer has no size")
    unknowns = []
    for name, values in pairs:
        title, low, alone, beside = SIZES[name]
        tried = values or tuple(range(low, 1 + (beside if len(pairs) > 1 else alone)))
        stated = bool(values) or len(pairs) > 1
        unknowns.append(FreeParameter(f"the_{name}", tried, name, f"the {title}", stated))
        if name in given:
            raise refused(place, f"`{name}` is both given and unknown", "leave one of them out")
    asked = {one.called: one.name for one in unknowns}
    if "kernel_size" not in (*given, *asked):
        help = "add `kernel_size: 3` to what is given, or to the unknowns"
        raise refused(place, "the kernel's size is missing", help)
    axes = given.get("input", given.get("output", "1")).count("x") + 1
    rank = axes - 1 if axes > 2 and "input" in given else axes  # channels may stand before them
    wants = _wants(given, rank, place, several="layers" in asked)
    spec = parse(Source("the layer", _spec(layer, {**given, **asked}, asked, rank)))
    pick = "smallest" if "layers" in asked else ""
    return ParameterSearch(reader, spec, unknowns, wants, _lead(layer, given, asked), pick)


def _given(reader: QuestionReader) -> tuple[Node, dict[str, str]]:
    """Return what is given of the layer; `any` gives nothing."""
    place = reader.keys.node("given")
    if not isinstance(place, Mapping):
        help = "write `given: {input: 32x32, output: 32x32, kernel_size: 5}`"
        raise refused(place or reader.mapping, "nothing is given", help)
    keys = Keys(place, "`given`", GIVEN, reader.faults)
    given = {name: keys.text(name) for name in GIVEN if keys.text(name) not in ("", "any")}
    for name in ("input", "output"):
        if not _SHAPE.fullmatch(given.get(name, "1")):
            raise refused(keys.node(name) or place, f"`{given[name]}` is no shape", "write 32x32")
    return place, given


def _wants(given: dict[str, str], rank: int, place: Node, *, several: bool) -> list[Want]:
    """Return what is wanted: output or counts, else that the window fits; bounds of several."""
    output, wants = given.get("output"), []
    if output is not None:
        quantity = "shape" if output.count("x") + 1 > rank else "spatial"
        wants.append(Want(quantity, output, ANY, place))
    wants += [Want(name, given[name], ANY, place) for name in _WANTED if name in given]
    if not several:
        return wants or [Want("fits", "true", ANY, place)]
    if not wants or not wants[-1].text.isdecimal():
        help = "give `receptive_field: 11`, or `input: 224` and `output: 7`"
        raise refused(place, "nothing says how many layers it takes", help)
    last, number = wants[-1], Fraction(wants[-1].text)
    shrinks = last.quantity == "spatial"
    return [last._replace(bounds=Bounds(high=number) if shrinks else Bounds(low=number))]


def _lead(layer: type[Layer], given: dict[str, str], asked: dict[str, str]) -> str:
    """Return what the layer is, and what it reads."""
    noun = layer.noun or layer.keyword.replace("_", " ")
    tied = given.get("kernel_size", "equal to the kernel")
    known = {"stride": tied if layer.role == "pool" else "1", "padding": "0", **given}
    named = [name for name in SIZES if name in known and name not in (*asked, "input")]
    parts = [f"{name.replace('_', ' ')} {known[name]}" for name in named]
    sizes, read = " and ".join(", ".join(parts).rsplit(", ", 1)), given.get("input")
    if "layers" in asked:
        end = f"read {read}" if read else "are given"
        return f"Equal {noun} layers with {sizes}, one after the other, {end}. "
    return f"A {noun} with {sizes} {f'reads {read}' if read else 'is given'}. "


def _spec(layer: type[Layer], known: dict[str, str], asked: dict[str, str], rank: int) -> str:
    """Return the spec of the layer; the names of its unknowns are parameters."""
    sides, channels = known.get("input", WIDE).split("x"), known.get("in_channels", "1")
    if "input" in asked or "input" not in known:
        sides *= rank
    elif len(sides) > 2:
        channels, *sides = sides
    fields = {name: known[name] for name in _FIELDS if name in known}
    if layer.role != "pool":
        fields["out_channels"] = known.get("out_channels", channels if "layers" in asked else "1")
        fields["bias"] = known.get("bias", "true")
    if "layers" in asked:
        fields["repeat"] = known["layers"]
    inner = ", ".join(f"{name}: {text}" for name, text in fields.items())
    parameters = ", ".join(f"{name}: 1" for name in asked.values())
    return (
        f"input: [{', '.join([channels, *sides])}]\nparameters: {{{parameters}}}\n"
        f"layers: [{layer.keyword}: {{{inner}}}]\n"
    )
