"""Reads the keys of a located mapping, each declared once, and tells every fault with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field, fields
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.language import tree
from cnncalc.language.tree import Scalar
from cnncalc.layers import FIELD_ALIASES

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

TRUTHS = {"true": True, "false": False, "yes": True, "no": False}
#: Keys under which somebody might type an answer, which no assignment holds.
ANSWERS = frozenset(
    ("answer", "answers", "answer_key", "correct", "correct_answer", "expected", "key", "result",
     "right", "right_answer", "solution", "solutions", "truth", "value")
)  # fmt: skip


class KnownKey(NamedTuple):
    """A key: what it means, what may stand under it, the words it can have, other names for it.

    `kind` is one of those of `assignment.KINDS`; `also` has names between spaces.
    """

    meaning: str
    kind: str = "any"
    words: tuple[str | int, ...] = ()
    also: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """The words as they are typed."""
        return tuple(map(str, self.words))


Table = Mapping[str, KnownKey]
#: A key with nothing more declared about it.
ANY = KnownKey("")


def option(default: object, meaning: str, words: Iterable[str | int] = (), also: str = "") -> Any:
    """Return a field of a dataclass that a file may set: to a word, or to a share from 0 to 1."""
    key = KnownKey(meaning, "any" if words else "share", tuple(words), also)
    return field(default=default, metadata={"key": key})


def table_of(record: Any) -> Table:
    """Return the keys that set the fields of a dataclass."""
    return {one.name: one.metadata["key"] for one in fields(record) if one.metadata}


class KeyFaults:
    """Gathers diagnostics, so that a file's faults are shown all at once."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def add(self, node: Node, message: str, help: str | None = None) -> None:
        """Note a fault at the place of `node`."""
        self.found.append(Diagnostic(message, node.span, help))

    def extend(self, error: SpecError) -> None:
        """Note what another reader found."""
        self.found.extend(error.diagnostics)

    def stop(self) -> None:
        """Raise SpecError if there was any fault."""
        if self.found:
            raise SpecError(*dict.fromkeys(self.found))


class Keys:
    """The keys of one mapping; `what` is what messages call it (`a question`).

    Unknown keys are faults at once, with the nearest known one, and so are keys without a value;
    decoding faults give the default. With `answerless` a key for an answer is refused as one.
    """

    def __init__(
        self,
        mapping: tree.Mapping,
        what: str,
        known: Collection[str] | Table,
        faults: KeyFaults,
        answerless: bool = False,
    ) -> None:
        self.mapping, self.what, self.faults = mapping, what, faults
        self.known: Table = known if isinstance(known, Mapping) else dict.fromkeys(known, ANY)
        for key, value in mapping.entries:
            if key.text in known:
                if _is_empty(value):
                    help = "give it one, or leave the key out"
                    faults.add(key, f"{quoted(key.text)} has no value", help)
            elif answerless and key.text.lower() in ANSWERS:
                help = "leave it out: the key is computed from the spec"
                faults.add(value, "an assignment holds no answers", help)
            else:
                also = {word: name for word, name in FIELD_ALIASES.items() if name in known}
                also |= {word: name for name in known for word in self.known[name].also.split()}
                help = meant(key.text, known, also, f"known keys: {', '.join(known)}")
                faults.add(key, f"{what} has no key {quoted(key.text)}", help)

    def node(self, key: str) -> Node | None:
        """Return the node under a key, or None; a key without a value counts as missing."""
        node = self.mapping.get(key)
        return None if node is None or _is_empty(node) else node

    def _must(self, key: str, node: Node | None, what: str) -> None:
        if node is not None:
            self.faults.add(node, f"`{key}` must be {what}, not {node.kind}")

    def text(self, key: str, default: str = "", what: str = "a text") -> str:
        """Return the text under a key, as written."""
        node = self.node(key)
        if isinstance(node, Scalar):
            return node.text
        self._must(key, node, what)
        return default

    def required(self, key: str, help: str) -> str:
        """Return the text under a key that must be there."""
        if self.mapping.get(key) is None:
            self.faults.add(self.mapping, f"{self.what} needs `{key}`", help)
        return self.text(key)

    def word(self, key: str, default: str, words: Iterable[str] = ()) -> str:
        """Return one of a few words, by default those that the key is declared to have."""
        node, words = self.node(key), tuple(words) or self.known[key].choices
        word = self.text(key, default)
        if node is None or word in words:
            return word
        help = meant(word, words, {}, f"one of {', '.join(words)}")
        self.faults.add(node, f"`{key}` cannot be {quoted(word)}", help)
        return default

    def truth(self, key: str) -> bool:
        """Return true or false, false by default."""
        return TRUTHS[self.word(key, "false", TRUTHS)]

    def share(self, key: str, default: Fraction, most: Fraction | None = None) -> Fraction:
        """Return a number such as `2`, `0.5`, `1/2` or `1%`, from 0 to `most`."""
        node, text = self.node(key), self.text(key, "", "a number")
        if not isinstance(node, Scalar):
            return default
        value = as_fraction(text)
        if value is not None and value >= 0 and (most is None or value <= most):
            return value
        bound = "" if most is None else f" and at most {int(most):,}"
        what = f"`{key}` must be a number of at least 0{bound}, not {quoted(text)}"
        self.faults.add(node, what, "such as 2, 0.5, 1/2 or 50%")
        return default

    def options(self, base: Any) -> dict[str, Any]:
        """Return the fields of `base` that are declared by `option`, with what is given of them."""
        found: dict[str, Any] = {}
        for name, key in table_of(base).items():
            if not key.words:
                found[name] = self.share(name, getattr(base, name), Fraction(1))
            elif word := self.word(name, ""):
                found[name] = int(word) if isinstance(key.words[0], int) else word
        return found

    def items(self, key: str) -> list[Node]:
        """Return the items of a list; a single scalar counts as a list of one."""
        node = self.node(key)
        if isinstance(node, tree.Sequence):
            return list(node.items)
        if isinstance(node, Scalar):
            return [node]
        self._must(key, node, "a list")
        return []

    def texts(self, key: str) -> list[Scalar]:
        """Return the texts of a list."""
        nodes = self.items(key)
        for node in nodes:
            if not isinstance(node, Scalar):
                self.faults.add(node, f"`{key}` must list names, not {node.kind}")
        return [node for node in nodes if isinstance(node, Scalar)]

    def entries(self, key: str) -> list[tuple[Scalar, Node]]:
        """Return the entries of a mapping under a key."""
        node = self.node(key)
        if isinstance(node, tree.Mapping):
            return node.entries
        self._must(key, node, "a mapping")
        return []

    def part(self, key: str, known: Collection[str] | Table) -> Keys | None:
        """Return the keys of the mapping under a key; None if there is none."""
        node = self.node(key)
        if isinstance(node, tree.Mapping):
            return Keys(node, f"`{key}`", known, self.faults)
        self._must(key, node, "a mapping")
        return None

    def parts(self, key: str, known: Table) -> dict[str, Keys]:
        """Return the keys of each mapping in the mapping under a key, by its name."""
        inner = self.part(key, [name.text for name, _ in self.entries(key)])
        found = {name: inner.part(name, known) for name in inner.known} if inner else {}
        return {name: part for name, part in found.items() if part is not None}


def word_of(node: Node | None) -> str:
    """Return the text of a scalar, '' of everything else."""
    return node.text if isinstance(node, Scalar) else ""


def refused(place: Node, what: str, help: str | None = None) -> SpecError:
    """Return the error about a place of the file, and what helps."""
    return SpecError(Diagnostic(what, place.span, help))


def meant(word: str, known: Iterable[str], aliases: Mapping[str, str], otherwise: str) -> str:
    """Return the help about an unknown word: the one that was meant, or `otherwise`."""
    found = suggest(word, known, dict(aliases)) if word else None
    return f"did you mean `{found}`?" if found else otherwise


def known_word(
    place: Node,
    noun: str,
    known: Iterable[str],
    synonyms: Mapping[str, str] = MappingProxyType({}),
    otherwise: str = "",
) -> str:
    """Return the known word at a place, in place of a synonym; raises SpecError for another one.

    The help is the word that was meant, `otherwise` by default the list of known ones.
    """
    known, word = tuple(known), word_of(place)
    word = synonyms.get(word, word)
    if word in known:
        return word
    help = meant(word, known, synonyms, otherwise or "one of " + ", ".join(known))
    what = f"there is no {noun} {quoted(word)}" if word else f"a {noun} is one word"
    raise refused(place, what, help)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text and not node.quoted


def as_fraction(text: str) -> Fraction | None:
    """Return the number that `0.5`, `1/2` or `50%` stands for, or None."""
    word, percent = (text[:-1], 100) if text.endswith("%") else (text, 1)
    if len(word) > 40 or re.search(r"e[+-]?\d{3}", word, re.IGNORECASE):
        return None  # 1e999999999 would take hours
    try:
        return Fraction(word.strip()) / percent
    except (ValueError, ZeroDivisionError):
        return None
