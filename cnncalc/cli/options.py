"""Options that several commands share, and what commands do with them."""

from __future__ import annotations

from cnncalc.cli.declare import Declared, option, together
from cnncalc.cli.output import emit as emit
from cnncalc.cli.output import format_option as format_option
from cnncalc.cli.output import output_option as output_option
from cnncalc.cli.output import printed as printed
from cnncalc.diagnostics import UsageError
from cnncalc.quantities import DTYPE_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph

#: The keyword arguments that `spec_options` adds to a command and `load_graph` takes.
SPEC_OPTIONS = ("variant", "settings", "inputs", "layout", "rounding")
ROUNDING = "floor ceil strict caffe"

#: How each of them is declared, `spec`, the argument, and others that several commands have.
DECLARED: dict[str, Declared] = {
    "spec": Declared("SPEC"),
    "variant": option("--variant NAME", "Which variant of a family, such as vgg16."),
    "settings": option(
        "--set NAME=VALUE",
        "Change a parameter of the spec, such as width=32.",
        name="settings",
        multiple=True,
    ),
    "inputs": option(
        "--input [NAME=]SHAPE",
        "Another input: channels x height x width, such as 3x256x256.",
        name="inputs",
        multiple=True,
    ),
    "layout": option(
        "--layout",
        "Type and print shapes channels first (chw, the usual way) or channels last.",
        of="chw hwc",
    ),
    "rounding": option(
        "--rounding", "What to do where a window does not fit exactly.", of=ROUNDING
    ),
    "batch": option("--batch", "Samples at once, for memory.", low=1, high=2**31, default=1),
    "dtype": option(
        "--dtype", "The type of one number, for memory.", of=DTYPE_BITS, default="float32"
    ),
    "convention": option(
        "--convention NAME",
        "How operations become FLOPs; a wrong name lists all.",
        default="default",
    ),
    "run_dtype": option(
        "--dtype", "The type of the numbers.", of="float32 float64", default="float32"
    ),
    "jobs": option("--jobs", "Processes that share the work.", low=1, high=1024, default=1),
}


def declared(*names: str) -> Declared:
    """Return some of the shared options."""
    return together(*[DECLARED[name] for name in names])


#: SPEC, and the options that choose and change a network; `load_graph` takes them.
spec_options = declared("spec", *SPEC_OPTIONS)
#: What scales memory.
memory_options = declared("batch", "dtype")


def pairs(texts: tuple[str, ...], what: str, nameless: bool = False) -> dict[str, str]:
    """Return `name=value` texts as a dictionary; raises `UsageError`."""
    result = {}
    example = "3x224x224" if nameless else "width=32"
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            if not nameless:
                raise UsageError(f"{what} wants NAME=VALUE, not `{text}`", f"{what} {example}")
            name, value = "", text
        if not value.strip():
            raise UsageError(f"`{what} {text}` gives no value", f"{what} {example}")
        result[name.strip()] = value.strip()
    return result


def load_graph(
    spec: str,
    variant: str | None = None,
    settings: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
    rounding: str | None = None,
    layout: str | None = None,
) -> Graph:
    """Return the graph that SPEC and its options mean; raises `SpecError` or `UsageError`."""
    from cnncalc.language import Options
    from cnncalc.networks import load

    values, shapes = pairs(settings, "--set"), pairs(inputs, "--input", True)
    return load(spec, Options(variant, values, shapes, rounding, layout))
