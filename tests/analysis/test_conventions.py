"""Every convention against what the tools themselves printed, to the unit."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from each import each
from layer_examples import EXAMPLES

import cnncalc
from cnncalc.analysis.conventions import CONVENTIONS, convention
from cnncalc.analysis.why import main_path, total
from cnncalc.diagnostics import LayerError, SpecError, UsageError
from cnncalc.graph import SEEN_AS
from cnncalc.layers import LAYERS, layer_class

DATA = Path(__file__).parent.parent / "data"
TOOLS = ("fvcore", "thop", "torchinfo", "ptflops", "ptflops_pytorch", "torch", "calflops")
#: Darknet's own count was not measured on PyTorch's networks; it has the same kind of rules.
BY_TOOLS = (*TOOLS, "darknet")
NOT_IN_PYTORCH = {keyword for keyword in LAYERS if layer_class(keyword).tools is None}


def table(name):
    lines = [x for x in (DATA / name).read_text().splitlines() if not x.startswith("#")]
    return list(csv.DictReader(lines))


def totals_by_net():
    nets = {}
    for row in table("tool_totals.csv"):
        nets.setdefault(row["net"], {})[row["tool"]] = int(row["total"])
    return nets


NETS = totals_by_net()


def totals_of(graph, names=TOOLS):
    rows = main_path(cnncalc.analyze(graph))
    return {name: total(rows, convention(name)) for name in names}


@pytest.mark.parametrize("net", NETS)
def test_tools_totals_of_the_shipped_networks(net):
    """Every torchvision network, by every tool, exactly."""
    assert totals_of(cnncalc.load(net)) == NETS[net]


def test_all_of_the_table_is_there():
    assert len(NETS) == 68
    assert all(tuple(totals) == TOOLS for totals in NETS.values())


SMALL = {row["case"]: row for row in table("tool_layers.csv")}


@each("case", SMALL)
def test_tools_totals_layer_by_layer(case):
    """One layer at a time, in 1, 2 and 3 dimensions, as the tools counted it."""
    row = SMALL[case]
    graph = cnncalc.loads(
        f"input: {row['input']}\n"
        "layers:\n"
        "  - conv: {out_channels: 4, kernel_size: 1, bias: false}\n"
        f"  - block: {{}}\nblocks:\n  block: {{layers: {row['layers']}}}\n"
    )
    assert totals_of(graph) == {tool: int(row[tool]) for tool in TOOLS}


def test_every_layer_is_covered_by_a_measured_case():
    text = " ".join(row["layers"] for row in SMALL.values())
    unmeasured = {"stochastic_depth"}  # torchvision's class, which computes nothing in eval mode
    for keyword in LAYERS.keys() - NOT_IN_PYTORCH - unmeasured:
        # What only moves elements has no operations that a tool could count.
        assert keyword in text or layer_class(keyword).role == "rearrange", keyword


def example(keyword):
    fields, inputs = EXAMPLES[keyword][0]
    layer = layer_class(keyword)(**fields)
    return layer, inputs, layer.facts(inputs)


@each("keyword", LAYERS)
@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_convention_counts_or_refuses_each_layer(name, keyword):
    """A layer is counted, known to be zero, or refused aloud: never forgotten."""
    layer, inputs, facts = example(keyword)
    counting = convention(name)
    arguments = (layer, inputs, facts.output, facts.params, facts.ops)
    if name in BY_TOOLS and keyword in NOT_IN_PYTORCH:
        with pytest.raises(LayerError, match="PyTorch has no such layer"):
            counting.terms(*arguments)
        return
    terms = counting.terms(*arguments)
    assert counting.total(*arguments) == sum(factor * count for _, factor, count in terms)
    assert all(isinstance(factor, int) and isinstance(count, int) for _, factor, count in terms)
    assert len({term_name for term_name, _, _ in terms}) == len(terms)
    expected = {"default": facts.ops.flops, "macs": facts.ops.macs, "2macs": 2 * facts.ops.macs}
    assert counting.total(*arguments) == expected.get(name, counting.total(*arguments))


def test_what_pytorch_lacks_is_known():
    assert {"locally_connected", "subsample", "rbf", "custom"} == NOT_IN_PYTORCH


@each("keyword", LAYERS)
def test_layers_name_tools_and_ways_of_writing_that_exist(keyword):
    for tool in layer_class(keyword).tools or {}:
        name, _, way = tool.partition("/")
        assert name in BY_TOOLS
        assert not way or way in SEEN_AS


def test_a_function_is_counted_once_by_ptflops_where_a_module_is_counted_twice():
    text = "input: 4x6x6\nlayers: [{relu: {%s}}, {global_avg_pool: {%s}}]"
    module, function = [
        totals_of(cnncalc.loads(text % (way, way)), ["ptflops_pytorch"])["ptflops_pytorch"]
        for way in ("", "seen_as: function")
    ]
    assert (module, function) == (4 * 144, 2 * 144)


def test_a_refusal_has_a_place():
    graph = cnncalc.load("lenet5_paper")
    with pytest.raises(SpecError, match="as it is here") as refused:
        totals_of(graph, ["fvcore"])
    assert refused.value.diagnostics[0].span is not None


def test_an_unknown_convention_is_told_its_neighbour():
    with pytest.raises(UsageError) as error:
        convention("fvcor")
    assert "did you mean `fvcore`" in error.value.help


def test_every_convention_prints_its_rule():
    for name, counting in CONVENTIONS.items():
        assert counting.name == name
        assert counting.unit in ("FLOPs", "MACs")
        assert counting.rule.endswith(".")
        assert len(counting.rule) < 400


def test_shared_weights_count_each_time_they_are_used():
    once = "input: 4x8x8\nlayers:\n  - conv: {name: a, out_channels: 4, kernel_size: 1}\n"
    twice = once + "  - conv: {share: a, out_channels: 4, kernel_size: 1}\n"
    single, double = totals_of(cnncalc.loads(once)), totals_of(cnncalc.loads(twice))
    assert double == {name: 2 * figure for name, figure in single.items()}


def test_auxiliary_heads_are_not_in_the_totals():
    """The tools run the network in eval mode, where the heads are not computed."""
    graph = cnncalc.load("inception_v3")
    assert any(node.aux for node in graph.nodes)
    assert totals_of(graph, ["torch"])["torch"] == NETS["inception_v3"]["torch"]


def test_thops_rounding_of_adaptive_windows():
    """thop multiplies window lengths as floating-point numbers and cuts the product off."""
    layer = layer_class("adaptive_avg_pool")(output_size=(3, 7))
    for lengths in ((7, 11), (10, 22), (13, 5), (5, 9)):
        shape = (6, *lengths)
        facts = layer.facts((shape,))
        figure = convention("thop").total(layer, (shape,), facts.output, (), facts.ops)
        assert figure == int((lengths[0] / 3 * (lengths[1] / 7) + 1) * 6 * 21)


def test_summary_does_not_load_the_tools_rules():
    code = (
        "import sys, cnncalc.analysis.conventions as c; c.convention('default');"
        "print(*[m for m in ('cnncalc.analysis.tool_rules', 'dataclasses', 'typing', 're')"
        " if m in sys.modules])"
    )
    place = {"PYTHONPATH": str(Path(cnncalc.__file__).parent.parent)}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=place, check=False)
    assert done.stdout.strip() == "", done.stderr
