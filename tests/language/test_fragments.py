"""What was laid out before and is copied equals what is laid out anew."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import pytest

from cnncalc.diagnostics import Source, SpecError, UsageError
from cnncalc.graph import Graph
from cnncalc.language import library
from cnncalc.language.document import Options, Recipe
from cnncalc.language.source import Mapping, parse


@lru_cache
def tree(text: str) -> Mapping:
    root = parse(Source("spec", text))
    assert isinstance(root, Mapping)
    return root


def recipe(text: str) -> Recipe:
    """Return a recipe that remembers nothing; all of one text have the same places."""
    return Recipe(tree(text))


def outcome(maker: Recipe, options: Options) -> Any:
    """Return all that is known of a graph, or what is wrong with it."""
    try:
        return everything(maker.graph(options))
    except SpecError as error:
        return error.diagnostics


def everything(graph: Graph) -> tuple[Any, ...]:
    nodes = [
        (n.name, n.layer, n.inputs, n.shares, n.aux, n.span, n.seen_as, dict(n.places))
        for n in graph.nodes
    ]
    whole = graph.as_dict()
    return (nodes, list(graph.scopes.items()), *[v for k, v in whole.items() if k != "nodes"])


@pytest.mark.parametrize("stem", library.stems())
def test_shipped_networks_are_the_same_when_laid_out_again(stem: str) -> None:
    text = library.text(stem)
    often = recipe(text)
    for variant in [*library.variant_names(text)[:1], None]:
        options = Options(variant)
        wanted = outcome(recipe(text), options)
        for _ in range(2):
            assert outcome(often, options) == wanted


SPEC = """
input: 3x32x32
parameters: {width: 8, depths: [1, 2], groups: 1, shortcut: true}
blocks:
  inner:
    parameters: {channels: , half: channels // 2}
    layers:
      - conv: {name: first, out_channels: half * groups, kernel_size: 3, padding: 1}
      - relu
      - conv: {if: in_channels != channels, from: first, out_channels: channels, kernel_size: 1}
  outer:
    parameters: {channels: , deep: 1}
    layers:
      - add:
          if: shortcut
          a:
            - inner: {channels: channels, repeat: deep}
          b:
            - conv: {out_channels: channels, kernel_size: 1}
      - inner: {channels: width, if: deep > 1}
      - max_pool: 2
  looks_out:
    parameters: {channels: }
    layers:
      - conv: {out_channels: channels, kernel_size: 1, share: stem}
  counts_features:
    layers:
      - flatten
      - linear: in_channels // 2
  again:
    parameters: {n: }
    layers:
      - relu
      - again: {n: n - 1, if: n > 0}
layers:
  - conv: {name: stem, out_channels: 3, kernel_size: 1}
  - looks_out: {channels: 3, repeat: 2}
  - outer: {channels: width, deep: "depths[0]", name: one}
  - outer: {channels: width, deep: "depths[1]", name: two}
  - outer: {channels: 2 * width, deep: "depths[index % 2]", repeat: len(depths)}
  - again: {n: groups}
  - aux: {name: side, layers: [counts_features: ]}
  - counts_features
"""


#: The same, and entries that name layers within blocks which may be copies.
LOOKING_IN = SPEC.replace(
    "  - aux:",
    """\
  - conv: {if: shortcut, from: two/add_1/b/conv_1, out_channels: 4, kernel_size: 1, name: in}
  - relu: {if: "depths[0] > 1", from: outer_1/add_1/a/inner_2}
  - outer: {channels: width, deep: "depths[0]", name: three, from: stem, share: one}
  - relu: {from: looks_out_2/conv_3, if: width == 9}
  - inner: {channels: width, if: "depths[0] > 1", from: stem, share: three/inner_1}
  - aux:""",
)


@pytest.mark.parametrize("seed", range(20))
def test_other_parameters_lead_to_other_networks(seed: int) -> None:
    choice = random.Random(seed)
    spec = LOOKING_IN if seed % 2 else SPEC
    often = recipe(spec)
    for _ in range(12):
        settings = {
            "width": str(choice.choice([8, 9, 0, "8.0"])),
            "depths": str([choice.randint(0, 3) for _ in range(choice.randint(1, 3))]),
            "groups": str(choice.choice([1, 2, 14, 16])),
            "shortcut": choice.choice(["true", "false", "1.0"]),
        }
        options = Options(
            settings=settings, inputs=choice.choice([{}, {"": "3x16x16"}, {"": "1x4x4"}])
        )
        assert outcome(often, options) == outcome(recipe(spec), options), settings


def test_what_is_published_of_a_variant_is_its_own() -> None:
    often = recipe(library.text("regnet"))
    for name in ("regnet_x_400mf", "regnet_y_8gf", "regnet_x_400mf"):
        facts = often.graph(Options(name)).published
        assert facts == recipe(library.text("regnet")).graph(Options(name)).published


def test_a_spec_with_a_fault_stays_faulty() -> None:
    often = recipe("input: 3\nparameters: {a: 1, b c: 2}\nvariants: {v: {d: 1}}\nlayers: [relu]\n")
    first = outcome(often, Options())
    assert len(first) == 2
    assert outcome(often, Options()) == first
    with pytest.raises(UsageError):
        often.graph(Options("w"))
