"""The pages of the lectures work out all 33 examples, and arrive at the lectures' results.

tests/test_docs.py runs the pages' commands and compares what they print with the pages; here the
pages are compared with the results that the lectures give (docs/lecture-slips*.md likewise).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"

#: What the answer to each example must contain.
RESULTS = {
    1: ("28x28x1", "28x28x6"),
    2: ("5x5x1", "3x3x1", "2x2x1", "2.33", "does not fit"),
    3: ("7x7x1", "3        1       7", "5        2       7", "7        3       7"),
    4: ("32x32", "28x28", "24x24"),
    5: ("32x32x10", "(5·5·3 + 1)·10 = 76·10 = 760"),
    6: ("every 2", "uneven padding"),
    7: ("56x56x32", "1·1·64 = 64"),
    8: ("5·5·3 = 75", "28x28x5"),
    9: ("3·32·32 = 3,072", "(F_in + 1)·F_out"),
    10: (r"6\D+8\D+3\D+4\b", r"3\.25\D+5\.25\D+2\D+2\b"),
    11: ("×0.72", "102,400", "73,728", "2 layers"),
    12: (r"0\.5\D+1\.5\D+1\.5\D+0\.5\D+0\.5\D+1\D+0\.5",),
    13: ("5x1", "1 sample between windows is never read", "5x1"),
    14: ("4x4x1", "3x3x1"),
    15: (r"1\D+23\D+21\D+3\D+26\D+18\D+-1\D+8\D+13",),
    16: ("2x140x160x2", "2x140x160x3"),
    17: ("2x1,", "3x1,"),
    18: ("112x112",),
    19: ("250", r"0\.0900\d*\D+0\.244\d*\D+0\.665"),
    20: ("4x4x1", "9x9x1"),
    21: (r"8\D+9\D+3\D+2\b",),
    22: ("2,352", "120,000"),
    23: ("24,883,200,000,000",),
    24: ("×0.72",),
    25: (
        r"2\D+3\D+3\D+3\D+7\D+3\D+8\D+10\D+-3",
        r"-8\D+-8\D+-3\D+-3\D+1\D+0\D+-3\D+-8\D+-5",
        "z = s_0 + s_1 + s_2 = -1 + 1 + 1 = 1",
    ),
    26: (r"24\D+21\D+13\D+9\D+16\D+17\D+20\D+10\D+19\D+19\D+14\D+12\D+18\D+16\D+7\D+9\b",),
    27: (r"3\D+3\D+3\D+3\D+3\D+3\D+2\D+2\D+2\b",),
    28: (r"12\D+12\D+17\D+10\D+17\D+19\D+9\D+6\D+14\b",),
    29: (r"3\D+8\D+20\D+7\D+3\D+16\D+30\D+10\D+6\D+11\D+22\D+5\D+2\D+-2\D+8\D+3\b",),
    30: ("1. ", "-0.555556"),
    31: ("36.", "sobel_left", "gaussian_273", "sigma=2"),
    32: (r"0\.5 1\.5 1\.5 1\.  1\.5 1\.  0\.5 0\.5 0\.5 1\.5 1\.  0\.  0\.5",),
    33: ("-0.92582", "1.38873", "PyTorch", "y = γ·z + β"),
}

#: What each heading of the pages of slips must show.
SLIPS = {
    "224/4 = 55": ("54x54x96", "55x55x96", "padding 2 and 3", "56x56x96"),
    "13x13x128": ("256x6x6", "9216", "37,752,832"),
    "6 million": ("24,883,200,000,000",),
    "`ceil`": ("3x3x1", "4x4x1"),
    "around the wrong thing": ("2x2x1", "2.33"),
    "`same` convolution": ("conv:0,0,2 = 20", "conv:0,1,1 = 16", "conv:0,3,2 = 8"),
    "that are even": ("-0.5556",),
    "A ceiling": ("140x140",),
    "Crops of 227": ("1682 2048",),
    "Pools of 2x2": ("kernel_size: 2", "kernel_size: 3"),
    "after any pool": ("27x27x96", "28x28x96"),
    "18/25": ("1,600", "576"),
    "2352": ("235,200",),
    "Dropout": ("1.333",),
    "exchanged": ("5.  8.", "9. 12."),
}


def sections(page: str, heading: str) -> list[tuple[str, str]]:
    """The parts of a page that begin with a heading (a regular expression) and their text."""
    text = (DOCS / page).read_text(encoding="utf-8")
    marks = list(re.finditer(heading, text, re.MULTILINE))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [(m.group(1), text[m.start() : end]) for m, end in zip(marks, ends, strict=True)]


def contains(text: str, wanted: str) -> bool:
    """Whether a text holds a result, literally or as a pattern (in which `\\D+` skips brackets)."""
    return re.search(wanted, text) is not None if "\\" in wanted else wanted in text


LECTURES = [f"lectures/{letter}.md" for letter in "abcde"]
#: Every example under its number; a heading of another kind ends one.
EXAMPLES = {
    int(number): re.split(r"(?m)^## ", text)[0]
    for page in LECTURES
    for numbers, text in sections(page, r"^### ([0-9, and]+)\. ")
    for number in re.findall(r"\d+", numbers)
}


@pytest.mark.parametrize("number", sorted(RESULTS))
def test_example(number: int) -> None:
    text = EXAMPLES[number]
    assert "$ cnncalc " in text
    for wanted in RESULTS[number]:
        assert contains(text, wanted), wanted


def test_no_example_is_missing_and_the_list_leads_to_each() -> None:
    assert set(EXAMPLES) == set(range(1, 34))
    text = (DOCS / "lectures.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d+)\. .*\]\((lectures/[a-e]\.md)#", text, re.MULTILINE)
    assert [int(number) for number, _ in listed] == list(range(1, 34))
    for number, page in listed:
        assert re.search(rf"^### [0-9, and]*\b{number}\b[0-9, and]*\. ",
                         (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip


@pytest.mark.parametrize("page", LECTURES)
def test_networks_of_a_lecture_come_with_cnncalc(page: str) -> None:
    from cnncalc.language.library import builtin_names

    shipped = {name for name, _, _ in builtin_names()}
    rows = re.findall(r"^\| .* \| (.*) \| `cnncalc .*` \|$", (DOCS / page).read_text("utf-8"), re.M)
    assert len(rows) > 1
    named = {name for row in rows for name in re.findall(r"`(\w\w+)`", row)}
    assert named - shipped <= {"_bn"}
    assert {"lenet5"} & named or page == "lectures/e.md"


def test_systems_that_lectures_name_stand_on_a_page() -> None:
    text = "".join((DOCS / page).read_text(encoding="utf-8") for page in LECTURES)
    for name in ("lenet1989", "zfnet", "plain18", "plain34", "senet154", "all_cnn_c", "minivgg"):
        assert f"`{name}`" in text


@pytest.mark.parametrize("slip", sorted(SLIPS))
def test_slip(slip: str) -> None:
    pages = ("lecture-slips.md", "lecture-slips-numbers.md")
    found = [part for page in pages for part in sections(page, "^## (.+)$")]
    assert len(found) == len(SLIPS)
    [text] = [text for title, text in found if slip in title]
    for wanted in SLIPS[slip]:
        assert contains(text, wanted), wanted
