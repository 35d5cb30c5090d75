"""The report page in a real browser: what is shown, clicked, typed and linked to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Visit, browser

import cnncalc
from cnncalc.analysis.conventions import CONVENTIONS
from cnncalc.analysis.summary import summarize
from cnncalc.cli import run
from cnncalc.pictures.draw import layout
from cnncalc.pictures.svg import svg
from cnncalc.pictures.values import Wish

pytestmark = pytest.mark.slow  # a browser starts slowly; .ci/run has a step for it

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8"
    "cf50000003860181a5e0d2ea0000000049454e44ae426082"
)
HOSTILE = """
name: '</script><script>alert(1)</script><img src=x onerror=alert(2)>'
input: 1x6x6
layers:
  - relu: {name: '"><svg>onload=alert(3)'}
  - conv: {name: "a'b&c<i>", out_channels: 2, kernel_size: 3}
  - relu: {name: __proto__}
"""


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("pages")

    def write(*arguments: str) -> str:
        target = folder / ("_".join(arguments).replace("/", "-") + ".html")
        if not target.exists():
            assert run(["report", *arguments, "-o", str(target)]) == 0
        return target.as_uri()

    return write


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_table_has_the_figures_of_the_summary(started: Any, pages: Any) -> None:
    visit = Visit(started, pages("resnet50"))
    summary = summarize(cnncalc.analyze(cnncalc.load("resnet50")))
    rows = visit.page.locator("#table tbody tr").all_inner_texts()
    assert len(rows) == len(summary.indices)
    for index, row in zip(summary.indices, rows, strict=True):
        cells = row.split("\t")
        figures = summary.analysis.figures(index)
        assert cells[0] == figures.node.name
        assert cells[2] == "×".join(map(str, figures.output))
        found = [number(cell) for cell in (cells[3], cells[4], cells[5])]
        assert found == [figures.params, figures.ops.macs, summary.flops[index]]
    total = visit.text("#table tfoot").split("\t")
    assert number(total[3]) == summary.main.params
    assert number(total[4]) == summary.main.ops.macs
    assert summary.memory is not None
    assert summary.memory.peak_node in visit.text("#totals")


def test_every_convention_shows_its_rule_and_its_totals(started: Any, pages: Any) -> None:
    visit = Visit(started, pages("resnet18"))
    analysis = cnncalc.analyze(cnncalc.load("resnet18"))
    for at, (name, convention) in enumerate(CONVENTIONS.items()):
        visit.page.select_option("#convention", str(at))
        assert convention.rule in visit.text("#rule")
        total = summarize(analysis, convention).main.flops
        assert number(visit.text("#table tfoot").split("\t")[5]) == total, name
    assert visit.said == []


def test_a_click_in_either_shows_in_both(started: Any, pages: Any) -> None:
    visit = Visit(started, pages("lenet5"))
    page = visit.page
    page.locator("#table tbody tr", has_text="C3").first.click()
    assert page.locator("#drawing .box.chosen").count() == 1
    assert "16×10×10" in visit.text("#detail")
    assert "2,416" in visit.text("#detail")  # (5*5*6 + 1) * 16
    box = page.locator("#drawing .box[aria-label^='F6:']")
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + 12)  # on the text over it
    assert visit.text("#table tr.chosen").startswith("F6")
    assert "layer=F6" in page.url
    assert "84·(120 + 1)" in visit.text("#detail") or "120·84" in visit.text("#detail")


def test_keys_move_through_layers(started: Any, pages: Any) -> None:
    visit = Visit(started, pages("lenet5"))
    page = visit.page
    page.locator("#table tbody button").first.click()
    first = visit.text("#table tr.chosen").split("\t")[0]
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    names = [row.split("\t")[0] for row in page.locator("#table tbody tr").all_inner_texts()]
    assert visit.text("#table tr.chosen").split("\t")[0] == names[names.index(first) + 3]
    page.locator("#drawing .box[tabindex='0']").focus()
    page.keyboard.press("ArrowUp")
    assert visit.text("#table tr.chosen").split("\t")[0] == names[names.index(first) + 2]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") != "BODY"


def test_links_lead_to_layers(started: Any, pages: Any) -> None:
    url = pages("resnet18")
    visit = Visit(started, f"{url}#layer=stage2/unit_1/add_1/main/conv_2&convention=fvcore")
    assert visit.text("#detail h2") == "stage2/unit_1/add_1/main/conv_2"
    assert "fvcore" in visit.text("#rule")
    visit = Visit(started, f"{url}#layer=stage3")
    assert visit.text("#detail h2").startswith("stage3/")
    visit = Visit(started, f"{url}#layer=nonsense&network=x&convention=%22%3E")
    assert "Choose a layer" in visit.text("#detail")


def test_a_unit_shows_its_exact_rectangle(started: Any, pages: Any) -> None:
    visit = Visit(started, pages("alexnet") + "#layer=conv2")
    fields = cnncalc.receptive_field(cnncalc.load("alexnet"))
    view = visit.page.locator("#detail .views svg").first
    view.scroll_into_view_if_needed()
    frame = view.bounding_box()
    for unit in ((0, 0), (3, 20), (26, 26)):
        x = frame["x"] + (unit[1] + 0.5) / 27 * frame["width"]
        y = frame["y"] + (unit[0] + 0.5) / 27 * frame["height"]
        visit.page.mouse.move(x, y)
        clipped = fields.unit("conv2", unit).clipped
        assert clipped is not None
        (top, bottom), (left, right) = clipped
        rows, columns = f"rows {top} to {bottom - 1}", f"columns {left} to {right - 1}:"
        where = f"unit ({unit[0]}, {unit[1]}) reads"
        assert visit.text("#reads").startswith(f"{where} {rows}, {columns}")
        drawn = visit.page.locator("#detail .reads")
        sides = [float(drawn.get_attribute(name)) for name in ("x", "y", "width", "height")]
        assert sides == [left, top, right - left, bottom - top]
    slider = visit.page.locator("#detail input[type=range]").first
    slider.focus()
    visit.page.keyboard.press("Home")
    assert visit.text("#reads").startswith("unit (0, ")


def test_inputs_units_layouts_and_networks_are_switched(started: Any, pages: Any) -> None:
    url = pages("vgg11", "vgg13", "--input", "3x224x224", "--input", "3x64x64", "--peak", "10T")
    visit = Visit(started, url)
    page = visit.page
    page.select_option("#input", "1")
    small = summarize(cnncalc.analyze(cnncalc.load("vgg11", input="3x64x64")))
    assert number(visit.text("#table tfoot").split("\t")[4]) == small.main.ops.macs
    assert "3×64×64" in visit.text("#drawing")
    page.select_option("#units", "auto")
    page.select_option("#layout", "hwc")
    assert "64×64×64" in visit.text("#table tbody tr")
    assert " M" in visit.text("#table tfoot")
    page.select_option("#network", "1")
    assert visit.text("#title").startswith("VGG")
    assert "conv1_2" in visit.text("#table tbody")
    added = page.locator("#diff tr.added").count()
    assert added >= 2  # vgg13 has two more convolutions
    assert "ideal time at the stated peak" in visit.text("#charts")
    assert visit.said == []


def test_find_and_sort(started: Any, pages: Any) -> None:
    visit = Visit(started, pages("resnet18"))
    visit.page.fill("#find", "projection_1/conv")
    assert visit.page.locator("#table tbody tr").count() == 3
    visit.page.fill("#find", "")
    visit.page.locator("#table thead button", has_text="params").click()
    macs = [number(row.split("\t")[3]) for row in
            visit.page.locator("#table tbody tr").all_inner_texts()]  # fmt: skip
    assert macs == sorted(macs, reverse=True)


@pytest.mark.parametrize("width", [390, 768, 1280, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_of_the_page(started: Any, pages: Any, width: int, scheme: str) -> None:
    visit = Visit(
        started, pages("googlenet") + "#layer=inception_3a", color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    paper = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 22, 27)")


def test_hostile_names_do_nothing(started: Any, tmp_path: Path) -> None:
    spec, image, target = tmp_path / "h.yaml", tmp_path / "i.png", tmp_path / "h.html"
    spec.write_text(HOSTILE)
    image.write_bytes(PNG)
    call = ["report", str(spec), "lenet5", "--image", str(image), "-o", str(target)]
    assert run(call) == 0
    visit = Visit(started, target.as_uri())
    assert "</script>" in visit.text("#title")
    assert visit.page.locator("main img, main script, #table i").count() == 0
    for index in range(3):
        visit.page.locator("#table tbody button").nth(index).click()
    assert visit.page.locator("#detail image").count() == 1
    assert visit.said == []


def test_texts_are_no_wider_than_their_room(started: Any, tmp_path: Path) -> None:
    """The widths that the layout keeps are upper bounds for the fonts of a real browser."""
    for name, style in (("googlenet", "graph"), ("densenet121", "volumes"), ("resnet18", "graph")):
        picture = layout(cnncalc.analyze(cnncalc.load(name)), Wish(style))
        target = tmp_path / f"{name}.svg"
        target.write_text(svg(picture), encoding="utf-8")
        visit = Visit(started, target.as_uri())
        widths = visit.page.evaluate(
            "JSON.stringify([...document.querySelectorAll('text')]"
            ".map(t => [t.textContent, t.getComputedTextLength()]))"
        )
        drawn = json.loads(widths)
        assert len(drawn) == len(picture.texts)
        over = [(text, w) for (text, w), kept in zip(drawn, picture.texts, strict=True)
                if w > kept.width + 0.5]  # fmt: skip
        assert over == []
