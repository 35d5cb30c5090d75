"""The sentences of pages and code are plain English, which a second-language reader understands."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Turns of phrase that readers stumbled over, and what to write instead.
BANNED = {
    r"\b(?:is|are|be|was|were|can be|unless) told\b": "is shown, is said, is listed",
    r"\btold (?:at once|once|apart|together|by|of|so|in|that|with)\b": "shown, said, distinguished",
    r"(?<!each )(?<!any )(?<!either )(?<!all )(?<!first )(?<!last )(?<!one )\bof which\b": "whose",
    r"\border that is plain\b": "an order that is clear",
    r"\bhangs? on\b": "depends on",
    r"\bgoe?s? all the way\b": "say what ends where",
}


def texts() -> list[Path]:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "cnncalc").rglob("*.py")]
    return [*pages, *(ROOT / "architectures").rglob("*.yaml")]


def test_no_turn_of_phrase_that_readers_stumbled_over() -> None:
    pattern = re.compile("|".join(f"({words})" for words in BANNED))
    found = []
    for path in texts():
        text = path.read_text(encoding="utf-8")
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            instead = [*BANNED.values()][(match.lastindex or 1) - 1]
            found.append(f"{path.relative_to(ROOT)}:{line}: {match[0]!r}: {instead}")
    assert found == []
