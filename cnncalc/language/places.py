"""The names given out so far, and what an expression or a `from` finds under a name."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError, letters_apart, quoted, suggest
from cnncalc.language.limits import MAX_CHARACTERS, MAX_LAYERS, MAX_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from cnncalc.graph import Node
    from cnncalc.language.tree import Scalar

    class Named(Protocol):
        """What an entry says of its name."""

        keyword: str
        name: Scalar | None
        node: Scalar

    class Reading(Protocol):
        """What a block says of what it reads."""

        inputs: list[Scalar]

    class Copied(Protocol):
        """A block that was copied: the names within it, which begin with `/`."""

        def node(self, end: str) -> int | None: ...
        def span(self, end: str) -> tuple[int, int] | None: ...
        def names(self, path: str) -> dict[str, int]: ...
        def spans(self, path: str) -> dict[str, tuple[int, int]]: ...


#: Paths up to this length are not counted: 150,000 of them are no more than `MAX_CHARACTERS`.
SHORT_PATH = MAX_CHARACTERS // MAX_LAYERS


class Scope:
    """Where names are given out: the path so far, and a running number for each keyword."""

    __slots__ = ("aux", "depth", "numbers", "path")

    def __init__(self, path: str = "", depth: int = 0, aux: bool = False) -> None:
        self.path = path
        self.depth = depth
        self.aux = aux
        self.numbers: dict[str, int] = {}

    def inner(self, path: str, aux: bool = False) -> Scope:
        """Return a scope inside this one."""
        return Scope(path + "/", self.depth + 1, aux or self.aux)

    def nameless(self) -> Scope:
        """Return a scope inside this one whose names are given out here: a group's."""
        inner = Scope(self.path, self.depth + 1, self.aux)
        inner.numbers = self.numbers
        return inner


class Places:
    """The node that each name stands for, and the nodes of each scope.

    `nodes` grows while the network is laid out; `kinds` says of each scope's path what made it:
    a block's name, `branch` or `aux`. `of` has the names that were given out one by one; those
    within a block that was copied are looked up in what it was copied from, by `copies`: hardly
    anybody asks for them.
    """

    __slots__ = ("_characters", "_nodes", "copies", "kinds", "nodes_of", "of")

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = nodes
        self.of: dict[str, int] = {node.name: index for index, node in enumerate(nodes)}
        self.nodes_of: dict[str, tuple[int, int]] = {}
        self.copies: dict[str, Copied] = {}
        self.kinds: dict[str, str] = {}
        self._characters = 0

    def name(self, entry: Named, scope: Scope, copy: int | None) -> str:
        """Return the path of an entry's next node or scope; raises `SpecError` if it is taken."""
        named = entry.name
        if named is None:
            keyword, numbers = entry.keyword, scope.numbers
            numbers[keyword] = number = numbers.get(keyword, 0) + 1
            path = f"{scope.path}{keyword}_{number}"
        elif copy is None:
            path = scope.path + named.text
        else:
            path = f"{scope.path}{named.text}_{copy}"
        if path in self.of or (len(path) > SHORT_PATH and self._are_too_long(path)):
            self._refuse(path, entry)
        return path

    def _are_too_long(self, path: str) -> bool:
        """Return whether a long path is too long, or all long paths are together."""
        self._characters += len(path)
        return len(path) > MAX_PATH or self._characters > MAX_CHARACTERS

    def _refuse(self, path: str, entry: Named) -> None:
        """Raise the `SpecError` for a path that is too long or stands for another layer."""
        place = entry.name or entry.node
        message = f"the name {quoted(path)} is taken already"
        help = "choose another name"
        if len(path) > MAX_PATH:
            message = f"with its scopes this name has {len(path)} characters"
            message, help = f"{message}; {MAX_PATH:,} may be used", "choose shorter names"
        elif path not in self.of:
            message = f"the names of all layers have more than {MAX_CHARACTERS:,} characters"
            help = "check `repeat` and the block calls, or choose shorter names"
        else:
            first = self._nodes[self.of[path]].span
            message += f" (line {first.line})" if first else ""
        raise SpecError(Diagnostic(message, place.span, help))

    def index(self, path: str) -> int | None:
        """Return the node that a full path means; None if there is none."""
        found = self.of.get(path)
        if found is None and self.copies:
            copied, end = self.copied(path)
            return None if copied is None else copied.node(end)
        return found

    def entering(self, blocks: Mapping[str, Reading]) -> dict[str, dict[int, str]]:
        """Return for each call of a block with several inputs their names there, by their nodes."""
        labels = {
            name: [label.text for label in block.inputs]
            for name, block in blocks.items()
            if len(block.inputs) > 1
        }
        if not labels:
            return {}
        return {
            path: {node: label for label in labels[kind]
                   if (node := self.index(f"{path}/{label}")) is not None}
            for path, kind in self.kinds.items()
            if kind in labels
        }  # fmt: skip

    def copied(self, path: str) -> tuple[Copied | None, str]:
        """Return the copied block within which a path lies, if any, and the rest of the path."""
        cut = path.rfind("/")
        while cut > 0:
            found = self.copies.get(path[:cut])
            if found is not None:
                return found, path[cut:]
            cut = path.rfind("/", 0, cut)
        return None, path

    def find(self, name: Scalar, scope: Scope) -> tuple[str, int] | None:
        """Return the path below which a name is known, the innermost scope first, and its node."""
        path, text = scope.path, name.text
        while True:
            found = self.index(path + text)
            if found is not None:
                return path, found
            if not path:
                return None
            path = path[: path[:-1].rfind("/") + 1]

    def span(self, name: Scalar, scope: Scope) -> tuple[int, int]:
        """Return the nodes of the scope that a name means, from the first to before the last."""
        path, text = scope.path, name.text
        while True:
            found = self.nodes_of.get(path + text)
            if found is None:
                copied, end = self.copied(path + text)
                found = None if copied is None else copied.span(end)
            if found is not None or not path:
                return found or (0, 0)
            path = path[: path[:-1].rfind("/") + 1]

    def all(self) -> dict[str, int]:
        """Return every name with its node, those within a scope before the scope itself."""
        if not self.copies:
            return self.of
        result: dict[str, int] = {}
        for path, index in self.of.items():
            if path in self.copies:
                result.update(self.copies[path].names(path))
            result[path] = index
        return result

    def graft(self, other: Places, path: str, start: int, last: int) -> None:
        """Take over the names of another network whose nodes from 1 to `last` were appended."""
        for name, index in other.all().items():
            if 0 < index <= last:
                self.of[path + name] = start + index
        spans = dict(other.nodes_of)
        for name, copied in other.copies.items():
            spans.update(copied.spans(name))
        for name, (first, stop) in spans.items():
            if stop <= last + 1:
                self.nodes_of[path + name] = (start + first, start + stop)
        for name, kind in other.kinds.items():
            self.kinds[path + name] = kind

    def unknown(self, name: Scalar, scope: Scope) -> SpecError:
        """Return the fault of a name that stands for nothing."""
        known = [path.removeprefix(scope.path) for path in self.all()]
        inside = [path for path in known if path.endswith("/" + name.text)]
        meant = inside[-1] if inside else suggest(name.text, known[-500:])
        help = f"did you mean `{meant}`?" if meant else names_in_reach(name.text, known)
        message = f"no earlier layer is named {quoted(name.text)}"
        return SpecError(Diagnostic(message, name.span, help))

    def begin(self, path: str, kind: str) -> int:
        """Note a new scope; returns the index of its first node."""
        self.kinds[path] = kind
        return len(self._nodes)

    def end(self, path: str, first: int, last: int) -> None:
        """Note that a scope has been laid out, and the node that its name means."""
        self.of[path] = last
        self.nodes_of[path] = (first, len(self._nodes))

    def calls_itself(self, block: str, scope: Scope) -> bool:
        """Return whether a scope already stands inside a block."""
        path = scope.path[:-1]
        while path and self.kinds.get(path) != block:
            path = path[: max(path.rfind("/"), 0)]
        return bool(path)


def names_in_reach(wanted: str, known: list[str]) -> str:
    """Return the help for a name that stands for nothing: which ones there are, at most eight.

    Of many, those that differ in one letter, then those that are no running number, as a spec
    gives them, then the last.
    """
    if len(known) <= 8:
        return "only these come earlier: " + ", ".join([quoted(path) for path in known])
    parts = [(path, path.rpartition("/")[2]) for path in known[-500:]]
    near = [path for path, last in parts if letters_apart(wanted, last, 2) < 2]
    given = [path for path, last in parts if not last.rpartition("_")[2].isdigit()]
    chosen = dict.fromkeys([*near[-8:], *given[-5:], *known[-8:]])
    shown = ", ".join([quoted(path) for path in list(chosen)[:8]])
    return f"some of those before it: {shown}"
