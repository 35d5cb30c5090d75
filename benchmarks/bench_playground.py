"""Times the playground in Chromium: a cold first summary, and later ones while typing.

Run as `python benchmarks/bench_playground.py FOLDER` on what docs/playground/build.py made; needs
the extra `test`. The bars are 6 s for the first summary and 0.4 s for a later one, from the last
key to the figures, of which 0.15 s are the wait for further keys.
"""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

SHOWN = "words => document.getElementById('text').textContent.includes(words)"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


def main(folder: str) -> None:
    from pictures.browser import browser

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser() as started:
        page = started.new_context().new_page()
        began = time.perf_counter()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function(SHOWN, arg="MACs", timeout=120_000)
        print(f"first summary  {time.perf_counter() - began:6.2f} s")
        for channels in range(40, 45):
            before = page.input_value("#spec")
            page.focus("#spec")
            began = time.perf_counter()
            page.fill("#spec", before.replace("out_channels: 32", f"out_channels: {channels}"))
            page.wait_for_function(SHOWN, arg=f"{channels}x16x16", timeout=20_000)
            print(f"after a change {time.perf_counter() - began:6.2f} s")
            page.fill("#spec", before)
            page.wait_for_function(SHOWN, arg="32x16x16", timeout=20_000)


if __name__ == "__main__":
    main(sys.argv[1])
