"""Files that `torch.export.save` writes: a zip archive with the program as JSON.

Only the JSON is read, and arrays that are stored as plain numbers; PyTorch is not needed, and what
the archive holds as pickled objects is never opened.
"""

from __future__ import annotations

import json
import os

from cnncalc.exchange.files import Archive, error_in
from cnncalc.exchange.operations.values import ConstantArray
from cnncalc.exchange.torch.read import Program, ProgramCall, ProgramName, ProgramReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.operations.values import Array
    from cnncalc.graph import Graph

#: Where the program stands in the archive, in the present form and in that before PyTorch 2.8.
PROGRAMS = ("/models/model.json", "serialized_exported_program.json")
#: The program may be as long; weights lie apart.
MOST_BYTES = 128 << 20
#: The number that stands for 32-bit floats.
FLOAT32 = 7


def read(path: str, given: Given, strict: bool = False) -> Graph:
    """Return the graph of a file that `torch.export.save` wrote.

    `given` gives shapes to inputs whose sizes were left open. Raises `SpecError` for a file that
    cannot be read.
    """
    archive = Archive(path)
    name = archive.ending(*PROGRAMS)
    if name is None:
        raise error_in(
            path, "the archive holds no exported program", "`torch.export.save` writes one"
        )
    text = archive.text(name, MOST_BYTES)
    try:
        program = Saved(archive, json.loads(text), name).program()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as fault:
        raise error_in(path, f"its program is not whole: {fault!r}"[:300]) from None
    return ProgramReader(program, strict).graph(given)


class Saved:
    """The JSON of a saved program while it is read."""

    def __init__(self, archive: Archive, whole: Any, entry: str) -> None:
        self.archive = archive
        self.folder = entry.removesuffix(PROGRAMS[0])
        self.module = whole["graph_module"]
        self.graph = self.module["graph"]

    def program(self) -> Program:
        """Return the program."""
        shapes = {
            name: [lengths_of(size) for size in value["sizes"]]
            for name, value in self.graph["tensor_values"].items()
        }
        stored = self.stored("weights"), self.stored("constants")
        arrays: dict[str, ConstantArray] = {}
        inputs: list[str] = []
        seen: dict[str, ConstantArray] = {}
        for spec in self.module["signature"]["input_specs"]:
            ((kind, body),) = spec.items()
            argument = body["arg"]
            name = argument.get("name") or name_of(argument)
            if kind == "user_input":
                inputs.append(name)
                continue
            target = next((v for k, v in body.items() if k.endswith("_name")), name)
            entry = stored[0].get(target) or stored[1].get(target) or {}
            folder = "weights" if target in stored[0] else "constants"
            found = self.array(str(target), tuple(shapes.get(name, ())), folder, entry,
                               kind == "parameter")  # fmt: skip
            key = str(entry.get("path_name") or target)
            arrays[name] = seen.setdefault(key, found) if kind == "parameter" else found
        calls = [self.call(node) for node in self.graph["nodes"]]
        outputs = [name for entry in self.graph["outputs"] if (name := name_of(entry))]
        name = os.path.basename(self.archive.path).rpartition(".")[0] or "model"
        return Program(name, inputs, arrays, calls, outputs, shapes)

    def stored(self, folder: str) -> dict[str, Any]:
        """Return what the archive says of its arrays, by their names in the module."""
        entry = f"{self.folder}/data/{folder}/model_{folder}_config.json"
        if entry not in self.archive.entries:
            return {}
        config: dict[str, Any] = json.loads(self.archive.text(entry, MOST_BYTES))["config"]
        return config

    def array(
        self, name: str, shape: tuple[int, ...], folder: str, entry: dict[str, Any], learned: bool
    ) -> ConstantArray:
        """Return an array of the archive; only plain 32-bit numbers are read."""
        path = f"{self.folder}/data/{folder}/{entry.get('path_name')}"
        plain = entry.get("use_pickle") is False
        plain = plain and entry.get("tensor_meta", {}).get("dtype") == FLOAT32

        def load() -> Array | None:
            constant = ConstantArray(name, shape, lambda: None)
            if not plain or path not in self.archive.entries:
                return None
            data = self.archive.read(path, 4 * constant.count)
            import numpy as np

            return np.frombuffer(data, "<f4").reshape(shape)

        frozen = not learned or entry.get("tensor_meta", {}).get("requires_grad") is False
        return ConstantArray(name, shape, load, learned, learned, frozen=frozen)

    def call(self, node: Any) -> ProgramCall:
        """Return a node of the program as a call."""
        arguments = {entry["name"]: plain(entry["arg"]) for entry in node["inputs"]}
        outputs: list[str] = []
        for entry in node["outputs"]:
            found = plain(entry)
            outputs += [str(n) for n in found] if isinstance(found, list) else [str(found)]
        stack = (node["metadata"].get("nn_module_stack") or "").split(";")[-1].split(",")
        path, kind = (stack[1], stack[2]) if len(stack) == 3 else ("", "")
        return ProgramCall(
            node["target"].removeprefix("torch.ops."), arguments, outputs, path, kind
        )


def lengths_of(size: Any) -> int:
    """Return a length of a shape; 0 if it is left open."""
    return int(size.get("as_int", 0))


def name_of(entry: Any) -> str:
    """Return the name of a tensor among inputs or outputs; empty for anything else."""
    found = plain(entry)
    return found if isinstance(found, ProgramName) else ""


def plain(entry: Any) -> Any:
    """Return an argument: a number, a word, a name, or a list; None for what cannot be said."""
    if not isinstance(entry, dict):
        return entry
    if "name" in entry:
        return ProgramName(entry["name"])
    for kind, value in entry.items():
        if kind in ("as_tensor", "as_name", "as_sym_int", "as_sym_float", "as_sym_bool"):
            return ProgramName(value) if isinstance(value, str) else plain(value)
        if kind in ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_floats",
                    "as_bools", "as_scalar_type"):  # fmt: skip
            return value
        if isinstance(value, list):
            return [plain(item) for item in value]
    return None
