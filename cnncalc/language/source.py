"""YAML text -> located tree.

The tree is built straight from the parser's events, so that scalars stay text as written (`1e-5`,
`010` and `on` are decoded by the field that wants them), duplicate keys are seen, and what makes
YAML dangerous is refused on the way: tags, merge keys, cyclic and exploding aliases, deep nesting.
"""

from __future__ import annotations

import gc

from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError, quoted, suggest
from cnncalc.language.files import check_characters, read
from cnncalc.language.libyaml import event_parser
from cnncalc.language.limits import MAX_TEXT_NESTING
from cnncalc.language.tree import Mapping, Scalar, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from cnncalc.language.tree import Node

__all__ = ["Mapping", "Scalar", "Sequence", "parse", "read"]

MAX_SCALAR = 64 * 1024  # characters of one scalar
MAX_NODES = 200_000  # scalars, lists and mappings, an alias counted as all that it stands for
MAX_ERRORS = 50  # shown at once


BEGINNING = "a spec begins with `input: 3x224x224` and `layers:`"  # the help for an empty text


def parse(source: Source, beginning: str = BEGINNING) -> Node:
    """Return the tree of a YAML text; `beginning` says how such a text begins.

    Raises SpecError with everything that can be found: all refused keys, tags and aliases, and
    the first fault of syntax.
    """
    check_characters(source)
    return _Builder(source).build(beginning)


class _Refused(Exception):
    """Reading cannot go on; why is among the builder's errors."""


class _Builder:
    """Turns the events of one text into nodes.

    Every open collection gathers its children flat (key, value, key, value, ...) and becomes a
    node when it ends: no node is ever seen unfinished, and an alias to an open one is a cycle.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.errors: list[Diagnostic] = []
        self.children: list[Node] = []  # of the innermost open collection
        self.open: list[tuple[list[Node], Any, int]] = []  # outer children, start event, count
        self.anchors: dict[str, tuple[Node | None, int]] = {}  # a node, how many it stands for
        self.count = 0
        self.documents = 0

    def build(self, beginning: str) -> Node:
        """Return the root node, or raise SpecError with all faults in the order of the text."""
        collecting = gc.isenabled()
        gc.disable()  # a tree has no cycles: looking for some takes an eighth of the time
        try:
            self._read()
        except _Refused:
            pass
        finally:
            if collecting:
                gc.enable()
        if self.errors:
            raise SpecError(*sorted(self.errors, key=_place))
        if not self.children or self.children[0].kind == "nothing":
            raise SpecError(_emptiness(self.source, beginning))
        return self.children[0]

    def _read(self) -> None:
        parser, names = event_parser()
        try:
            self._consume(parser(self.source.text).get_event, names)
        except names.YAMLError as fault:
            from cnncalc.language.syntax import explain

            self._check_unfinished(names)
            self.errors.append(explain(self.source, fault))

    def _consume(self, get_event: Callable[[], Any], names: Any) -> None:
        source, handlers, scalar = self.source, self._handlers(names), names.ScalarEvent
        append, count = self.children.append, 0
        while (event := get_event()) is not None:
            kind = type(event)
            if kind is scalar:  # nine events of ten, so that every step here is felt
                text, start = event.value, event.start_mark
                append(Scalar(text, event.style, source, start.line + 1, start.column + 1))
                count += 1
                if event.anchor is not None or event.tag is not None or len(text) > MAX_SCALAR:
                    self._unusual_scalar(event)
            else:
                self.count = count
                handlers[kind](event)
                append, count = self.children.append, self.count
            if count > MAX_NODES:
                message = f"the spec holds more than {MAX_NODES:,} values"
                self._stop(event, message, "`repeat` and `blocks` keep it small")

    def _handlers(self, names: Any) -> dict[type, Callable[[Any], None]]:
        return {
            names.AliasEvent: self._alias,
            names.SequenceStartEvent: self._start,
            names.SequenceEndEvent: self._end_sequence,
            names.MappingStartEvent: self._start,
            names.MappingEndEvent: self._end_mapping,
            names.DocumentStartEvent: self._document,
            names.DocumentEndEvent: _pass_over,
            names.StreamStartEvent: _pass_over,
            names.StreamEndEvent: _pass_over,
        }

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            help = "give each network a file of its own, or use `variants`"
            self._stop(event, "a spec is one YAML document, and here begins a second", help)

    def _unusual_scalar(self, event: Any) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = self.children[-1], 1
        if event.tag is not None:
            self._refuse_tag(event)
        if len(event.value) > MAX_SCALAR:
            size = f"{len(event.value):,} characters; {MAX_SCALAR:,} are allowed"
            self._stop(event, f"this text has {size}", "shorten it")

    def _start(self, event: Any) -> None:
        if len(self.open) == MAX_TEXT_NESTING:
            message = f"lists and mappings are nested more than {MAX_TEXT_NESTING} deep"
            self._stop(event, message, "`blocks` keep a spec flat")
        if event.anchor is not None:
            self.anchors[event.anchor] = None, 0
        if event.tag is not None:
            self._refuse_tag(event)
        self.open.append((self.children, event, self.count))
        self.children = []
        self.count += 1

    def _end_sequence(self, event: Any) -> None:
        start = self.open[-1][1].start_mark
        self._close(Sequence(self.children, self.source, start, event.end_mark))

    def _end_mapping(self, event: Any) -> None:
        children: list[Any] = self.children
        keys, nodes = children[::2], children[1::2]
        try:
            if len(keys) == 1:  # an entry of `layers`: worth its own line
                values = {keys[0].text: nodes[0]}
            else:
                values = dict(zip([key.text for key in keys], nodes, strict=False))
        except AttributeError:  # a list or a mapping as a key
            values = {}
        if len(values) < len(keys) or "" in values or "<<" in values:
            keys, values = self._fit_keys(keys, nodes)
        start = self.open[-1][1].start_mark
        self._close(Mapping(keys, values, self.source, start, event.end_mark))

    def _close(self, node: Node) -> None:
        self.children, start, count = self.open.pop()
        self.children.append(node)
        if start.anchor is not None:
            self.anchors[start.anchor] = node, self.count - count

    def _fit_keys(self, keys: list[Any], nodes: list[Node]) -> tuple[list[Any], dict[str, Node]]:
        """Return the keys that can stay, and their nodes; say what is wrong with the others."""
        fit: list[Scalar] = []
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for key, node in zip(keys, nodes, strict=False):
            text = key.text if isinstance(key, Scalar) else ""
            if text in values:
                note = f"the first is on line {lines[text]}"
                message = f"the key {quoted(text)} is given twice"
                self._error(key.span, message, "remove one of them", note=note)
            elif text == "<<":
                help = "write the keys out, or use a block with parameters"
                self._error(key.span, "merge keys are not part of the spec language", help)
            elif not text:
                missing = key.kind == "nothing"
                what = "a key is missing" if missing else f"a key is one word, not {key.kind}"
                self._error(key.span, what, "write `key: value`")
            else:
                fit.append(key)
                values[text] = node
                lines[text] = key.line
        return fit, values

    def _check_unfinished(self, names: Any) -> None:
        """Check the keys of the mappings that a fault of syntax has left open."""
        inner = [children for children, _, _ in self.open[1:]] + [self.children]
        for (_, start, _), children in zip(self.open, inner, strict=False):
            if isinstance(start, names.MappingStartEvent):
                self._fit_keys(children[::2], [*children[1::2], *children[-1:]])

    def _alias(self, event: Any) -> None:
        name = event.anchor
        node, count = self.anchors.get(name, (None, 1))
        if name not in self.anchors:
            close = suggest(name, self.anchors)
            help = "a text that begins with `*` needs quotes"
            help = f"did you mean {quoted('*' + close)}?" if close else help
            message = f"no anchor {quoted('&' + name)} comes before this alias"
            self._error(self._span(event), message, help)
        elif node is None:
            message = f"the alias {quoted('*' + name)} stands inside what it stands for"
            self._error(self._span(event), message, "write a block, and call it where it is wanted")
        self.count += count
        if self.count > MAX_NODES:
            message = f"aliases expand this spec to more than {MAX_NODES:,} values"
            self._stop(event, message, "`repeat` and `blocks` say the same in a few lines")
        self.children.append(_standing_at(self.source, event, node))

    def _refuse_tag(self, event: Any) -> None:
        help = "remove the tag: the field that a value is given to decides its type"
        self._error(self._span(event), "YAML tags are not part of the spec language", help)

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Span(self.source, start.line + 1, start.column + 1, max(length, 1))

    def _error(self, span: Span, message: str, help: str | None = None, note: str = "") -> None:
        self.errors.append(Diagnostic(message, span, help, (note,) if note else ()))
        if len(self.errors) == MAX_ERRORS:
            raise _Refused

    def _stop(self, event: Any, message: str, help: str | None = None) -> NoReturn:
        self._error(self._span(event), message, help)
        raise _Refused


def _pass_over(_event: Any) -> None:
    pass


def _standing_at(source: Source, event: Any, node: Node | None) -> Node:
    """Return the aliased node with the alias's place; its children keep their own."""
    start, end = event.start_mark, event.end_mark
    if isinstance(node, Mapping):
        return Mapping(node.keys, node.values, source, start, end)
    if isinstance(node, Sequence):
        return Sequence(node.items, source, start, end)
    text, style = (node.text, node.style) if node else ("", None)
    return Scalar(text, style, source, start.line + 1, start.column + 1)


def _place(diagnostic: Diagnostic) -> tuple[int, int]:
    span = diagnostic.span
    return (span.line, span.column) if span else (0, 0)


def _emptiness(source: Source, beginning: str) -> Diagnostic:
    what = "holds nothing but comments" if source.text.strip() else "is empty"
    return Diagnostic(f"{quoted(source.name)} {what}", Span(source, 1, 1), beginning)
