"""The parser's complaints about a YAML text, in words that say what to do.

A parser reports where it could not go on; the fault is often earlier, and the words are those of
the YAML specification. The rules below look at the text around both places. libyaml and PyYAML's
own parser differ in wording, so the rules ask for what both have in common.
"""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, Source, Span, quoted
from cnncalc.language.syntax_fault import Fault, indent_of, spaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Rule: TypeAlias = Callable[["Fault"], "Diagnostic | None"]

SPACES = "YAML is indented with spaces only"
BRACKETS = {"[": "]", "{": "}"}
MOST_BRACKETS = 1000
KEYS = "a key ends in a colon and a space, a list item begins with `- `"
LOOKALIKES = {
    "\u00a0": "a space",
    "\u3000": "a space",
    "\uff1a": "a colon",
    "\uff0c": "a comma",
    "\u201c": "a quote",
    "\u201d": "a quote",
    "\u2013": "a hyphen",
    "\u2014": "a hyphen",
}
QUOTE = "put quotes around the whole value"


def explain(source: Source, error: Any) -> Diagnostic:
    """Return the diagnostic for an error of the YAML parser."""
    fault = Fault(source, error)
    for rule in RULES:
        diagnostic = rule(fault)
        if diagnostic is not None:
            return diagnostic
    return fault.here(f"this is not valid YAML: {fault.problem}")


def _lookalike(fault: Fault) -> Diagnostic | None:
    """Find a character that only looks like one of YAML's: from a word processor, or no ASCII."""
    for number in (fault.line, fault.first_line, fault.line - 1):
        line = fault.source.line(number + 1)
        for column, char in enumerate(line[:1000], 1):
            if char in LOOKALIKES:
                place = Span(fault.source, number + 1, column)
                message = f"the character U+{ord(char):04X} is not {LOOKALIKES[char]}"
                return Diagnostic(message, place, "type it on the keyboard")
    return None


def _tab(fault: Fault) -> Diagnostic | None:
    if fault.text[fault.column : fault.column + 1] != "\t":
        return None
    if fault.before.strip():
        return fault.here("a tab cannot separate these in YAML", "write a space instead")
    return fault.here("a tab cannot indent YAML", SPACES)


def _first_character(fault: Fault) -> Diagnostic | None:
    if "that cannot start any token" not in fault.problem:
        return None
    char = quoted(fault.text[fault.column : fault.column + 1])
    return fault.here(f"a value cannot begin with {char} in YAML", QUOTE)


def _open_quote(fault: Fault) -> Diagnostic | None:
    if "quoted scalar" not in fault.context or "end of stream" not in fault.problem:
        return None
    line = fault.source.line(fault.first_line + 1)
    quote = quoted(line[fault.first_column : fault.first_column + 1])
    length = len(line[fault.first_column :].rstrip())
    message = f"the quote {quote} that opens here is never closed"
    return fault.begun(message, "write it again at the end of the text", length=length)


def _escape(fault: Fault) -> Diagnostic | None:
    if "quoted scalar" not in fault.context:
        return None
    at = fault.text.rfind("\\", 0, fault.column + 1)
    word = fault.text[at : at + 2] if at >= 0 else fault.text[fault.column : fault.column + 1]
    help = "within single quotes a backslash is just a backslash"
    place = Span(fault.source, fault.line + 1, max(at, 0) + 1, len(word) or 1)
    return Diagnostic(f"{quoted(word)} is no escape that YAML knows", place, help)


def _flow(fault: Fault) -> Diagnostic | None:
    """Explain what went wrong between `{` and `}`, or `[` and `]`."""
    if "flow sequence" not in fault.context and "flow mapping" not in fault.context:
        return None
    opening, closing = ("[", "]") if "sequence" in fault.context else ("{", "}")
    found = fault.text[fault.column : fault.column + 1]
    if fault.at_end:
        help = f"close it with {quoted(closing)}"
        return fault.begun(f"the {quoted(opening)} that opens here is never closed", help)
    if found in ("]", "}"):
        note = f"the {quoted(opening)} was opened on line {fault.first_line + 1}"
        help = f"write {quoted(closing)} first, or delete this"
        return fault.here(f"{quoted(found)} where {quoted(closing)} should stand", help, note)
    if found == "[":
        help = "within YAML's {} and [], an expression with brackets needs quotes"
        return fault.here("a bracket cannot follow a word here", help)
    if fault.line > fault.first_line:
        help = f"close it with {quoted(closing)}, or separate its items with commas"
        note = f"line {fault.line + 1} cannot continue it"
        return fault.begun(f"the {quoted(opening)} that opens here is not closed", help, note)
    return fault.here(
        f"{quoted(found)} where a comma or {quoted(closing)} should stand",
        "separate the items with commas, and quote a text with a colon",
    )


def _missing_value(fault: Fault) -> Diagnostic | None:
    if "node content" not in fault.problem:
        return None
    found = fault.text[fault.column : fault.column + 1]
    place = _last_open_bracket(fault.source) if fault.at_end else None
    if place is None:
        where = f"before {quoted(found)}" if found else "at the end"
        return fault.here(f"a value is missing {where}", "write it, or remove the comma")
    opening = fault.source.line(place.line)[place.column - 1]
    help = f"close it with {quoted(BRACKETS[opening])}"
    return Diagnostic(f"the {quoted(opening)} that opens here is never closed", place, help)


def _last_open_bracket(source: Source) -> Span | None:
    """Return the innermost bracket that is open at the end of the text."""
    opened: list[tuple[int, int]] = []
    for number, line in enumerate(source.text.splitlines(), 1):
        for column, char in enumerate(line.split(" #")[0], 1):
            if char in BRACKETS and len(opened) < MOST_BRACKETS:
                opened.append((number, column))
            elif char in BRACKETS.values() and opened:
                opened.pop()
    return Span(source, *opened[-1]) if opened else None


def _second_colon(fault: Fault) -> Diagnostic | None:
    """Explain a colon where no key can be."""
    if "mapping values are not allowed" not in fault.problem:
        return None
    if ": " in fault.before:
        word, rest = fault.text.strip().removeprefix("- ").split(" ", 1)
        if rest[0] in "{[":
            place = Span(fault.source, fault.line + 1, fault.text.index(word) + len(word) + 1)
            help = f"write `{word}: {rest[0]}...`"
            return Diagnostic(f"a colon is missing after {quoted(word)}", place, help)
        help = "quote a text that contains `: `, and put a mapping in braces: {key: value}"
        return fault.here("a second colon on this line", help)
    number = fault.number_above()
    above = fault.source.line(number)
    words = above.strip().removeprefix("- ").split(":")
    if len(words) == 2 and words[1] and words[1][0] != " " and " " not in words[0]:
        place = Span(fault.source, number, above.index(":") + 1)
        return Diagnostic("a space is missing after this colon", place, "write `key: value`")
    if number and ":" not in above and not above.strip().startswith("- "):
        place = Span(fault.source, number, indent_of(above) + 1, len(above.strip()))
        return Diagnostic(f"{quoted(above.strip())} is neither a key nor a list item", place, KEYS)
    if ":" in above and indent_of(above) < indent_of(fault.text):
        help = f"indent it by {spaces(indent_of(above))}, as line {number}"
        return fault.under_line("this line is indented more than the key above it", help)
    return fault.here("no key can stand here", "quote a text that contains a colon")


def _dash(fault: Fault) -> Diagnostic | None:
    if "sequence entries are not allowed" not in fault.problem:
        return None
    help = "begin the list on the next line, or write it as [a, b]"
    return fault.here("a list item cannot stand on the line of its key", help)


def _question_mark(fault: Fault) -> Diagnostic | None:
    if "mapping keys are not allowed" not in fault.problem:
        return None
    return fault.here("`? ` begins a key in YAML, and none can stand here", QUOTE)


def _no_colon(fault: Fault) -> Diagnostic | None:
    """Explain a line that is neither a key nor an item."""
    if "could not find expected ':'" not in fault.problem:
        return None
    line = fault.source.line(fault.first_line + 1)
    word = line[fault.first_column :].split(" #")[0].rstrip()
    if word.startswith("-"):
        help = f"write `- {word[1:].strip()}`"
        return fault.begun("a space is missing after this dash", help)
    return fault.begun(f"{quoted(word)} is neither a key nor a list item", KEYS, length=len(word))


def _structure(fault: Fault) -> Diagnostic | None:
    """Explain what ended a mapping or a list of several lines too early."""
    if "block mapping" not in fault.context and "block collection" not in fault.context:
        return None
    if fault.before.strip():
        return _remainder(fault)
    if fault.line == fault.first_line:
        return fault.here("a key is missing before this colon")
    kind, like = ("list", "`- `") if "collection" in fault.context else ("mapping", "a key")
    if fault.column == fault.first_column:
        message = f"this line should begin with {like}, as line {fault.first_line + 1} does"
        return fault.under_line(message, f"or indent it, if it belongs to the {kind}'s last value")
    message = f"this line is indented by {spaces(fault.column)}, and fits nothing above it"
    column, number = min(_levels(fault), key=lambda level: abs(level[0] - fault.column))
    return fault.under_line(message, f"indent it by {spaces(column)}, as line {number}")


def _remainder(fault: Fault) -> Diagnostic:
    """Explain text after a value that is complete."""
    what = fault.text[fault.column :].split(" #")[0].strip()
    if what[0] in "]}":
        return fault.here(f"{quoted(what[0])} closes nothing", "delete it")
    quote = fault.before.rstrip()[-1]
    if quote in "\"'" and fault.before.count(quote) % 2:
        message = f"the quote {quoted(quote)} here closes one that opened on an earlier line"
        return Diagnostic(message, Span(fault.source, fault.line + 1, len(fault.before.rstrip())))
    help = QUOTE
    if quote in "\"'" and quote in what:
        help = "within single quotes write '' for a quote, or put double quotes around the whole"
    elif quote in "]}":
        help = "delete it, or move it inside the brackets"
    return fault.here(f"{quoted(what)} after the end of the value", help)


def _levels(fault: Fault) -> list[tuple[int, int]]:
    """Return the columns at which the faulty line could begin, with a line that begins there."""
    item = fault.text.lstrip().startswith("-")
    levels: list[tuple[int, int]] = []
    limit = len(fault.text) + fault.first_column
    for number in range(fault.line, fault.first_line, -1):
        line = fault.source.line(number)
        indent = indent_of(line)
        if indent >= limit or not line.split("#")[0].strip():
            continue
        limit = indent
        begins_item = line[indent:].startswith("- ")
        if begins_item and not item:
            levels.append((indent + 2, number))
        if begins_item == item:
            levels.append((indent, number))
    return levels or [(fault.first_column, fault.first_line + 1)]


def _second_document(fault: Fault) -> Diagnostic | None:
    if "<document start>" not in fault.problem:
        return None
    if fault.source.line(fault.line + 1).startswith("%") or fault.source.text.startswith("%"):
        return fault.here("`%` begins a YAML directive", "a spec needs none: delete the line")
    return fault.here("nothing can follow the end of the document", "delete the line `...`")


def _directive(fault: Fault) -> Diagnostic | None:
    if "directive" not in fault.context and "incompatible YAML" not in fault.problem:
        return None
    return fault.here("`%` begins a YAML directive", "a spec needs none: delete the line")


def _properties(fault: Fault) -> Diagnostic | None:
    """Explain unfinished tags, anchors and aliases, and what follows a `|` or `>`."""
    if "tag" in fault.problem or "tag" in fault.context:
        help = "delete the tag, or quote a text that begins with `!`"
        return fault.begun("YAML tags are not part of the spec language", help)
    if "anchor" in fault.context or "alias" in fault.context:
        return fault.begun("`&` and `*` want a name of letters and digits", QUOTE)
    if "block scalar" in fault.context:
        return fault.begun("the text of `|` or `>` begins on the next line", QUOTE)
    return None


RULES: tuple[Rule, ...] = (
    _lookalike,
    _tab,
    _first_character,
    _open_quote,
    _escape,
    _flow,
    _missing_value,
    _second_colon,
    _dash,
    _question_mark,
    _no_colon,
    _structure,
    _second_document,
    _directive,
    _properties,
)
