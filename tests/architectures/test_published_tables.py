"""Every cell of `published_tables.csv`: equal to its printed digits, or explained.

The table holds cells of papers' own tables, each with its source. A cell that differs must have
an erratum in the spec of its network (or below, where a spec cannot hold it); a row about no
shipped network is listed with the reason.
"""

from __future__ import annotations

import pytest
from each import each
from paper_figures import agrees, analysis, measure, table

ROWS = table("published_tables.csv")

NETWORKS = {
    "LeNet-5": "lenet5_paper",
    "AlexNet": "alexnet",
    "GoogLeNet": "googlenet",
    "Inception-v3": "inception_v3_slim",
    **{f"ResNet-{d}": f"resnet{d}_paper" for d in (18, 34, 50, 101, 152)},
    **{f"ResNet-{d} (CIFAR)": f"resnet{d}_cifar" for d in (20, 32, 44, 56, 110, 1202)},
    "WRN-16-8": "wrn_16_8",
    "WRN-28-10": "wrn_28_10",
    "WRN-40-4": "wrn_40_4",
    "DenseNet (L=40, k=12)": "densenet40_k12_cifar",
    "DenseNet (L=100, k=12)": "densenet100_k12_cifar",
    "DenseNet (L=100, k=24)": "densenet100_k24_cifar",
    "DenseNet-BC (L=100, k=12)": "densenet_bc100_k12_cifar",
    "DenseNet-BC (L=250, k=24)": "densenet_bc250_k24_cifar",
    "DenseNet-BC (L=190, k=40)": "densenet_bc190_k40_cifar",
    **{f"Wide-DenseNet-BC (L=40, k={k})": f"densenet_bc40_k{k}_cifar" for k in (36, 48, 60)},
    "ResNet-50 (1x64d)": "resnet50",
    "ResNeXt-50 (32x4d)": "resnext50_32x4d",
    "ResNet-101 (1x64d)": "resnet101",
    "ResNeXt-101 (32x4d)": "resnext101_32x4d",
    "ResNeXt-101 (64x4d)": "resnext101_64x4d",
    # bearpaw/pytorch-classification builds both with 18 bottleneck units per stage: 164 layers.
    "ResNet-110": "resnet164_cifar",
    "PreResNet-110": "preact_resnet164_cifar",
    "ResNeXt-29, 8x64": "resnext29_8x64d",
    "ResNeXt-29, 16x64": "resnext29_16x64d",
    "SqueezeNet v1.0": "squeezenet1_0",
    "Conv MobileNet (full convolutions)": "conv_mobilenet",
    "MobileNet": "mobilenet_v1",
    "MobileNet 0.75-224": "mobilenet_v1_075",
    "MobileNet 0.50-224": "mobilenet_v1_050",
    "MobileNet 0.25-224": "mobilenet_v1_025",
    "NASNet-A (4 @ 1056)": "nasnet_mobile",
    "NASNet-A (6 @ 4032)": "nasnet_large",
    **{f"EfficientNet-B{i}": f"efficientnet_b{i}" for i in range(8)},
}
VGG = {
    "A, A-LRN (11 layers)": "vgg11",
    "B (13)": "vgg13",
    "C (16, 1x1 convs)": "vgg16_c",
    "D (16)": "vgg16",
    "E (19)": "vgg19",
}

NOT_SHIPPED = {
    ("VGG", "three stacked 3x3 convs, C channels"): "a formula, not a network",
    ("alexnet (CIFAR variant)", "CIFAR-10 total"): "that repository's own CIFAR network",
    ("vgg19_bn (CIFAR variant)", "CIFAR-10 total"): "that repository's own CIFAR network",
}

QUANTITIES = {
    "input_size": "output",
    "trainable_params": "trainable",
    "neurons": "activations",
    "params_millions": "params",
    "ops_multiply_adds": "macs",
    "flops_multiply_adds": "macs",
    "mult_adds": "macs",
}

#: Rows of GoogLeNet's table 1 by node.
GOOGLENET = {
    "convolution 7x7/2": "conv1",
    "convolution 3x3/1": "conv2",
    "avg pool 7x7/1": "pool5",
    "linear": "linear",
    **{f"max pool 3x3/2 ({i})": f"pool{i}" for i in range(1, 5)},
}

#: Rows of Inception v3's table 1, which prints what each layer reads, by the node behind which.
INCEPTION_V3 = {
    "conv 3x3/2": "input",
    "conv 3x3/1": "Conv2d_1a_3x3",
    "conv padded 3x3/1": "Conv2d_2a_3x3",
    "pool 3x3/2": "Conv2d_2b_3x3",
    "conv 3x3/1 (b)": "MaxPool_3a_3x3",
    "conv 3x3/2 (b)": "Conv2d_3b_1x1",
    "conv 3x3/1 (c)": "MaxPool_5a_3x3",
    "3xInception (fig 5)": "MaxPool_5a_3x3",
    "5xInception (fig 6)": "Mixed_6a",
    "2xInception (fig 7)": "Mixed_7a",
    "pool 8x8": "Mixed_7c",
    "linear": "global_avg_pool_1",
    "softmax": "Conv2d_1c_1x1",
}

#: Differences that no spec can record.
EXPLAINED = {
    ("AlexNet", "total", "neurons"): "rounded; with 290,400 for conv1 the layers have 659,272",
    ("SqueezeNet v1.0", "total", "params_after_pruning"): "pruning is no property of a network",
}


def row_id(row: dict[str, str]) -> str:
    return f"{row['model']}-{row['row']}-{row['quantity']}"


def place(row: dict[str, str]) -> tuple[str, str | None]:
    """Return the built-in name and the node that a row is about."""
    model, line = row["model"], row["row"]
    if model == "VGG":
        return VGG[line], None
    name = NETWORKS[model]
    if model == "GoogLeNet":
        return name, GOOGLENET.get(line) or "inception_" + line.split("(")[1][:-1]
    if model == "Inception-v3":
        return name, INCEPTION_V3[line]
    if model in ("LeNet-5", "AlexNet") and line != "total":
        return name, line
    return name, None


def channels_first(row: dict[str, str]) -> str:
    """Return a printed shape as `CxHxW`; a flat vector of 1x1 positions as the tool has it."""
    text = row["value"]
    if "@" in text:
        return text.replace("@", "x")
    *space, channels = text.split("x")
    if row["row"] == "linear" and row["quantity"] == "output":
        return channels
    return "x".join([channels, *space])


def computed(row: dict[str, str]) -> tuple[str, int | str]:
    """Return the printed figure in the tool's writing, and the figure that it computes."""
    name, node = place(row)
    quantity = QUANTITIES.get(row["quantity"], row["quantity"])
    if quantity == "output":
        return channels_first(row), measure(analysis(name), "output", node)
    printed = row["value"] + ("M" if row["quantity"] == "params_millions" else "")
    return printed, measure(analysis(name), quantity, node)


def has_erratum(row: dict[str, str]) -> bool:
    """Return whether the network's spec explains this cell."""
    name, node = place(row)
    quantity = QUANTITIES.get(row["quantity"], row["quantity"])
    facts = analysis(name).graph.published
    return any(f.erratum for f in facts if f.quantity == quantity and f.node == node)


def is_figure(row: dict[str, str]) -> bool:
    """Return whether a row is a figure that a shipped network has."""
    return not (
        (row["model"], row["row"]) in NOT_SHIPPED
        or (row["model"], row["row"], row["quantity"]) in EXPLAINED
        or row["quantity"].startswith("filters")
    )


@each("row", [r for r in ROWS if is_figure(r)])
def test_cell(row: dict[str, str]) -> None:
    printed, value = computed(row)
    assert agrees(printed, value) or has_erratum(row), f"printed {printed}, computed {value}"


FILTERS = [r for r in ROWS if r["quantity"].startswith("filters")]


@pytest.mark.parametrize("row", FILTERS, ids=row_id)
def test_filters_of_inception_modules(row: dict[str, str]) -> None:
    assert inception_filters(row) == [int(n) for n in row["value"].split()]


def inception_filters(row: dict[str, str]) -> list[int]:
    """Return the output channels of a module's six convolutions, in the table's order."""
    name, node = place(row)
    found = analysis(name)
    assert node is not None
    rows = [found.figures(i) for i in found.graph.within(node)]
    return [r.output[0] for r in rows if r.node.layer.keyword == "conv"]


def test_the_lists_name_rows_of_the_table() -> None:
    assert len(ROWS) == 179
    assert set(NOT_SHIPPED) <= {(r["model"], r["row"]) for r in ROWS}
    assert set(EXPLAINED) <= {(r["model"], r["row"], r["quantity"]) for r in ROWS}


#: The cells of shipped networks that differ from what is computed; all have an erratum.
DIFFER = [
    "AlexNet-conv1-neurons",
    "AlexNet-input-neurons",
    "AlexNet-total-params",
    "Conv MobileNet (full convolutions)-224x224-mult_adds",
    "EfficientNet-B1-total-flops_multiply_adds",
    "EfficientNet-B2-total-flops_multiply_adds",
    "EfficientNet-B2-total-params",
    "EfficientNet-B4-total-flops_multiply_adds",
    "EfficientNet-B5-total-flops_multiply_adds",
    "EfficientNet-B7-total-flops_multiply_adds",
    "GoogLeNet-convolution 3x3/1-params",
    "GoogLeNet-convolution 7x7/2-ops_multiply_adds",
    "GoogLeNet-convolution 7x7/2-params",
    "GoogLeNet-inception (3a)-params",
    "GoogLeNet-inception (3b)-params",
    "GoogLeNet-inception (4a)-ops_multiply_adds",
    "GoogLeNet-inception (4a)-params",
    "GoogLeNet-inception (4b)-params",
    "GoogLeNet-inception (4c)-params",
    "GoogLeNet-inception (4d)-params",
    "GoogLeNet-inception (4e)-params",
    "GoogLeNet-inception (5a)-ops_multiply_adds",
    "GoogLeNet-inception (5a)-params",
    "GoogLeNet-inception (5b)-params",
    "GoogLeNet-linear-params",
    "Inception-v3-3xInception (fig 5)-input_size",
    "Inception-v3-conv 3x3/2 (b)-input_size",
    "NASNet-A (6 @ 4032)-total-params",
    "ResNeXt-101 (32x4d)-224x224-flops_multiply_adds",
    "ResNeXt-101 (64x4d)-224x224-flops_multiply_adds",
    "ResNeXt-50 (32x4d)-224x224-flops_multiply_adds",
    "ResNet-50-224x224-flops_multiply_adds",
]


def test_all_other_cells_agree() -> None:
    differ = [row_id(row) for row in ROWS if is_figure(row) and not agrees(*computed(row))]
    assert sorted(differ) == DIFFER
