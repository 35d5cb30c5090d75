"""PyTorch modules and saved programs: names, counts and values against PyTorch's own."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.graph import Graph

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402


class Tiny(nn.Module):
    """Blocks within blocks, a shared module, writing in place, and a part that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
        )
        self.shared = nn.Conv2d(8, 8, 3, padding=1)
        self.pool = nn.AvgPool2d(2, ceil_mode=True)
        self.drop = nn.Dropout(0.25, inplace=True)
        self.head = nn.Linear(8, 5)
        self.unused = nn.Linear(2, 2)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        y = self.shared(x)
        y = F.hardswish(self.shared(y), inplace=True)
        y += x
        left, right = self.pool(y).chunk(2, dim=1)
        y = torch.cat([right, left * torch.sigmoid(left)], dim=1)
        return self.head(self.drop(y.mean((2, 3))))


def weights_of(graph: Graph, module: Any, renamed: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the module's numbers under the names that `run` wants."""
    state = module.state_dict()
    found = {}
    for node, facts in zip(graph.nodes, cnncalc.analyze(graph).facts, strict=True):
        if node.shares is None:
            for array in facts.params:
                name = f"{node.name.replace('/', '.')}.{array.name}"
                own = (renamed or {}).get(name, name)
                found[f"{node.name}.{array.name}"] = state[own].numpy()
    return found


def assert_same_values(module: Any, *shapes: tuple[int, ...]) -> Graph:
    """Read a module, run it here and there, compare outputs; return the graph."""
    torch.manual_seed(0)
    module = module.eval()
    graph = cnncalc.from_torch(module, *shapes)
    inputs = [torch.randn(1, *shape) for shape in shapes]
    with torch.no_grad():
        wanted = module(*[x.clone() for x in inputs])
    wanted = wanted if isinstance(wanted, tuple | list) else [wanted]
    results = cnncalc.run(graph, weights_of(graph, module), [x.numpy() for x in inputs])
    for found, right in zip(results.outputs.values(), wanted, strict=True):
        np.testing.assert_allclose(found, right.numpy(), rtol=1e-4, atol=1e-5)
    return graph


def test_a_module_keeps_its_names_its_weights_and_its_values() -> None:
    module = Tiny()
    graph = assert_same_values(module, (3, 15, 15))
    names = [node.name for node in graph.nodes]
    assert names[1:5] == ["stem/0", "stem/1", "stem/2", "shared"]
    assert graph.nodes[5].shares == 4
    totals = cnncalc.analyze(graph).totals()
    assert totals.params == sum(p.numel() for p in module.parameters()) - 6
    assert totals.buffers == 16
    assert totals.ops.macs == 8 * 64 * 27 + 2 * 8 * 64 * 72 + 40
    assert "6 parameters of the module take no part" in graph.warnings[0].message
    assert module.unused.training is False


def test_a_saved_program_reads_as_the_module_does(tmp_path: Path) -> None:
    module = Tiny().eval()
    path = str(tmp_path / "tiny.pt2")
    exported = torch.export.export(module, (torch.zeros(1, 3, 15, 15),))
    torch.export.save(exported, path)
    ours, direct = cnncalc.load(path), cnncalc.from_torch(module, (3, 15, 15))
    assert [(n.name, n.layer, n.inputs, n.shares) for n in ours.nodes] == [
        (n.name, n.layer, n.inputs, n.shares) for n in direct.nodes
    ]


def test_open_sizes_of_a_saved_program_are_asked_for(tmp_path: Path) -> None:
    class Open(nn.Module):
        def forward(self, x: Any) -> Any:
            return F.relu(x).view(x.size(0), -1, x.size(3)).mean(1)

    path = str(tmp_path / "open.pt2")
    sizes = {0: torch.export.Dim("batch"), 2: torch.export.Dim("height")}
    exported = torch.export.export(Open(), (torch.zeros(2, 3, 8, 8),), dynamic_shapes={"x": sizes})
    torch.export.save(exported, path)
    with pytest.raises(cnncalc.SpecError, match="leaves sizes open"):
        cnncalc.load(path)


def queries(x: Any) -> Any:
    """Return the products of queries and keys that are parts of one layer, for all windows."""
    query, keys, _ = x.permute(2, 0, 3, 1, 4).unbind(0)
    return (query @ keys.transpose(-2, -1)).unsqueeze(0)


FUNCTIONS: list[tuple[str, Callable[[Any], Any], tuple[int, ...]]] = [
    ("activations", lambda x: F.gelu(F.elu(x)) + F.mish(x) - F.selu(F.softsign(x)), (3, 6, 6)),
    ("gelu by tanh", lambda x: F.gelu(x, approximate="tanh") * F.softplus(x), (3, 6, 6)),
    ("clips", lambda x: F.relu6(x) + F.hardtanh(x) + x.clamp(-0.5, 2), (3, 6, 6)),
    ("hard", lambda x: F.hardsigmoid(x) * F.hardswish(x), (3, 6, 6)),
    ("leaky", lambda x: F.leaky_relu(x, 0.2).abs().sqrt(), (3, 6, 6)),
    ("softmax", lambda x: F.softmax(x, 1) + F.log_softmax(x, -1), (3, 6, 6)),
    ("numbers", lambda x: (2 - x) * 3 / 4 + 1 - x**2, (3, 6, 6)),
    ("merges", lambda x: torch.maximum(x, -x) - torch.minimum(x, x * 2), (3, 6, 6)),
    ("a gate", lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True)), (3, 6, 6)),
    ("max pool", lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), (3, 8, 8)),
    ("average pool", lambda x: F.avg_pool2d(x, 3, 2, 1), (3, 8, 8)),
    ("average by another number", lambda x: F.avg_pool2d(x, 3, 2, divisor_override=5), (3, 8, 8)),
    ("attention", lambda x: F.scaled_dot_product_attention(x, x * 2, x + 1), (2, 5, 4)),
    ("a gate of halves", lambda x: F.glu(x, 1), (4, 3, 3)),
    ("rolled", lambda x: x.roll((1, -2), (2, 3)), (3, 4, 5)),
    ("repeated", lambda x: x.repeat(1, 2, 1, 3), (3, 2, 2)),
    ("a length", lambda x: x - x.norm(p=2, dim=(2, 3), keepdim=True), (3, 2, 2)),
    ("queries of windows", lambda x: queries(x.reshape(8, 4, 3, 2, 1)), (8, 4, 6)),
    ("moved axes", lambda x: F.relu(x).movedim(1, -1).movedim((0, 3), (0, 2)), (3, 4, 5)),
    ("average of what is there", lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
     (3, 8, 8)),
    ("adaptive", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), (3, 8, 8)),
    ("adaptive to one", lambda x: F.adaptive_max_pool2d(x, 1).flatten(1), (3, 8, 8)),
    ("nearest", lambda x: F.interpolate(x, scale_factor=2), (3, 5, 5)),
    ("bilinear", lambda x: F.interpolate(x, (7, 9), mode="bilinear"), (3, 5, 5)),
    ("corners", lambda x: F.interpolate(x, (7, 9), mode="bilinear", align_corners=True), (3, 5, 5)),
    ("pads", lambda x: F.pad(F.pad(x, (1, 2, 3, 0)), (1, 1, 0, 2), mode="reflect"), (3, 6, 6)),
    ("shuffles", lambda x: F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2), (8, 4, 4)),
    ("a shuffle by hand", lambda x: x.view(1, 2, 4, 4, 4).transpose(1, 2).reshape(1, 8, 4, 4),
     (8, 4, 4)),
    ("parts", lambda x: x[:, 1:, ::2, :-1] + x[:, :2, ::2, 1:], (3, 6, 6)),
    ("split", lambda x: torch.cat(x.split([1, 3, 2], 1)[::-1], 1), (6, 4, 4)),
    ("pieces", lambda x: torch.cat(x.split(4, 1)[::-1], 1), (6, 4, 4)),
    ("axes", lambda x: x.permute(0, 2, 3, 1).flatten(1, 2).transpose(1, 2), (3, 4, 4)),
    ("one row", lambda x: x[:, :, 0].squeeze(1).unsqueeze(1).squeeze(1), (3, 4, 4)),
    ("statistics of a sample", lambda x: F.instance_norm(x) + F.group_norm(x, 2), (4, 5, 5)),
    ("all of it", lambda x: F.layer_norm(x, (4, 5, 5)), (4, 5, 5)),
    ("one axis", lambda x: F.avg_pool1d(F.pad(x, (2, 0)), 2),
     (3, 8)),
    ("three axes", lambda x: F.max_pool3d(x, 2), (2, 4, 4, 4)),
    ("products", lambda x: x @ x.transpose(2, 3), (2, 3, 5)),
    ("lengths", lambda x: F.normalize(x, dim=1), (4, 3, 3)),
    ("local response", lambda x: F.local_response_norm(x, 5, 2e-2, 0.7, 1.5), (7, 3, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("function", "shape"), [f[1:] for f in FUNCTIONS],
                         ids=[f[0] for f in FUNCTIONS])  # fmt: skip
def test_functions_give_the_same_values(
    function: Callable[[Any], Any], shape: tuple[int, ...]
) -> None:
    class Holder(nn.Module):
        def forward(self, x: Any) -> Any:
            return function(x)

    graph = assert_same_values(Holder(), shape)
    assert not any(node.layer.keyword == "custom" for node in graph.nodes)


def test_windows_and_tokens_are_counted_though_no_layer_makes_them() -> None:
    class Windows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.rand(4, 1, 3))
            self.bias = nn.Parameter(torch.rand(5, 2))
            self.register_buffer("places", torch.arange(17) % 5)
            self.linear = nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            x = x.view(1, 3, 2, 4, 2, 4).permute(0, 2, 4, 3, 5, 1).reshape(4, 16, 3)
            x = self.linear(torch.cat([self.token, x], 1))
            return x + self.bias[self.places]

    module = Windows()
    analysis = cnncalc.analyze(cnncalc.from_torch(module, (3, 8, 8)))
    totals = analysis.totals()
    assert analysis.facts[-1].output == (4, 17, 2)
    assert totals.params == sum(p.numel() for p in module.parameters())
    assert (totals.ops.macs, totals.ops.adds) == (4 * 17 * 6, 2 * 4 * 17 * 2)


def test_layers_with_weights_give_the_same_values() -> None:
    module = nn.Sequential(
        nn.Conv2d(4, 8, (3, 2), padding="same", dilation=2, groups=2),
        nn.PReLU(8),
        nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False),
        nn.BatchNorm2d(4, affine=False),
        nn.GroupNorm(2, 4),
        nn.InstanceNorm2d(4, affine=True),
        nn.Unflatten(1, (2, 2)),
        nn.Flatten(1, 2),
        nn.LayerNorm(18),
        nn.Linear(18, 3, bias=False),
    )
    assert_same_values(module, (4, 9, 9))


class Gated(nn.Module):
    """A gate that is made as large as the map, one learned number, and columns as a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Conv2d(4, 4, 1)
        self.lstm = nn.LSTM(4 * 6, 5, num_layers=2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(10, 3, batch_first=True, bias=False)
        self.weight = nn.Parameter(torch.rand(1))

    def forward(self, x: Any) -> Any:
        x = x * torch.sigmoid(self.gate(F.adaptive_avg_pool2d(x, 1))).expand_as(x)
        x = (x * self.weight).permute(0, 3, 1, 2).flatten(2)
        return self.gru(self.lstm(x)[0])[0]


def test_gates_learned_numbers_and_sequences() -> None:
    module = Gated()
    graph = cnncalc.from_torch(module, (4, 6, 7))
    kinds = [node.layer.keyword for node in graph.nodes]
    assert "custom" not in kinds
    totals = cnncalc.analyze(graph).totals()
    assert totals.params == sum(p.numel() for p in module.parameters())
    deeper = 2 * 4 * 5 * (24 + 5 + 10 + 5)
    assert totals.ops.macs == 16 + 7 * (deeper + 3 * 3 * (10 + 3))
    weights = weights_of(graph, module, {"mul_2.weight": "weight"})
    image = torch.rand(1, 4, 6, 7)
    (found,) = cnncalc.run(graph, weights, image.numpy()).outputs.values()
    assert np.abs(found - module(image).detach().numpy()).max() < 1e-5


def test_buffers_are_not_parameters_and_two_inputs_keep_their_order() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.tensor([1.0, 2, 3]).view(3, 1, 1))
            self.gain = nn.Parameter(torch.full((3, 1, 1), 2.0))

        def forward(self, x: Any, y: Any) -> Any:
            return (x - self.mean) * self.gain - y

    analysis = cnncalc.analyze(cnncalc.from_torch(Scaled(), (3, 4, 4), (3, 4, 4)))
    totals = analysis.totals()
    assert (totals.params, totals.buffers, totals.ops.adds, totals.ops.muls) == (3, 0, 96, 48)


def test_what_is_not_trained_and_what_is_no_parameter() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3).requires_grad_(False)
            self.normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(8, 4, 1))
            self.register_buffer("blur", torch.ones(4, 1, 3, 3) / 9)

        def forward(self, x: Any) -> Any:
            return F.conv2d(self.normed(self.stem(x)), self.blur, groups=4)

    graph = cnncalc.from_torch(Mixed(), (3, 9, 9))
    totals = cnncalc.analyze(graph).totals()
    assert (totals.params, totals.trainable) == (8 * 27 + 8 + 8 * 4 + 4 + 36, 8 * 4 + 4)
    notes = " ".join(warning.message for warning in graph.warnings)
    assert "computed from 36 parameters" in notes
    assert "the 32 weights are counted" in notes
    assert "`conv2d`) have weights that are not parameters" in notes


def test_numbers_that_make_a_map_larger_are_not_one_number() -> None:
    class Codes(nn.Module):
        def forward(self, x: Any) -> Any:
            return (x[:, None] - torch.ones(5, 12)).square().sum(2)

    analysis = cnncalc.analyze(cnncalc.from_torch(Codes(), (12,)))
    assert analysis.facts[-1].output == (5,)
    assert analysis.totals().ops.adds == 60 + 55


def test_what_is_written_in_place_is_what_is_read_afterwards() -> None:
    class InPlace(nn.Module):
        def forward(self, x: Any) -> Any:
            y = x * 2
            F.relu(y, inplace=True)
            return y + x

    assert_same_values(InPlace(), (2, 3, 3))


@pytest.mark.parametrize("suffix", ["pt", "pth", "ckpt"])
def test_pickled_files_are_never_opened(suffix: str) -> None:
    with pytest.raises(cnncalc.UsageError, match="pickled"):
        cnncalc.load(f"missing.{suffix}")


def test_what_cannot_be_exported_says_so() -> None:
    class Undecided(nn.Module):
        def forward(self, x: Any) -> Any:
            return x if x.sum() > 0 else -x

    with pytest.raises(cnncalc.UsageError, match="cannot follow Undecided"):
        cnncalc.from_torch(Undecided(), (3, 4, 4))


@pytest.mark.parametrize("content", [{}, {"graph_module": {}}, {"graph_module": {"graph": 3}}])
def test_a_program_that_is_not_whole(tmp_path: Path, content: dict[str, Any]) -> None:
    path = tmp_path / "net.pt2"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("net/models/model.json", json.dumps(content))
    path.write_bytes(buffer.getvalue())
    with pytest.raises(cnncalc.SpecError, match="not whole"):
        cnncalc.load(str(path))
