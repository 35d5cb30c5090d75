"""The pictures in docs/: what is shown there is what is drawn now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.pictures.draw import Wish, text

IMAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "images"


def gallery() -> Any:
    spec = importlib.util.spec_from_file_location("networks", IMAGES / "networks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NETWORKS = gallery()


@pytest.mark.parametrize("spec", NETWORKS.chosen())
def test_a_picture_is_what_is_drawn_now(spec: str) -> None:
    kept = (NETWORKS.FOLDER / f"{spec}.svg").read_text(encoding="utf-8")
    assert kept == NETWORKS.drawn(NETWORKS.chosen()[spec]), "run docs/images/networks.py"


def test_every_spec_has_its_picture_on_the_page() -> None:
    assert NETWORKS.PAGE.read_text(encoding="utf-8") == NETWORKS.page()
    assert {path.stem for path in NETWORKS.FOLDER.glob("*.svg")} == set(NETWORKS.chosen())
    assert len(NETWORKS.chosen()) >= 20


def test_the_picture_of_the_readme() -> None:
    analysis = cnncalc.analyze(cnncalc.load("alexnet"))
    kept = (IMAGES / "alexnet.svg").read_text(encoding="utf-8")
    assert kept == text(analysis, Wish("volumes", windows=True), "svg")
    analysis = cnncalc.analyze(cnncalc.load("googlenet"))
    kept = (IMAGES / "inception.svg").read_text(encoding="utf-8")
    assert kept == text(analysis, Wish(scope="inception_3a"), "svg")
