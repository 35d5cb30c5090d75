"""Training memory by optimizer, counted by hand."""

from __future__ import annotations

import json

import pytest

from cnncalc.cli import run

# 2 x 3 weights and 2 biases; 3 inputs and 2 outputs of 4 bytes each, for a batch of 5.
NET = "input: 3\nlayers: [{linear: 2}]\n"


@pytest.mark.parametrize(
    ("optimizer", "copies"), [("sgd", 2), ("momentum", 3), ("adam", 4), ("adamw", 4)]
)
@pytest.mark.parametrize("gradients", ["none", "all"])
def test_every_term(optimizer, copies, gradients, tmp_path, capsys):
    (tmp_path / "net.yaml").write_text(NET)
    arguments = ["summary", str(tmp_path / "net.yaml"), "--optimizer", optimizer, "--batch", "5"]
    arguments += ["--activation-gradients", gradients]
    assert run([*arguments, "--format", "json"]) == 0
    totals = json.loads(capsys.readouterr().out)["totals"]
    once = 4 * (8 * copies + 5 * (3 + 2))
    assert totals["training_bytes"] == once + (4 * 5 * 2 if gradients == "all" else 0)
    assert totals["optimizer"] == optimizer
    assert run(arguments) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert ("Adam" in text) == optimizer.startswith("adam")
    assert ("as many gradients of activations" in text) == (gradients == "all")
