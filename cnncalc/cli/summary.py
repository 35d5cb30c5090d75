"""`cnncalc summary`: shapes, parameters, operations and memory, layer by layer."""

from __future__ import annotations

from cnncalc.cli.declare import flag, option, takes
from cnncalc.cli.machine import chosen_machine, freeze_option, frozen, machine_options
from cnncalc.cli.options import (
    DECLARED,
    SPEC_OPTIONS,
    emit,
    load_graph,
    memory_options,
    printed,
    spec_options,
)
from cnncalc.cli.output import emit_table
from cnncalc.cli.screen import WIDTH
from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.analysis.summary import Summary
    from cnncalc.report.columns import SummaryOptions


#: The columns for which a machine must be given, and by which options.
NEEDED = {"time": ("peak", "bandwidth"), "bound": ("peak", "bandwidth")}


def depth(text: str) -> int:
    """Return how many levels are opened, 0 for `all`; raises `ValueError`."""
    if text == "all":
        return 0
    if not (text.isdigit() and 1 <= int(text) < 1000):
        raise ValueError(f"wanted a number from 1, or `all`, not `{text}`")
    return int(text)


@takes(
    spec_options,
    memory_options,
    option(
        "--depth DEPTH",
        "How many levels of blocks to open: 1, 2, ... or `all`. By default as many as stay"
        " readable; equal blocks in a row are shown once, as ×3.",
        reads=depth,
    ),
    flag("-w, --wide", "All the usual columns, however wide."),
    option(
        "--optimizer",
        "For the memory of training: what is kept for each weight beside its gradient.",
        of="sgd momentum adam adamw",
        default="adam",
    ),
    option(
        "--activation-gradients",
        "For the memory of training: whether gradients of activations count, all at once.",
        of="none all",
        default="none",
    ),
    freeze_option,
    machine_options,
    option("--columns A,B,...", "Choose the columns; a wrong name lists all."),
    option("--sort COLUMN", "One row per layer, the largest first."),
    # `--units` was its name before layers' units got it everywhere; it goes with version 0.3.
    option(
        "--figures, --units",
        "Exact integers, or rounded with K, M and G.",
        name="units",
        of="exact auto",
        default="exact",
    ),
    DECLARED["convention"],
    flag(
        "--strict",
        "Exit with status 1 if there are warnings, or layers whose counts are not all known.",
    ),
    printed("table", "json", "csv", "markdown", "latex", "html"),
)
def command(spec: str, format: str, output: str | None, strict: bool, **options: Any) -> int:
    """Show every layer of a network: output shape, parameters and multiply-accumulates.

    SPEC is a YAML file, the name of a network that comes with cnncalc, or - for standard input.
    Below the table stand the totals, the rule by which operations were counted, and the memory
    that a run needs.

    \b
      cnncalc summary lenet5
      cnncalc summary vgg16 --input 3x160x160 --figures auto
      cnncalc summary resnet50 --depth all --format csv -o resnet50.csv
      cnncalc summary resnet50 --sort params --columns name,output,params
      cnncalc summary resnet50 --peak 19.5T --bandwidth 1.5T --sort time
    """
    from cnncalc.analysis.conventions import convention
    from cnncalc.analysis.memory import TrainingRule
    from cnncalc.analysis.summary import summarize
    from cnncalc.analysis.walk import ShapeError, analyze

    counting = convention(options["convention"])
    machine = chosen_machine(options)
    rule = TrainingRule(options["optimizer"], options["activation_gradients"])
    shown = summary_options(format, options)
    graph = load_graph(spec, **{name: options[name] for name in SPEC_OPTIONS})
    try:
        analysis = frozen(analyze(graph, options["batch"], options["dtype"]), options["freeze"])
    except ShapeError as error:
        if format != "json" and len(error.partial.facts) > len(graph.inputs):
            render(summarize(error.partial, counting, machine, rule), shown, format, output)
        raise
    summary = summarize(analysis, counting, machine, rule)
    render(summary, shown, format, output)
    return 1 if strict and (summary.warnings or summary.unknown) else 0


def summary_options(format: str, options: dict[str, Any]) -> SummaryOptions:
    """Return what to show; raises `UsageError` for an unknown column."""
    from cnncalc.report.columns import RAW, USUAL, WIDE, SummaryOptions, column

    keys: tuple[str, ...] = RAW if format == "csv" else WIDE if options["wide"] else USUAL
    if options["peak"] or options["bandwidth"]:
        keys += ("time", "bound") if options["peak"] and options["bandwidth"] else ("time",)
    if options["columns"] is not None:
        chosen = [column(key.strip()).key for key in options["columns"].split(",")]
        keys = tuple(dict.fromkeys(chosen))
    asked = [column(options["sort"]).key] if options["sort"] is not None else []
    for key in (*keys, *asked):
        needs = [name for name in NEEDED.get(key, ()) if not options[name]]
        if key in NEEDED and (len(needs) == 2 or (needs and key == "bound")):
            raise UsageError(
                f"the column `{key}` needs what a machine does at best",
                "add --peak 19.5T (FLOPs per second) and --bandwidth 1.5T (bytes per second)",
            )
    if format == "csv" and options["depth"]:
        raise UsageError("CSV has one row per layer, so --depth does not apply to it")
    return SummaryOptions(
        keys,
        options["depth"],
        options["sort"],
        options["layout"] or "chw",
        options["units"] == "auto",
        raw=format == "csv",
    )


def render(summary: Summary, shown: SummaryOptions, format: str, output: str | None) -> None:
    """Print a summary in one of its formats."""
    if format == "json":
        from cnncalc.report.summary_json import summary_json

        emit(summary_json(summary), output)
        return
    from cnncalc.report.columns import USUAL
    from cnncalc.report.summary import summary_table

    table = summary_table(summary, shown)
    usual = shown.columns[: len(USUAL)] == USUAL
    emit_table(table, format, output, WIDTH if usual else None)
