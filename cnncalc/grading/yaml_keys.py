"""Reads the keys of a located mapping, and tells every fault with its place."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

TRUTHS = {"true": True, "false": False, "yes": True, "no": False}
#: Keys under which somebody might type an answer, which no assignment holds.
ANSWERS = frozenset(
    ("answer", "answers", "answer_key", "correct", "correct_answer", "expected", "key", "result",
     "right", "right_answer", "solution", "solutions", "truth", "value")
)  # fmt: skip
#: What a key may have as its value: one of some words or numbers, or (None) a share from 0 to 1.
Values = Dict[str, "tuple[str | int, ...] | None"]


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
        mapping: Mapping,
        what: str,
        known: Iterable[str] | None,
        faults: KeyFaults,
        aliases: Dict[str, str] | None = None,
        answerless: bool = False,
    ) -> None:
        self.mapping = mapping
        self.what = what
        self.faults = faults
        if known is None:  # somebody else has looked at them
            return
        words = tuple(known)
        for key, value in mapping.entries:
            if key.text in words:
                if _is_empty(value):
                    help = "give it one, or leave the key out"
                    faults.add(key, f"{quoted(key.text)} has no value", help)
            elif answerless and key.text.lower() in ANSWERS:
                help = "leave it out: the key is computed from the spec"
                faults.add(value, "an assignment holds no answers", help)
            else:
                meant = suggest(key.text, words, aliases or {})
                help = f"did you mean `{meant}`?" if meant else f"known keys: {', '.join(words)}"
                faults.add(key, f"{what} has no key {quoted(key.text)}", help)

    def node(self, key: str) -> Node | None:
        """Return the node under a key, or None; a key without a value counts as missing."""
        node = self.mapping.get(key)
        return None if node is None or _is_empty(node) else node

    def text(self, key: str, default: str = "", what: str = "a text") -> str:
        """Return the text under a key, as written."""
        node = self.node(key)
        if isinstance(node, Scalar):
            return node.text
        if node is not None:
            self.faults.add(node, f"`{key}` must be {what}, not {node.kind}")
        return default

    def required(self, key: str, help: str | None = None) -> str:
        """Return the text under a key that must be there."""
        if self.mapping.get(key) is None:
            self.faults.add(self.mapping, f"{self.what} needs `{key}`", help or f"add `{key}: …`")
        return self.text(key)

    def word(self, key: str, choices: Iterable[str], default: str) -> str:
        """Return one of a few words."""
        node, words = self.node(key), tuple(choices)
        word = self.text(key, default)
        if node is None or word in words:
            return word
        meant = suggest(word, words)
        help = f"did you mean `{meant}`?" if meant else f"one of {', '.join(words)}"
        self.faults.add(node, f"`{key}` cannot be {quoted(word)}", help)
        return default

    def truth(self, key: str, default: bool) -> bool:
        """Return true or false."""
        return TRUTHS[self.word(key, TRUTHS, "true" if default else "false")]

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

    def fields(self, base: object, values: Values) -> dict[str, Any]:
        """Return what is given of some fields of `base`; a default of None stands for no word."""
        found: dict[str, Any] = {}
        for key, words in values.items():
            default = getattr(base, key)
            if words is None:
                found[key] = self.share(key, default, Fraction(1))
                continue
            word = self.word(key, map(str, words), "" if default is None else str(default))
            found[key] = int(word) if isinstance(words[0], int) else word or None
        return found

    def items(self, key: str) -> list[Node]:
        """Return the items of a list; a single scalar counts as a list of one."""
        node = self.node(key)
        if node is None or isinstance(node, Mapping):
            if node is not None:
                self.faults.add(node, f"`{key}` must be a list, not {node.kind}")
            return []
        return [node] if isinstance(node, Scalar) else list(node.items)

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
        if isinstance(node, Mapping):
            return node.entries
        if node is not None:
            self.faults.add(node, f"`{key}` must be a mapping, not {node.kind}")
        return []


def keys_of(
    node: Node | None, what: str, known: Iterable[str], faults: KeyFaults, aliases: Dict[str, str]
) -> Keys | None:
    """Return the keys of the mapping under a key called `what`; None if there is none."""
    if isinstance(node, Mapping):
        return Keys(node, f"`{what}`", known, faults, aliases)
    if node is not None:
        help = f"write `{what}: {{key: value}}`"
        faults.add(node, f"`{what}` must be a mapping, not {node.kind}", help)
    return None


def refused(place: Node, what: str, help: str | None = None) -> SpecError:
    """Return the error about a place of the file, and what helps."""
    return SpecError(Diagnostic(what, place.span, help))


def known_word(
    place: Node,
    word: str,
    known: Iterable[str],
    what: str,
    aliases: Dict[str, str] = MappingProxyType({}),
    otherwise: str = "",
) -> str:
    """Return a word that must be a known one; else raises SpecError that says `what`.

    The help is the word that was meant, `otherwise` by default the list of known ones.
    """
    known = tuple(known)
    if word in known:
        return word
    meant = suggest(word, known, dict(aliases)) if word else None
    help = f"did you mean `{meant}`?" if meant else otherwise or "one of " + ", ".join(known)
    raise refused(place, what, help)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text and not node.quoted


def as_fraction(text: str) -> Fraction | None:
    """Return the number that `0.5`, `1/2` or `50%` stands for, or None."""
    word, percent = (text[:-1], 100) if text.endswith("%") else (text, 1)
    if len(word) > 40:
        return None
    try:
        return Fraction(word.strip()) / percent
    except (ValueError, ZeroDivisionError):
        return None
