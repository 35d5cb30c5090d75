"""What every reader of another format builds a graph with: layers one after the other, by name."""

from __future__ import annotations

import re

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError
from cnncalc.graph import Graph, Node
from cnncalc.layers import layer_class
from cnncalc.quantities import product, show_shape
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from cnncalc.layers.facts import Facts
    from cnncalc.quantities import Shape

    #: Shapes (channels first, without the batch) for some of the inputs of these names.
    Given = Callable[[list[str]], Mapping[str, Shape]]

#: A file with more layers is refused before any of them is looked at.
MAX_NODES = 20_000
LONGEST_PART = 200
#: How many layers a note names.
MOST_NAMED = 3


class Stated(Record):
    """An input as a file states it: its lengths, channels first; 0 for one that is left open.

    `words` are what the file calls the open lengths, where it does.
    """

    name: str
    lengths: list[int]
    words: list[str] | None = None


class GraphBuilder:
    """A graph while it is read: its nodes, their output shapes, and notes for the reader's user.

    `file` is the name of the file in messages. `weights` says for each array of a node, by index
    and name, which array of the file fills it. `read_twice` are the nodes that more than one
    operation of the file reads.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes: list[Node] = []
        self.shapes: list[Shape] = []
        self.inputs: list[int] = []
        self.notes: list[str] = []
        self.weights: dict[tuple[int, str], Any] = {}
        self.owners: dict[Any, int] = {}
        self.holders: dict[int, int] = {}
        self.repeated: list[int] = []
        self.partly_shared: list[int] = []
        self.names: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.read_twice: set[int] = set()

    def enter(self, stated: list[Stated], given: Given) -> dict[str, int]:
        """Add the inputs of the network; return the index of each by its name in the file.

        Raises `SpecError` where neither the file nor `given` says a length.
        """
        if not stated:
            raise self.error("it has no input that a network could read")
        shapes = given([entry.name for entry in stated])
        result = {}
        for entry in stated:
            shape = shapes.get(entry.name)
            if shape is None:
                self.check_whole(entry)
                shape = tuple(entry.lengths)
            elif entry.lengths and len(shape) != len(entry.lengths):
                count = len(entry.lengths)
                raise self.error(f"its input `{entry.name}` has {count} axes, not {len(shape)}")
            result[entry.name] = self.input(entry.name, shape)
        return result

    def check_whole(self, entry: Stated) -> None:
        """Raise `SpecError` for an input whose shape is not known."""
        name, lengths = entry.name, entry.lengths
        if not lengths:
            help = "give it, such as `--input 3x224x224`"
            raise self.error(f"the shape of its input `{name}` is not in the file", help)
        if any(n < 1 for n in lengths):
            open_words = entry.words or [""] * len(lengths)
            words = [str(n) if n else w or "?" for n, w in zip(lengths, open_words, strict=True)]
            example = "x".join(str(n if n > 0 else 224) for n in lengths)
            raise self.error(
                f"its input `{name}` is {'x'.join(words)}: the file leaves sizes open",
                f"give them, such as `--input {example}`",
            )

    def input(self, name: str, shape: Shape) -> int:
        """Add an input of the network and return its index."""
        kind: Any = layer_class("input")
        plain = re.sub("[^A-Za-z0-9_]+", "_", name).strip("_")
        plain = plain if plain[:1].isalpha() else f"input_{plain}" if plain else "input"
        try:
            layer = kind(shape=shape)
        except LayerError as error:
            raise self.error(f"its input `{name}`: {error.message}", error.help) from None
        index = self.append(Node(self.free_name(plain), layer, ()))
        self.inputs.append(index)
        return index

    def add(
        self,
        keyword: str,
        inputs: tuple[int, ...],
        name: str,
        arrays: dict[str, Any] | None = None,
        owner: object = None,
        frozen: bool = False,
        **fields: Any,
    ) -> int:
        """Add a layer and return its index.

        `arrays` names, for each weight of the layer, the array of the file that holds it: layers
        that name the same arrays share them, and so do those of one `owner`. `frozen` says that its
        weights are not trained, and so do arrays that all say it. Raises `SpecError` where the
        layer cannot take what it gets.
        """
        arrays = arrays or {}
        try:
            layer = layer_class(keyword)(**fields)
            params = self.facts(layer, inputs).params
        except LayerError as error:
            raise self.error(error.message, node=name, help=error.help) from None
        self.check_arrays({param.name: param.shape for param in params}, name, arrays)
        key = tuple(sorted((part, id(array)) for part, array in arrays.items()))
        if owner is not None:
            key = ((keyword, id(owner)),)
        first = self.owners.get(key) if key else None
        marks = None
        if frozen or (arrays and all(getattr(a, "frozen", False) for a in arrays.values())):
            marks = (False, None)
        node = Node(self.free_name(name or keyword), layer, inputs, first, marks=marks)
        index = self.append(node)
        if key and first is None:
            self.owners[key] = index
            self.note_partly_shared(arrays, index)
        elif arrays and first is not None:
            self.repeated.append(index)
        self.weights |= {(index, part): array for part, array in arrays.items()}
        return index

    def check_arrays(self, wanted: dict[str, Shape], name: str, arrays: dict[str, Any]) -> None:
        """Raise `SpecError` for arrays of the file that have more or fewer numbers than a layer."""
        for part, array in arrays.items():
            shape = getattr(array, "shape", None)
            if shape is not None and part in wanted and product(shape) != product(wanted[part]):
                own, right = show_shape(shape) or "1", show_shape(wanted[part])
                raise self.error(f"its {part} is {own}, but {right} is needed", node=name)

    def facts(self, layer: Any, inputs: tuple[int, ...]) -> Facts:
        """Return the figures of a layer that reads some nodes."""
        found: Facts = layer.facts(tuple([self.shapes[i] for i in inputs]))
        return found

    def check_count(self, count: int) -> None:
        """Raise `SpecError` for a file with more layers than can be looked at."""
        if count > MAX_NODES:
            raise self.error(f"it has {count:,} layers, and more than {MAX_NODES:,} are not read")

    def note_partly_shared(self, arrays: dict[str, Any], index: int) -> None:
        """Remember a layer that shares some of its arrays with another, and not all."""
        others = [self.holders.setdefault(id(array), index) for array in arrays.values()]
        if any(other != index for other in others):
            self.partly_shared.append(index)

    def append(self, node: Node) -> int:
        """Add a node and return its index."""
        if len(self.nodes) >= MAX_NODES:
            raise self.error(f"it has more than {MAX_NODES:,} layers, which are not read")
        self.shapes.append(self.facts(node.layer, node.inputs).output)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def replace(self, index: int, **fields: Any) -> None:
        """Give a layer other values of some fields, such as a bias that was found after it."""
        node = self.nodes[index]
        layer = node.layer.replace(**fields)
        self.nodes[index] = Node(node.name, layer, node.inputs, node.shares, marks=node.marks)

    def free_name(self, wanted: str) -> str:
        """Return a path that no node has yet, from a name of the file."""
        parts = [
            re.sub("[^A-Za-z0-9_.-]+", "_", part)[:LONGEST_PART].strip("_.")
            for part in re.split("[/:]+", wanted)
        ]
        stem = "/".join([part for part in parts if part]) or "layer"
        name, number = stem, self.numbers.get(stem, 1)
        while name in self.names:
            number += 1
            name = f"{stem}_{number}"
        self.numbers[stem] = number
        self.names.add(name)
        return name

    def note(self, text: str) -> None:
        """Say something once about how the file was read."""
        if text not in self.notes:
            self.notes.append(text)

    def note_layers(self, indices: list[int], what: str) -> None:
        """Say something of some layers, and name the first of them."""
        if indices:
            names = ", ".join(f"`{self.nodes[index].name}`" for index in indices[:MOST_NAMED])
            more = ", ..." if len(indices) > MOST_NAMED else ""
            self.note(f"{len(indices):,} of the layers ({names}{more}) {what}")

    def error(self, message: str, help: str | None = None, *, node: str = "") -> SpecError:
        """Return an error about the file, to be raised."""
        where = f"{self.file}: node `{node}`: " if node else f"{self.file}: "
        return SpecError(Diagnostic(where + message, None, help))

    def graph(self, name: str, outputs: list[int]) -> Graph:
        """Return what was built."""
        unique = tuple(dict.fromkeys(outputs))
        self.note_layers(self.repeated, "have the arrays of another layer: those are counted once")
        self.note_layers(
            self.partly_shared,
            "share some of their arrays with another layer, but not all: these are counted in each",
        )
        return Graph(
            name,
            tuple(self.nodes),
            tuple(self.inputs),
            unique,
            warnings=tuple([Diagnostic(note) for note in self.notes]),
            scopes={},
        )
