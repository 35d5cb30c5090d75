"""Colours and fonts of pictures: light, dark, and greys for print."""

from __future__ import annotations

import re

FONT = "system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
#: Fill and line of each role on white; kinds stay apart for most kinds of colour sight.
LIGHT = {
    "weighted": ("#bcd7f7", "#2f6db5"), "pool": ("#f9c3ad", "#b8532a"),
    "activation": ("#fbe6a2", "#a67c00"), "norm": ("#c9e8cf", "#2f8148"),
    "merge": ("#d9cdf5", "#6a49b8"), "rearrange": ("#e2e6eb", "#66717d"),
    "sampling": ("#bfe8ea", "#1f7f86"), "regularisation": ("#f3d6e6", "#a63f7a"),
    "custom": ("#f2eee6", "#7a6a4f"),
    "block": ("#dbe5f1", "#45668f"), "input": ("#ffffff", "#4a5560"),
    "outside": ("#ffffff", "#8a949e"),
}  # fmt: skip
DARK = {
    "weighted": ("#1f4a7d", "#7db2ee"), "pool": ("#7a3a20", "#f0a485"),
    "activation": ("#6a5408", "#ecc94b"), "norm": ("#1f5a33", "#82d09a"),
    "merge": ("#4a3485", "#b9a1f2"), "rearrange": ("#3a424b", "#a3aebb"),
    "sampling": ("#165a60", "#6fd0d6"), "regularisation": ("#6e2850", "#e48fbf"),
    "custom": ("#453c2c", "#c9b48f"),
    "block": ("#2b3d55", "#9db9dc"), "input": ("#1b2128", "#aab4bf"),
    "outside": ("#161b21", "#7a8591"),
}  # fmt: skip
PRINT = {
    "weighted": ("#d0d0d0", "#000"), "pool": ("#8f8f8f", "#000"), "activation": ("#f1f1f1", "#000"),
    "norm": ("#e4e4e4", "#000"), "merge": ("#ffffff", "#000"), "rearrange": ("#f8f8f8", "#000"),
    "sampling": ("#b4b4b4", "#000"), "regularisation": ("#ececec", "#000"),
    "custom": ("#ffffff", "#000"),
    "block": ("#dcdcdc", "#000"), "input": ("#ffffff", "#000"), "outside": ("#ffffff", "#666"),
}  # fmt: skip
#: Paper, ink, soft ink, edges, frame fill and frame line, window.
PAPER = {
    "light": ("#ffffff", "#1b2127", "#57616b", "#5b6670", "#f6f8fa", "#c3cbd3", "#c2185b"),
    "dark": ("#12161b", "#e8edf2", "#a5b0bb", "#97a3af", "#1a2027", "#3a444f", "#ff6f9f"),
    "print": ("#ffffff", "#000000", "#333333", "#222222", "#ffffff", "#888888", "#000000"),
}
#: The ends of the scale that shows shares.
HEAT = {
    "light": ((255, 250, 240), (243, 134, 98)),
    "dark": ((34, 30, 30), (150, 48, 22)),
    "print": ((255, 255, 255), (120, 120, 120)),
}
ROLES = {"light": LIGHT, "dark": DARK, "print": PRINT}
SHAPE = (
    "text{{font:10px {font}}}.title{{font-size:16px;font-weight:600}}.layer{{font-size:12px;"
    "font-weight:600}}.scope{{font-weight:600}}.note{{font-size:11px}}.edge,.window{{fill:none;"
    "stroke-width:1.3}}.aux,.dashed{{stroke-dasharray:4 3}}.outline{{fill:none}}"
    ".key{{font-size:10px}}"
)


def sheet(theme: str, kinds: frozenset[str] | None = None) -> str:
    """Return the style sheet of a theme; `auto` is light, and dark where the reader wants it.

    `kinds` are the roles and shades that a picture shows, by default all of them. The sheet holds
    for pictures of class `cnncalc-THEME` only, so that it changes nothing else on a page.
    """
    within = f".cnncalc-{theme} "
    shape = scoped(SHAPE.format(font=FONT), within)
    if theme != "auto":
        return shape + scoped(colours(theme, kinds), within)
    light, dark = (scoped(colours(name, kinds), within) for name in ("light", "dark"))
    return f"{shape}{light}@media(prefers-color-scheme:dark){{{dark}}}"


def scoped(rules: str, within: str) -> str:
    """Return style rules that hold within something only."""
    return re.sub(
        r"([^{}]+)\{",
        lambda found: ",".join([within + part for part in found[1].split(",")]) + "{",
        rules,
    )


def colours(theme: str, kinds: frozenset[str] | None) -> str:
    """Return the rules for the colours of a theme, for some roles and shades or for all."""
    paper, ink, soft, edge, ground, rule, window = PAPER[theme]
    rules = [
        f"text{{fill:{ink}}}.name,.note,.shape,.scope{{fill:{soft}}}.paper{{fill:{paper}}}"
        f".edge{{stroke:{edge}}}.tip{{fill:{edge}}}.outline,.outlined{{stroke:{edge}}}"
        f".frame rect{{fill:{ground};stroke:{rule}}}"
        f".window{{stroke:{window}}}.patch{{fill:{window};fill-opacity:.35;stroke:{window}}}"
    ]
    for role, (fill, line) in ROLES[theme].items():
        if kinds is not None and role not in kinds:
            continue
        rules.append(f".{role}{{fill:{fill}}}.solid .{role}{{stroke:{line};stroke-width:.8}}")
        if theme != "print":
            rules.append(f".{role}.top{{fill:{mixed(fill, paper, 0.72)}}}")
            rules.append(f".{role}.side{{fill:{mixed(fill, line, 0.78)}}}")
    low, high = HEAT[theme]
    for step in range(10):
        if kinds is not None and f"heat{step}" not in kinds:
            continue
        part = step / 9
        shade = [round(a + (b - a) * part) for a, b in zip(low, high, strict=True)]
        rules.append(f".heat{step}{{fill:rgb({shade[0]},{shade[1]},{shade[2]})}}")
    rules.append(".solid .front,.solid .top,.solid .side{stroke-linejoin:round}")
    return "".join(rules)


def mixed(one: str, other: str, part: float) -> str:
    """Return a colour between two, with so much of the first."""
    longs = ["".join([d * 2 for d in c[1:]]) if len(c) == 4 else c[1:] for c in (one, other)]
    a, b = [[int(digits[i : i + 2], 16) for i in (0, 2, 4)] for digits in longs]
    return "#" + "".join(
        [f"{round(x * part + y * (1 - part)):02x}" for x, y in zip(a, b, strict=True)]
    )
