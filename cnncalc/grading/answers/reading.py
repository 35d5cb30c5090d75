"""The two ends of every reader: the plain text that it starts from, and what it understood.

Answers come from keyboards, phones, spreadsheets, LaTeX, HTML editors and Markdown. Only spellings
are replaced here (`\\times`, `&times;`, `×`; superscripts; thin spaces; full-width digits).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple, TypeVar

from cnncalc.grading.answers.tokens import THIN, AnswerError

R = TypeVar("R")
MAX_LENGTH = 2000


class Unread(NamedTuple):
    """No answer was understood: `problem` says why; `blank` if nothing was answered at all."""

    problem: str
    blank: bool = False


#: Another reading of a number: its value, its `ulp`, and why.
OtherScale = tuple[Fraction, Fraction, str]


class Number(NamedTuple):
    """One number: its exact `value`, and `ulp`, the unit in the last place that was typed.

    `literal` if it was typed as one number and not as arithmetic; `unit` is the word of measure
    that was typed; `others` are further readings (MB as 10^6 or 2^20).
    """

    value: Fraction
    shown: str
    ulp: Fraction = Fraction(0)
    literal: bool = True
    unit: str = ""
    others: tuple[OtherScale, ...] = ()
    notes: tuple[str, ...] = ()


class Volume(NamedTuple):
    """A shape as typed: `axes` in the typed order, `names` (one of C H W L N, or '') beside them.

    An axis is None where a batch of any size was typed (`None`, `N`, `-1`).
    """

    axes: tuple[Fraction | None, ...]
    names: tuple[str, ...]
    shown: str
    notes: tuple[str, ...] = ()


def show_number(value: Fraction | int) -> str:
    """Return `value` with separators if it is whole, else with at most six significant digits."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    nearest = f"{float(value):.6g}"
    return f"{float(nearest):,}" if Fraction(nearest) == value else f"{float(value):,.4f}…"


def understood(raw: str, read: Callable[[str], R]) -> R | Unread:
    """Return what a reader of one kind of answer understands of a text, or why it does not."""
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    if len(text) > MAX_LENGTH:
        return Unread(f"longer than {MAX_LENGTH} characters: this is not one answer")
    try:
        return read(text)
    except AnswerError as error:
        return Unread(str(error))


#: One spelling for each family of signs, applied to text that is not plain ASCII.
_SIGNS = {
    ord(sign): spelling
    for spelling, signs in {
        "-": "\u2212\u2010\u2011\u2012\u2013\u2014\u2015\ufe63", "×": "✕✖⨯✗╳⨉⊗", "·": "⋅∙•‧・●",
        "x": "хХ",  # Cyrillic letters that look like the cross
        "*": "∗⁎", "/": "÷∕⁄", "~": "≈≅≃∼≐", "→": "⇒⟶➔⟹➜⟾∴", "'": "‘’′‛`", '"': "“”„«»",
        THIN: "\u202f\u2006\u2007\u2008\u200a\u00a0", "<": "⟨〈", ">": "⟩〉",
        "": "\u200b\u200c\u200d\ufeff\u2060\u200e\u200f\u00ad",
    }.items()
    for sign in signs
}  # fmt: skip
_RAISED = re.compile("[⁰¹²³⁴-⁹⁺⁻⁽⁾ⁿ]+")
_LOWERED = re.compile("[₀-₉]+")

_LATEX = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
_LATEX_MEANING = {
    "times": "×", "bigtimes": "×", "x": "×", "cdot": "·", "ast": "·", "bullet": "·", "star": "·",
    "approx": "~", "sim": "~", "simeq": "~", "cong": "~", "to": "→", "rightarrow": "→",
    "Rightarrow": "→", "implies": "→", "therefore": "→", "mapsto": "→", "le": "<", "leq": "<",
    "lt": "<", "ge": "<", "geq": "<", "gt": "<", ",": THIN, ";": THIN, ":": THIN, " ": THIN,
    "thinspace": THIN, "quad": " ", "qquad": " ", "newline": " ", "par": " ", "&": " ", "{": "(",
    "lbrace": "(", "langle": "(", "}": ")", "rbrace": ")", "rangle": ")", "lfloor": "⌊",
    "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "div": "/", "pm": "±", "\\": "\n", "min": " min",
    "max": " max", "floor": " floor", "ceil": " ceil", "sqrt": " sqrt", "infty": " infinity",
    "neq": " not ", "ne": " not ", "over": " over ",
}  # fmt: skip
_STYLED = re.compile(
    r"\\(?:text\w*|math[a-z]+|mbox|boxed|fbox|num|operatorname|emph|bm|tag)\s*\{([^{}]*)\}"
)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}|(?<!\\)&")
#: `\\frac{1}{2}`, also `\\frac12`
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|(\w))\s*(?:\{([^{}]*)\}|(\w))")
_POWER = re.compile(r"\^\{([^{}]*)\}")
_GROUP_IN_BRACES = re.compile(r"(?<=\d)\{,\}(?=\d)")

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]{0,40}>", re.IGNORECASE)
_SUPERSCRIPT_TAG = re.compile(r"<sup>([^<>]{1,40})</sup>", re.IGNORECASE)
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^*_]*[^\W\d_][^*_]*)\1")
_WRAPPED = re.compile(r"(\*{1,3}|__?|```|[`\"'])((?:(?!\1).)+)\1", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*[-*·][ \t]+(?=\S)", re.MULTILINE)
_ARROW = re.compile(r"[-=]{1,3}>")
_EDGE = re.compile(f"(?<!\\d){THIN}|{THIN}(?!\\d)")
#: What was crossed out, in Markdown, HTML or LaTeX, is not answered.
_STRUCK = re.compile(
    r"~~(?=\S)(?:(?!~~).){1,400}~~|<(s|del|strike)\b[^<>]{0,80}>.{0,400}?</\1>"
    r"|\\(?:sout|st|[xb]?cancel)\s*\{[^{}]*\}",
    re.IGNORECASE | re.DOTALL,
)


def plain(raw: str) -> str:
    """Return `raw`, a whole answer, with one spelling for each sign; letter case is kept.

    Superscripts become `^(2)`, LaTeX commands the sign they draw, thin spaces and `{,}` between
    digits the character `THIN`, arrows `→`.
    """
    text = raw.strip()
    if text.isascii() and text.isalnum():
        return text
    if "~~" in text or "<" in text or "\\" in text:
        text = _STRUCK.sub(" ", text)
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _one_spelling(text)
    if "<" in text:
        text = _SUPERSCRIPT_TAG.sub(r"^(\1)", text)
        text = _TAG.sub(" ", _BREAK.sub("\n", text))
    if "\n" in text and len(_BULLET.findall(text)) > 1:
        text = _BULLET.sub("", text)
    text = _unwrapped(text)
    if "\\" in text or "$" in text or "{,}" in text:
        text = _without_latex(text)
    if ">" in text:
        text = _ARROW.sub("→", text)
    if THIN in text:
        text = _EDGE.sub(" ", text)
    return _unwrapped(text)


def _one_spelling(text: str) -> str:
    text = re.sub("(?<=\\d)(?=[¼½¾])", "+", text)  # `4½`
    text = _RAISED.sub(lambda run: f"^({unicodedata.normalize('NFKC', run[0])})", text)
    text = _LOWERED.sub(lambda run: f"_{unicodedata.normalize('NFKC', run[0])}", text)
    # Normalisation would turn the no-break and thin spaces into ordinary ones: signs go first.
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS).replace(THIN, "\ue000"))
    text = text.replace("\ue000", THIN).translate(_SIGNS)
    return "".join([str(unicodedata.decimal(char, char)) for char in text])


def _without_latex(text: str) -> str:
    text = _ENVIRONMENT.sub(" ", _GROUP_IN_BRACES.sub(THIN, text).replace("$", " "))
    for _ in range(4):  # one inside the other
        text = _POWER.sub(r"^(\1)", _STYLED.sub(r" \1 ", text))
        text = _FRACTION.sub(r" ((\1\2)/(\3\4)) ", text)
    # A backslash in front of a sign is LaTeX's or Markdown's, which escapes `*` but never needs to
    # escape the brackets around a formula.
    dropped = "!" if "\\*" in text else "!()[]"

    def meaning(command: re.Match[str]) -> str:
        word = command[1]
        return _LATEX_MEANING.get(word, "" if word[0].isalnum() or word in dropped else word)

    return _LATEX.sub(meaning, text)


def _unwrapped(text: str) -> str:
    """Return `text` without emphasis, code marks and quotation marks around words or the whole."""
    text = text.strip()
    if not text[:1].isalnum():  # with which no mark begins
        while wrapped := _WRAPPED.fullmatch(text):
            text = wrapped[2].strip()
        text = text.removeprefix("'")  # a spreadsheet's mark for "this cell is text"
    if "**" in text or "__" in text:
        text = _EMPHASIS.sub(r"\2", text)
    return text.strip()


_BLANK = re.compile(
    r"\?*|#?n/a|na|nan|null|idk|dunno|(?:i )?(?:don'?t|do not) know|(?:i'm )?not sure|unsure|tbd|"
    r"[_~*x]|no (?:idea|clue|answer)|(?:left )?blank|\(?empty\)?|(?:not |un)answered|skip(?:ped)?"
)
#: What a template holds where an answer shall stand.
_PLACEHOLDER = re.compile(
    r".*\byour[ _](?:code|answer|solution)(?:[ _]here)?\b.*"
    r"|.{0,20}\b(?:the|an) (?:code|answer|solution|text)s? (?:goes |comes )?here\b.{0,20}"
    r"|.*# *todo\b.*|\W*(?:to ?do|tbd|fixme)\b.*|\W*(?:raise )?notimplemented\w*\W*"
    r"|[\[(<{]\s*(?:(?:your|my|the) )?(?:answer|solution|code)?(?: goes)?(?: here)?\s*[\])>}]"
    r"|\W*(?:fill|write|type|enter)\b(?: \w+){0,4} (?:here|in|answer|solution|code)\W*",
    re.DOTALL,
)


def is_blank(text: str) -> bool:
    """Tell whether `text` says that nothing is answered, or is what a template holds."""
    word = text.strip().lower().rstrip(".!…").replace("’", "'")
    if _BLANK.fullmatch(word) or not word.strip("_-–—. \t"):
        return True
    return len(word) < 200 and word[-1:] != "=" and _PLACEHOLDER.fullmatch(word) is not None
