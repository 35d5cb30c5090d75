"""The playground in a real browser: it shows figures and faults, and asks nobody else for anything.

Slow: npm brings Python for the browser, and the page starts it. Skipped without npm or Chromium.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pictures.browser import browser

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("npm") and shutil.which("node")), reason="needs npm"),
]
SPEC = "input: 3x32x32\nlayers:\n  - conv: {out_channels: 12, kernel_size: 3}\n  - relu\n"
MOST_BYTES = 9_000_000


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sys.path.insert(0, str(ROOT / "docs"))
    from playground.build import build

    place = tmp_path_factory.mktemp("playground")
    build(place)
    return place


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


class Playground:
    """The page, opened in a browser, and every address that it asked for."""

    def __init__(self, started: Any, address: str, **options: Any) -> None:
        self.page = started.new_context(**options).new_page()
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(address)
        self.wait("text", "MACs", 120_000)

    def wait(self, place: str, words: str, most: int = 20_000) -> str:
        """Wait until a part of the page holds some words; return its text."""
        sought = "([place, words]) => document.getElementById(place).textContent.includes(words)"
        self.page.wait_for_function(sought, arg=[place, words], timeout=most)
        return str(self.page.inner_text(f"#{place}"))

    def type(self, text: str) -> None:
        self.page.fill("#spec", text)


def test_what_a_visitor_does(address: str) -> None:
    with browser() as started:
        playground = Playground(started, address)
        playground.type(SPEC)
        assert "12x30x30" in playground.wait("text", "12x30x30")
        playground.type(SPEC.replace("kernel_size", "kernal_size"))
        fault = playground.wait("faults", "kernal_size")
        assert "network.yaml:3:30" in fault
        assert "^^^^^^^^^^^" in fault
        assert playground.page.inner_text("#numbers b").strip().endswith("3")
        playground.type(SPEC.replace("12", "24"))
        playground.wait("text", "24x30x30")
        assert playground.page.locator("#faults").is_hidden()
        for kind, words in {"fields": "jump", "explain": "·", "lint": "warning"}.items():
            playground.page.click(f"[data-kind={kind}]")
            playground.wait("text", words)
        playground.page.click("[data-kind=verify]")
        assert "needs NumPy" in playground.wait("text", "NumPy")
        playground.page.click("[data-kind=picture]")
        playground.page.wait_for_function("document.getElementById('picture').naturalWidth > 0")
        link = playground.page.url
        assert "#spec=" in link
        playground.page.click("[data-kind=summary]")
        playground.page.select_option("#networks", "resnet50")
        playground.wait("text", "25,557,032")
        assert playground.faults == []
        elsewhere = [url for url in playground.asked if not url.startswith((address, "data:"))]
        assert elsewhere == []

        given = Playground(started, link, viewport={"width": 390, "height": 800})
        assert given.page.input_value("#spec") == SPEC.replace("12", "24")
        assert given.page.evaluate("document.documentElement.scrollWidth") == 390
        given.type(SPEC + "# a long spec\n" * 200)
        given.page.wait_for_function("document.getElementById('numbers').textContent.length > 700")
        assert given.page.locator("#tabs").bounding_box()["y"] < 800  # the answer stays in sight


def test_it_opens_without_a_network_after_a_first_visit(folder: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    with browser() as started:
        first = Playground(started, address)
        first.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
        server.shutdown()
        server.server_close()
        first.page.goto(address + "index.html")
        first.wait("text", "MACs", 120_000)


def test_what_is_loaded_is_small(folder: Path) -> None:
    names = json.loads((folder / "files.json").read_text(encoding="utf-8"))["offline"]
    loaded = sum(len(gzip.compress((folder / name).read_bytes(), 6)) for name in names)
    assert 5_000_000 < loaded <= MOST_BYTES
