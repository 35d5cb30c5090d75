"""The networks of the lectures and of the papers behind them, against counts made elsewhere.

The exact totals are other projects' (named beside them), except where a paper prints them.
"""

from __future__ import annotations

import pytest
from each import each
from paper_figures import agrees, analysis, measure, receptive_field, table

from cnncalc.language.library import builtin_names
from cnncalc.layers.conv import Conv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

FILES = [
    "alexnet",
    "alexnet_v2",
    "all_cnn",
    "c3d",
    "convnetjs_cifar10",
    "darknet53",
    "dcgan_discriminator",
    "dcgan_generator",
    "densenet_cifar",
    "espcn",
    "fashion_mnist_cnn",
    "fcn_vgg",
    "ghostnet",
    "googlenet",
    "hrnet",
    "inception_resnet_v2",
    "inception_v2",
    "inception_v3_slim",
    "inception_v4",
    "lenet1989",
    "lenet5",
    "lenet5_paper",
    "minivgg",
    "mlp_mnist",
    "mobilenet_v1",
    "nasnet",
    "preact_resnet",
    "preact_resnet_cifar",
    "repvgg",
    "resnet_cifar",
    "resnet_paper",
    "resnet_v1",
    "resnet_v2",
    "resnext_cifar",
    "segmentation",
    "senet",
    "ssd300",
    "tcn",
    "unet",
    "wrn",
    "xception",
    "yolov3",
    "zfnet",
]
NAMES = [name for name, file, _variant in builtin_names() if file in FILES]

PARAMS = {
    "lenet5_paper": 60_000,  # LeCun et al. 1998, sec. II.B
    "lenet5": 61_706,  # 156 + 2,416 + 48,120 + 10,164 + 850
    "alexnet": 60_965_224,  # BVLC Caffe, bvlc_alexnet
    "alexnet_single_tower": 62_378_344,  # osmr/imgclsmob, AlexNet
    "alexnet_torchvision": 61_100_840,  # pytorch/vision
    "minivgg": 2_169_770,  # Keras: 2,171,178 with 1,408 running statistics
    "mlp_mnist": 669_706,  # Keras, examples/mnist_mlp.py
    "fashion_mnist_cnn": 29_034,  # 416 + 32 + 12,832 + 64 + 15,690
    "convnetjs_cifar10": 22_466,  # 1,216 + 8,020 + 10,020 + 3,210, as the demo prints
    "googlenet": 6_998_552,  # BVLC Caffe, bvlc_googlenet without loss1 and loss2
    "mobilenet_v1": 4_231_976,  # osmr/imgclsmob, MobileNet x1.0
    "resnet50_paper": 25_557_032,  # pytorch/vision: the place of the stride costs no weights
    "resnet101_paper": 44_549_160,
    "resnet152_paper": 60_192_808,
    "resnet_v1_50": 25_557_032,
    "preact_resnet1001_cifar": 10_327_706,  # osmr/imgclsmob, PreResNet-1001
    "wrn_28_10": 36_479_194,  # osmr/imgclsmob: 36.48 M in bearpaw's table
}

#: osmr/imgclsmob normalises once more before the first unit: 2 * 64 parameters.
EXTRA_NORM = {
    "preact_resnet18": 11_687_848,
    "preact_resnet34": 21_796_008,
    "preact_resnet50": 25_549_480,
    "preact_resnet101": 44_541_608,
    "preact_resnet152": 60_185_256,
}


@pytest.mark.parametrize(("name", "params"), PARAMS.items(), ids=PARAMS)
def test_parameters(name: str, params: int) -> None:
    assert analysis(name).totals(aux=False).params == params


@pytest.mark.parametrize(("name", "params"), EXTRA_NORM.items(), ids=EXTRA_NORM)
def test_preactivation_has_one_norm_less_than_another_count(name: str, params: int) -> None:
    assert analysis(name).totals().params == params - 2 * 64


def test_googlenet_with_its_auxiliary_heads() -> None:
    # Caffe's train_val network: 13,378,280 numbers, loss1 and loss2 included.
    assert analysis("googlenet").totals().params == 13_378_280


@pytest.mark.parametrize(("n", "name"), [(3, "resnet20"), (9, "resnet56"), (200, "resnet1202")])
def test_cifar_resnets_by_a_closed_formula(n: int, name: str) -> None:
    """Weights and norms of 2n convolutions per stage; shortcuts add nothing (option A)."""
    widths = (16, 32, 64)
    stem = 3 * 9 * 16 + 2 * 16
    inside = sum((2 * n - 1) * 9 * w * w + 2 * n * 2 * w for w in widths)
    entering = sum(9 * a * b for a, b in ((16, 16), (16, 32), (32, 64)))
    expected = stem + inside + entering + 64 * 10 + 10
    assert analysis(f"{name}_cifar").totals().params == expected


@pytest.mark.parametrize(
    ("name", "classifier", "published"),
    [
        ("inception_v2", 1_025_000, 10_173_112),
        ("inception_v3_slim", 2_049_000, 21_802_784),
        ("mobilenet_v1", 1_025_000, 3_217_920),
    ],
)
def test_variables_of_tf_slim(name: str, classifier: int, published: int) -> None:
    """TF-Slim's tests count bases with running statistics (2 C) and without scales (C)."""
    totals = analysis(name).totals()
    scales = totals.buffers // 2
    assert totals.params - classifier + totals.buffers - scales == published


def test_resnet_paper_and_slim_differ_only_in_where_they_stride() -> None:
    paper, slim, torchvision = (
        analysis(name).totals() for name in ("resnet50_paper", "resnet_v1_50", "resnet50")
    )
    assert paper.params == slim.params == torchvision.params
    assert slim.ops.macs < paper.ops.macs < torchvision.ops.macs == 4_089_184_256


@pytest.mark.parametrize("name", NAMES)
def test_published_facts(name: str) -> None:
    """Each fact in a spec matches, or says in an erratum why it does not; never both."""
    found = analysis(name)
    for fact in found.graph.published:
        value = measure(found, fact.quantity, fact.node)
        text = f"{fact.node or name} {fact.quantity}: printed {fact.value}, computed {value}"
        assert agrees(fact.value, value) == (fact.erratum is None), text


@each("name", NAMES)
def test_header(name: str) -> None:
    graph = analysis(name).graph
    assert graph.complete
    assert graph.source
    assert graph.description
    assert graph.year is not None
    assert 1989 <= graph.year <= 2021
    assert all(graph.live())
    assert not graph.warnings


def test_every_network_has_published_facts() -> None:
    assert {file for name, file, _ in builtin_names() if file in FILES} == set(FILES)
    assert all(analysis(name).graph.published for name in NAMES)


def test_lenet_reads_the_maps_of_table_1() -> None:
    layer = next(n.layer for n in analysis("lenet5_paper").graph.nodes if n.name == "C3")
    assert isinstance(layer, Conv)
    rows = layer.connections
    assert rows is not None
    # Each of S2's six maps feeds ten of C3's sixteen.
    assert [sum(s2 in row for row in rows) for s2 in range(6)] == [10] * 6
    assert [len(row) for row in rows] == [3] * 6 + [4] * 9 + [6]
    assert len(set(rows)) == 16


SLIM = {"inception_v3": "inception_v3_slim", "vgg_16": "vgg16", "vgg_a": "vgg11"}
#: What the table's variants of a network set.
SETTINGS: dict[str, dict[str, str | bool]] = {
    "same": {"edges": "same"},
    "no-separable-conv": {"separable": False},
}
FIELDS = table("receptive_field_table.csv")


def slim(network: str, size: str) -> Analysis:
    """Return the analysis of one of the table's networks for square images of a size."""
    name, _, variant = network.partition("-")
    return analysis(SLIM.get(name, name), f"3x{size}x{size}", **SETTINGS.get(variant, {}))


@pytest.mark.parametrize("network", sorted({row["network"] for row in FIELDS}))
def test_receptive_fields(network: str) -> None:
    """End point by end point; the table's rows without a resolution hold for any, here 224."""
    rows = [row for row in FIELDS if row["network"] == network]
    for row in rows:
        size = row["resolution"] or "224"
        found = slim(network, size)
        field = receptive_field(found, found.graph.index(row["end_point"].split("/")[-1]))
        where = f"{row['end_point']} at {size}"
        assert (field.size, field.jump) == (int(row["size"]), int(row["stride"])), where
        assert row["padding"] in ("", str(-field.start)), where


@pytest.mark.parametrize("network", sorted({row["network"] for row in FIELDS}))
def test_operations_up_to_an_end_point(network: str) -> None:
    """TensorFlow's profiler counts 2 per MAC, and biases, pools and norms: up to 5 % more."""
    for row in FIELDS:
        if row["network"] != network or not row["gflops"]:
            continue
        size = row["resolution"]
        found = slim(network, size)
        end = found.graph.index(row["end_point"].split("/")[-1])
        gflops = 2 * found.sums(range(end + 1)).ops.macs / 1e9
        assert gflops - 0.001 <= float(row["gflops"]) <= 1.05 * gflops + 0.001, row
