"""torchvision's CNNs: totals of all 68, and the layers of one or two of each family.

`torchvision_models.csv` has torchvision's own table (parameters, GMACs to three decimals) and, to
be exact, the MACs counted by hooks on its convolution and linear modules. As there, `num_params`
is without side heads for GoogLeNet and with the side head for Inception v3; its MACs never
include one. `min_size` is the smallest image that torchvision's net takes without side heads.
`torchvision_layers.csv` lists the modules with weights in the order of execution.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.diagnostics import SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

DATA = Path(__file__).parent.parent / "data"

#: Rows whose plain name belongs to the paper's network.
RENAMED = {"alexnet": "alexnet_torchvision", "googlenet": "googlenet_torchvision"}

#: Side heads need larger images than the rest.
HEADLESS: dict[str, dict[str, Any]] = {
    "googlenet": {"side_heads": False},
    "inception_v3": {"side_head": False},
}

WITH_WEIGHTS = ("conv", "linear", "batch_norm", "layer_norm")


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file))


MODELS = table("torchvision_models.csv")
LAYERS = table("torchvision_layers.csv")
LISTED = sorted({row["model"] for row in LAYERS})


@cache
def analysis(model: str) -> Analysis:
    return cnncalc.analyze(cnncalc.load(RENAMED.get(model, model)))


def test_the_table_is_whole() -> None:
    assert len({row["model"] for row in MODELS}) == 68


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["model"])
def test_totals(row: dict[str, str]) -> None:
    found = analysis(row["model"])
    main, everything = found.totals(aux=False), found.totals()
    counted = everything if row["model"] == "inception_v3" else main
    assert counted.params == int(row["num_params"])
    assert main.params == int(row["main_params"])
    assert main.ops.macs == int(row["macs"])
    assert f"{main.ops.macs / 1e9:.3f}" == f"{float(row['gmacs']):.3f}"
    assert found.totals(aux=True).ops.macs == int(row["aux_macs"])


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["model"])
def test_ends(row: dict[str, str]) -> None:
    found = analysis(row["model"])
    size = int(row["crop_size"])
    assert found.output_shapes()[0] == (3, size, size)
    (output,) = found.graph.outputs
    assert found.output_shapes()[output] == (1000,)
    assert "softmax" not in {node.layer.keyword for node in found.graph.nodes}


@pytest.mark.parametrize("model", LISTED)
def test_layers(model: str) -> None:
    found = [
        (
            row.node.layer.keyword,
            "x".join(str(length) for length in row.output),
            row.params,
            row.ops.macs,
        )
        for row in analysis(model).rows()
        if row.node.layer.keyword in WITH_WEIGHTS
    ]
    wanted = [
        (row["layer"], row["output"], int(row["params"]), int(row["macs"]))
        for row in LAYERS
        if row["model"] == model
    ]
    assert found == wanted


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["model"])
def test_the_spec_states_its_own_figures(row: dict[str, str]) -> None:
    facts = {
        fact.quantity: float(fact.value.rstrip("G"))
        for fact in analysis(row["model"]).graph.published
        if fact.source in ("torchvision", "pytorch/vision")
    }
    params = "params_with_aux" if row["model"] == "inception_v3" else "params"
    assert facts == {params: int(row["num_params"]), "macs": float(row["gmacs"])}


def at_size(model: str, size: int) -> Analysis:
    name = RENAMED.get(model, model)
    return cnncalc.analyze(cnncalc.load(name, input=f"3x{size}x{size}", **HEADLESS.get(model, {})))


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["model"])
def test_smallest_image(row: dict[str, str]) -> None:
    model, smallest = row["model"], int(row["min_size"])
    at_size(model, smallest)
    # torchvision states 33 for EfficientNetV2, but runs on one pixel too.
    if smallest > 1 and not model.startswith("efficientnet_v2"):
        with pytest.raises(SpecError):
            at_size(model, smallest - 1)
