"""The names given out so far, and what an expression or a `from` finds under a name."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.language.limits import MAX_CHARACTERS, MAX_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from cnncalc.graph import Node
    from cnncalc.language.tree import Scalar

    class Named(Protocol):
        """What an entry says of its name."""

        keyword: str
        name: Scalar | None
        node: Scalar


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
    a block's name, `branch` or `aux`.
    """

    __slots__ = ("_characters", "_nodes", "kinds", "nodes_of", "of")

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = nodes
        self.of: dict[str, int] = {node.name: index for index, node in enumerate(nodes)}
        self.nodes_of: dict[str, tuple[int, int]] = {}
        self.kinds: dict[str, str] = {}
        self._characters = 0

    def name(self, entry: Named, scope: Scope, copy: int | None) -> str:
        """Return the path of an entry's next node or scope; raises `SpecError` if it is taken."""
        if entry.name is not None:
            name = entry.name.text if copy is None else f"{entry.name.text}_{copy}"
        else:
            number = scope.numbers.get(entry.keyword, 0) + 1
            scope.numbers[entry.keyword] = number
            name = f"{entry.keyword}_{number}"
        path = scope.path + name
        self._characters += len(path)
        if len(path) > MAX_PATH or path in self.of or self._characters > MAX_CHARACTERS:
            self._refuse(path, entry)
        return path

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

    def home(self, name: Scalar, scope: Scope) -> str | None:
        """Return the path below which a name is known, looking in the innermost scope first."""
        path, text = scope.path, name.text
        while path + text not in self.of:
            if not path:
                return None
            path = path[: path[:-1].rfind("/") + 1]
        return path

    def span(self, name: Scalar, scope: Scope) -> tuple[int, int]:
        """Return the nodes of the scope that a name means, from the first to before the last."""
        path, text = scope.path, name.text
        while path and path + text not in self.nodes_of:
            path = path[: path[:-1].rfind("/") + 1]
        return self.nodes_of.get(path + text, (0, 0))

    def unknown(self, name: Scalar, scope: Scope) -> SpecError:
        """Return the fault of a name that stands for nothing."""
        known = [path.removeprefix(scope.path) for path in self.of]
        inside = [path for path in known if path.endswith("/" + name.text)]
        meant = inside[-1] if inside else suggest(name.text, known[-500:])
        named = ", ".join([quoted(path) for path in known[-8:]])
        what = "only these come earlier" if len(known) <= 8 else "the last of those before it"
        help = f"did you mean `{meant}`?" if meant else f"{what}: {named}"
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
