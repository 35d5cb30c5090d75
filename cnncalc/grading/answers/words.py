"""What words alone say: nothing answered, nothing to count, a number in letters."""

from __future__ import annotations

import re

BLANKS = frozenset(
    ("", "?", "??", "???", "n/a", "na", "idk", "i don't know", "i dont know", "don't know",
     "dont know", "no idea", "no clue", "no answer", "skip", "skipped", "tbd", "_", "todo",
     "i do not know", "do not know", "not answered", "not sure", "i'm not sure", "unsure", "dunno",
     "blank", "unanswered", "nan", "null", "~", "*",
     "x", "#n/a")
)  # fmt: skip


#: What a template holds where an answer shall stand.
_PLACEHOLDER = re.compile(
    r".*\byour[ _](?:code|answer|solution)(?:[ _]here)?\b.*"
    r"|.{0,20}\b(?:the|an) (?:code|answer|solution|text)s? (?:goes |comes )?here\b.{0,20}"
    r"|.*# *todo\b.*|\W*(?:todo|tbd|fixme)\b.*|\W*(?:raise )?notimplemented\w*\W*"
    r"|[\[(<{]\s*(?:(?:your|my|the) )?(?:answer|solution|code)?(?: goes)?(?: here)?\s*[\])>}]"
    r"|\W*(?:fill|write|type|enter)\b(?: \w+){0,4} (?:here|in|answer|solution|code)\W*",
    re.DOTALL,
)


def is_blank(text: str) -> bool:
    """Tell whether `text` says that nothing is answered, or is what a template holds."""
    word = text.strip().lower().rstrip(".!…").replace("’", "'")
    if word in BLANKS or not word.strip("_-–—. \t"):
        return True
    return len(word) < 200 and word[-1:] != "=" and _PLACEHOLDER.fullmatch(word) is not None


#: Words that stand for one small number, also beside digits (`ten 32×32 maps`).
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_SMALL = {
    **NUMBER_WORDS, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_LARGE = {"thousand": 1000, "million": 1000**2, "billion": 1000**3}
_WORDS = frozenset((*_SMALL, *_LARGE, "hundred"))
_WORD = re.compile(r"[^\W\d_]+")
_NOTHING = re.compile(
    r"(?:none|nothing|nil|zero|no|∅)\W*(?:at all\W*)?"
    r"|(?:none|nothing|nil)\W(?!of\b|but\b|except\b|more\b|less\b).*"
    r"|.*\bno (?:(?:learnable|trainable|learned|free|extra|additional|such|any) )*"
    r"(?:param\w*|weights?|bias\w*|macs?|flops?|multiplications?|operations?|padding|values?)\b.*",
    re.IGNORECASE | re.DOTALL,
)


def spelled(text: str) -> int | None:
    """Return the number that a text without digits spells, or None unless there is just one."""
    words = _WORD.findall(text.lower())
    runs: list[list[str]] = [[]]
    for word in words:
        if word in _WORDS:
            runs[-1].append(word)
        elif word != "and":
            runs.append([])
    found = [run for run in runs if run]
    if len(found) != 1 or (found[0] == ["one"] and len(words) > 2):
        return None  # `the one with a bias` is no number
    return _value(found[0])


def _value(words: list[str]) -> int | None:
    total = part = last = 0
    for word in words:
        if word in _LARGE:
            total, part, last = total + (part or 1) * _LARGE[word], 0, 0
        elif word == "hundred":
            part, last = (part or 1) * 100, 0
        elif last and not (last >= 20 and last % 10 == 0 and _SMALL[word] < 10):
            return None  # `three five` are two numbers
        else:
            part, last = part + _SMALL[word], _SMALL[word] or -1
    return total + part


def says_nothing(text: str) -> bool:
    """Tell whether a text without digits says that there is nothing to count."""
    return len(text) < 80 and _NOTHING.fullmatch(text) is not None
