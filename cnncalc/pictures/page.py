"""The report page: one HTML file that needs nothing else, and lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from html import escape
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.machine import Machine
from cnncalc.pictures.draw import layout
from cnncalc.pictures.page_data import aligned, conventions, network
from cnncalc.pictures.svg import svg
from cnncalc.pictures.theme import sheet
from cnncalc.pictures.values import Wish

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

#: What the page's pictures show: figures stand in its table.
USUAL_WISH = Wish(labels=("layer", "name", "shape"))


def page(
    networks: list[list[Analysis]], machine: Machine | None = None, image: str | None = None
) -> str:
    """Return the report of some networks, each on one input or several, as one HTML page.

    `machine` adds ideal times at its peak; `image`, an address, lies under receptive fields.
    """
    peak = machine or Machine()
    data: dict[str, Any] = {
        "conventions": conventions(),
        "networks": [[network(one, peak) for one in inputs] for inputs in networks],
        "diffs": [aligned(networks[0][0], other[0]) for other in networks[1:]],
        "machine": peak.as_dict(),
        "image": image,
    }
    pictures = "\n".join(
        [
            figure(one, f"{number}-{at}")
            for number, inputs in enumerate(networks)
            for at, one in enumerate(inputs)
        ]
    )
    style, script = sheet("auto") + "\n" + packaged("page.css"), packaged("page.js")
    title = ", ".join([inputs["name"] for inputs, *_ in data["networks"]])
    return PAGE.format(
        title=escape(title),
        policy=policy(style, script),
        style=style,
        pictures=pictures,
        data=safe(json.dumps(data, separators=(",", ":"), ensure_ascii=False)),
        script=script,
        document=packaged("page.html"),
    )


def figure(analysis: Analysis, name: str) -> str:
    """Return a network's picture; styles are the page's own."""
    drawn = svg(layout(analysis, USUAL_WISH), "auto", ids=f"p{name}-", embedded=True)
    return f'<div id="picture-{name}" hidden>{drawn.strip()}</div>'


def packaged(name: str) -> str:
    """Return the text of a file that lies beside this one."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, encoding="utf-8") as file:
        return file.read()


def policy(style: str, script: str) -> str:
    """Return a content security policy that allows these two texts and images in the page."""

    def digest(text: str) -> str:
        return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def safe(text: str) -> str:
    """Return JSON in which no sign can end the element that holds it."""
    for char, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, code)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{document}
<div id="pictures" hidden>
{pictures}
</div>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
