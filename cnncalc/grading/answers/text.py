"""From the characters a student typed to plain text: one spelling for each sign that is meant.

Answers come from keyboards, phones, spreadsheets, LaTeX, HTML editors and Markdown. This first
stage only replaces spellings (`\\times`, `&times;`, `×`; superscripts; thin spaces; full-width
digits); it decides nothing about meaning, and it never evaluates anything.
"""

from __future__ import annotations

import html
import re
import unicodedata

#: Stands between groups of digits where a thin space or `\,` or `{,}` was typed.
THIN = "\u2009"

#: One spelling for each family of signs, applied to text that is not plain ASCII.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\u2014\u2015\ufe63", "-"),
        **dict.fromkeys("✕✖⨯✗╳⨉⊗", "×"),
        **dict.fromkeys("хХ", "x"),  # Cyrillic letters that look like the cross
        **dict.fromkeys("⋅∙•‧・●", "·"),
        **dict.fromkeys("∗⁎", "*"),
        **dict.fromkeys("÷∕⁄", "/"),
        **dict.fromkeys("≈≅≃∼≐", "~"),
        **dict.fromkeys("⇒⟶➔⟹➜⟾∴", "→"),
        **dict.fromkeys("‘’′‛`", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("\u2009\u202f\u2006\u2007\u2008\u200a\u00a0", THIN),
        **dict.fromkeys("\u200b\u200c\u200d\ufeff\u2060\u200e\u200f\u00ad", None),
        **dict.fromkeys("⟨〈", "<"),
        **dict.fromkeys("⟩〉", ">"),
    }
)
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ"
_RAISED_PLAIN = str.maketrans(_RAISED, "0123456789+-()n")
_RAISED_RUN = re.compile(f"[{_RAISED}]+")
_LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_LOWERED_PLAIN = str.maketrans(_LOWERED, "0123456789")
_LOWERED_RUN = re.compile(f"[{_LOWERED}]+")

_LATEX = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
_LATEX_MEANING = {
    **dict.fromkeys(("times", "bigtimes", "x"), "×"),
    **dict.fromkeys(("cdot", "ast", "bullet", "star", "cdotp"), "·"),
    **dict.fromkeys(("approx", "sim", "simeq", "cong", "thickapprox"), "~"),
    **dict.fromkeys(("to", "rightarrow", "Rightarrow", "implies", "therefore", "mapsto"), "→"),
    **dict.fromkeys(("longrightarrow", "Longrightarrow", "leadsto"), "→"),
    **dict.fromkeys(("le", "leq", "lt", "leqslant"), "<"),
    **dict.fromkeys(("ge", "geq", "gt", "geqslant"), ">"),
    **dict.fromkeys((",", ";", ":", " ", "thinspace"), THIN),
    **dict.fromkeys(("quad", "qquad", "hspace", "enspace", "newline", "par"), " "),
    **dict.fromkeys(("{", "lbrace"), "("),
    **dict.fromkeys(("}", "rbrace"), ")"),
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "div": "/", "pm": "±", "mp": "±",
    "\\": "\n", "%": "%", "_": "_", "&": " ", "#": "#", "langle": "(", "rangle": ")",
    "min": " min", "max": " max", "floor": " floor", "ceil": " ceil", "sqrt": " sqrt",
    "infty": " infinity", "neq": " not ", "ne": " not ",
}  # fmt: skip
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]{0,40}>", re.IGNORECASE)
_SUPERSCRIPT_TAG = re.compile(r"<sup>([^<>]{1,40})</sup>", re.IGNORECASE)
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^*_]*[^\W\d_][^*_]*)\1")
_WRAPPERS = tuple((mark, mark) for mark in ("**", "__", "```", "`", '"', "'", "*", "_"))
_STYLED = re.compile(
    r"\\(?:text\w*|math[a-z]+|mbox|hbox|boxed|fbox|num|operatorname|ensuremath|emph|bm|tag)\s*"
    r"\{([^{}]*)\}"
)
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_POWER = re.compile(r"\^\{([^{}]*)\}")
_GROUP_IN_BRACES = re.compile(r"(?<=\d)\{,\}(?=\d)")
_BULLET = re.compile(r"^[ \t]*[-*·][ \t]+(?=\S)", re.MULTILINE)
#: What denies an answer without a `not` of its own.
_DISBELIEF = re.compile(
    r"\b(?:don't|dont|can't|cannot) (?:think|believe)\b|(?<!no )\bdoubt\b", re.IGNORECASE
)
_ARROW = re.compile(r"[-=]{1,3}>|(?<!\w)⇒")
#: What was crossed out, in Markdown, HTML or LaTeX, is not answered.
_STRUCK = re.compile(
    r"~~(?=\S)(?:(?!~~).){1,400}~~|<(s|del|strike)\b[^<>]{0,80}>.{0,400}?</\1>"
    r"|\\(?:sout|st|[xb]?cancel)\s*\{[^{}]*\}",
    re.IGNORECASE | re.DOTALL,
)
#: Longest text in which it is looked for; a longer one is no answer in any case.
_MAX_STRUCK = 4000


def plain(raw: str) -> str:
    """Return `raw` with one spelling for each sign; spaces and letter case are kept.

    `raw` is a whole answer as typed. Superscripts become `^(2)`, LaTeX commands the sign they draw,
    thin spaces and `{,}` between digits the character `THIN`, arrows `→`.
    """
    text = raw.strip()
    if ("~~" in text or "<" in text or "\\" in text) and len(text) < _MAX_STRUCK:
        text = _STRUCK.sub(" ", text)
    if not text.isascii():
        text = _one_spelling(text)
    if "&" in text and ";" in text:
        text = _one_spelling(html.unescape(text))
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
    if "think" in text or "believe" in text or "doubt" in text:
        text = _DISBELIEF.sub("not", text)
    if THIN in text:
        text = re.sub(f"(?<!\\d){THIN}|{THIN}(?!\\d)", " ", text)
    return _unwrapped(text)


def _one_spelling(text: str) -> str:
    text = _RAISED_RUN.sub(lambda run: "^(" + run.group().translate(_RAISED_PLAIN) + ")", text)
    text = _LOWERED_RUN.sub(lambda run: "_" + run.group().translate(_LOWERED_PLAIN), text)
    # Normalisation would turn the no-break and thin spaces into ordinary ones: signs go first.
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS).replace(THIN, "\ue000"))
    text = text.replace("\ue000", THIN).translate(_SIGNS)
    return "".join([_ascii_digit(char) for char in text])


def _ascii_digit(char: str) -> str:
    if char.isascii() or not char.isdecimal():
        return char
    return str(unicodedata.decimal(char))


def _without_latex(text: str) -> str:
    text = _GROUP_IN_BRACES.sub(THIN, text).replace("$", " ")
    for _ in range(4):  # one inside the other
        before = text
        text = _POWER.sub(r"^(\1)", _STYLED.sub(r" \1 ", text))
        text = _FRACTION.sub(r" ((\1)/(\2)) ", text)
        if text == before:
            break
    # A backslash in front of a sign is LaTeX's or Markdown's, which escapes `*` but never needs to
    # escape the brackets around a formula.
    dropped = "!" if "\\*" in text else "!()[]"

    def meaning(command: re.Match[str]) -> str:
        word = command.group(1)
        return _LATEX_MEANING.get(word, "" if word[0].isalnum() or word in dropped else word)

    return _LATEX.sub(meaning, text)


def _unwrapped(text: str) -> str:
    """Return `text` without emphasis, code marks and quotation marks around words or the whole."""
    text = text.strip()
    changed = not text[:1].isalnum()  # with which no mark begins
    while changed and len(text) > 1:
        changed = False
        for left, right in _WRAPPERS:
            inner = text[len(left) : -len(right)]
            if text.startswith(left) and text.endswith(right) and inner.strip():
                if left in inner:
                    continue
                text, changed = inner.strip(), True
                break
    if text.startswith("'"):  # a spreadsheet's mark for "this cell is text"
        text = text[1:]
    if "**" in text or "__" in text:
        text = _EMPHASIS.sub(r"\2", text)
    return text.strip()


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
