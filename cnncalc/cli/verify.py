"""`cnncalc verify`: run a network and prove the printed figures, or move its input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.limits import memory_limit, refuse_too_large
from cnncalc.cli.options import DECLARED, SPEC_OPTIONS, declared, emit, load_graph, printed
from cnncalc.cli.output import emit_table
from cnncalc.cli.progress import by_counts, progress
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.analysis.walk import Analysis
    from cnncalc.executor.checks import Check, Proof

WIDTH = 100
#: Products that measuring receptive fields may take before it has to be asked for.
CHEAP_FIELDS = 2_000_000_000


@click.command()
@click.argument("spec", metavar="[SPEC]", required=False)
@declared(*SPEC_OPTIONS)
@flag("--all", "Every network that comes with cnncalc.", name="everything")
@option("--batch", "Samples at once.", low=1, high=2**20, default=1)
@DECLARED["run_dtype"]
@option("--seed", "Of the random input and weights.", low=0, high=2**63, default=0)
@flag(
    "--fields/--no-fields",
    "Measure receptive fields as well; by default where that is quick.",
    default=None,
)
@option(
    "--shift DY,DX", "Move the input by so many pixels, and say which layers commute with that."
)
@memory_limit
@DECLARED["jobs"]
@printed("table", "json", wide=True)
def command(
    spec: str | None, everything: bool, format: str, output: str | None, **options: Any
) -> int:
    """Run a network in NumPy and compare what happens with what was computed.

    The network gets random input and random weights. For every layer the output's shape, the
    numbers in the weights that it really reads, and the products that it really performs must be
    those that `summary` shows; the executor finds all of them without knowing the computed ones.
    Exit status 1 if anything differs.

    \b
      cnncalc verify lenet5
      cnncalc verify resnet50 --input 3x160x160 --format json
      cnncalc verify lenet5 --shift 1,0
      cnncalc verify --all
    """
    if everything == (spec is not None):
        raise UsageError("verify wants one SPEC, or --all", "cnncalc verify lenet5")
    if everything and options["shift"]:
        raise UsageError("--shift moves the input of one network", "give its name, without --all")
    if everything:
        return verify_all(format, output, options)
    assert spec is not None
    chosen = {name: options[name] for name in SPEC_OPTIONS}
    if options["shift"]:
        return show_shift(spec, chosen, options, format, output)
    proof = prove(spec, chosen, options)
    if format == "json":
        from cnncalc.report.proof import proof_json

        emit(proof_json(proof), output)
    else:
        from cnncalc.report.proof import proof_table

        run = f"random input, batch {options['batch']}, {options['dtype']}, seed {options['seed']}"
        emit_table(proof_table(proof, run), "table", output, None if output else WIDTH)
    return 0 if proof.passed else 1


def prove(spec: str, chosen: dict[str, Any], options: dict[str, Any]) -> Proof:
    """Return the proof of one network."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.executor.verify import verify

    graph = load_graph(spec, **chosen)
    analysis = analyze(graph, options["batch"], options["dtype"])
    refuse_too_large(analysis, options["max_memory"], False, spec, chosen)
    measured = measures_fields(analysis, options["fields"])
    costs = [max(1, facts.ops.flops or 0) for facts in analysis.facts]
    alone = options["jobs"] == 1  # the bars of several processes would overwrite one another
    with progress(f"proving {graph.name}", measured + 1.0, alone) as advance:

        def measure() -> dict[int, Check]:
            from cnncalc.executor.field_checks import prove_fields

            return prove_fields(analysis, by_counts(advance))

        return verify(
            analysis,
            options["seed"],
            measure if measured else None,
            lambda step: advance(costs[step.index] / sum(costs)),
        )


def measures_fields(analysis: Analysis, wanted: bool | None) -> bool:
    """Return whether receptive fields are measured: asked for, or quick to measure."""
    lengths = [length for i in analysis.graph.inputs for length in analysis.facts[i].output[1:]]
    cost = analysis.totals().ops.macs * sum(lengths)
    return wanted if wanted is not None else cost <= CHEAP_FIELDS


def verify_all(format: str, output: str | None, options: dict[str, Any]) -> int:
    """Prove every network that comes with cnncalc, and say so in order; returns the status."""
    from dataclasses import replace

    from cnncalc.language.library import builtin_names
    from cnncalc.search.workers import finished, in_order, workers

    given = [name for name in ("variant", "settings", "inputs") if options[name]]
    if given:
        flags = {"variant": "--variant", "settings": "--set", "inputs": "--input"}
        raise UsageError(f"{flags[given[0]]} chooses one network, and --all takes them all")
    chosen = {"rounding": options["rounding"]}
    quick = {**options, "fields": options["fields"] or False}
    names = [name for name, _, _ in builtin_names()]
    proofs: list[tuple[str, Proof]] = []
    lines: list[str] = []
    say: Callable[[str], None] = lines.append
    if output is None and format == "table":
        say = tell_at_once
    tasks = ((name, chosen, quick) for name in names)
    with workers(options["jobs"]) as pool:
        for name, proof in zip(names, in_order(finished(pool, prove, tasks)), strict=True):
            say(line_of(name, proof))
            # Only what will be printed is kept: the nodes of all networks are many.
            kept = proof if format == "json" else replace(proof, nodes=proof.failures)
            proofs.append((name, kept))
    failed = [name for name, proof in proofs if not proof.passed]
    if format == "json":
        from cnncalc.report.proof import proofs_json

        emit(proofs_json(proofs), output)
    else:
        say("")
        say(
            f"FAIL  {len(failed)} of {len(names)} networks: {', '.join(failed)}"
            if failed
            else f"PASS  all {len(names)} networks"
        )
        if output is not None:
            emit("\n".join(lines), output)
    return 1 if failed else 0


def tell_at_once(line: str) -> None:
    """Print a line that should be seen before the next network has run."""
    emit(line)
    sys.stdout.flush()


def line_of(name: str, proof: Proof) -> str:
    """Return one network of many in a line, and the layers that failed below it."""
    from cnncalc.report.proof import cells, sentence

    lines = [f"{'PASS' if proof.passed else 'FAIL'}  {name}: {sentence(proof)}"]
    for node in proof.failures[:5]:
        lines.append(
            "        " + "  ".join(cells(node)[1:]) + (f"  {node.error}" if node.error else "")
        )
    return "\n".join(lines)


def show_shift(
    spec: str, chosen: dict[str, Any], options: dict[str, Any], format: str, output: str | None
) -> int:
    """Move the input of a network, and print what every layer does with it; returns 0."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.report.shift import shift_json, shift_table
    from cnncalc.teaching.shift import measure

    shift = pixels(options["shift"])
    result = measure(analyze(load_graph(spec, **chosen)), shift, options["seed"])
    if format == "json":
        emit(shift_json(result), output)
    else:
        emit_table(shift_table(result), format, output)
    return 0


def pixels(text: str) -> tuple[int, ...]:
    """Return the shift that `1,0` means; raises `UsageError`."""
    parts = text.replace(" ", "").split(",")
    try:
        return tuple([int(part) for part in parts])
    except ValueError:
        raise UsageError(
            f"`--shift {text}` is no shift", "one number of pixels for each axis: --shift 1,0"
        ) from None
