"""Programs of `torch.export`: from a module in memory, and from files that `torch.export` saves.

Such a file is a zip archive with the program as JSON. Only the JSON is read, and arrays that are
stored as plain numbers; PyTorch is not needed then, and what is pickled is never opened.
"""

from __future__ import annotations

import json
import os

from cnncalc.diagnostics import UsageError
from cnncalc.exchange.files import Archive, error_in, needed
from cnncalc.exchange.operations.values import ConstantArray
from cnncalc.exchange.torch.read import Program, ProgramCall, ProgramName, ProgramReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.operations.values import Array
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

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
        arguments = {entry["name"]: saved_value(entry["arg"]) for entry in node["inputs"]}
        outputs: list[str] = []
        for entry in node["outputs"]:
            found = saved_value(entry)
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
    found = saved_value(entry)
    return found if isinstance(found, ProgramName) else ""


def saved_value(entry: Any) -> Any:
    """Return an argument: a number, a word, a name, or a list; None for what cannot be said."""
    if not isinstance(entry, dict):
        return entry
    if "name" in entry:
        return ProgramName(entry["name"])
    for kind, value in entry.items():
        if kind in ("as_tensor", "as_name", "as_sym_int", "as_sym_float", "as_sym_bool"):
            return ProgramName(value) if isinstance(value, str) else saved_value(value)
        if kind in ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_floats",
                    "as_bools", "as_scalar_type"):  # fmt: skip
            return value
        if isinstance(value, list):
            return [saved_value(item) for item in value]
    return None


def from_module(module: Any, shapes: Sequence[Shape], strict: bool = False) -> Graph:
    """Return the graph of a module in eval mode, for inputs of some shapes, without the batch.

    The module is left as it was. Raises `UsageError` where `torch` is missing, or where
    `torch.export` cannot follow the module.
    """
    torch = needed("torch", "reading PyTorch modules")
    parameter = next(iter(module.parameters()), None)
    device, kind = (parameter.device, parameter.dtype) if parameter is not None else (None, None)
    examples = tuple([torch.zeros((1, *shape), device=device, dtype=kind) for shape in shapes])
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        exported = torch.export.export(module, examples)
    except Exception as error:  # whatever the module's own code, or the export, may raise
        lines = [line for line in str(error).split("\n") if line.strip()]
        text = lines[0][:200] if lines else type(error).__name__
        raise UsageError(
            f"torch.export cannot follow {type(module).__name__}: {text}",
            "give the shapes that it takes, without the batch; what depends on the numbers"
            " themselves cannot be exported",
        ) from None
    finally:
        for part, training in modes:
            part.training = training
    return ProgramReader(program_of(exported, type(module).__name__), strict).graph(lambda _: {})


def program_of(exported: Any, name: str) -> Program:
    """Return an exported program as plain values."""
    from torch.export.graph_signature import InputKind

    arrays: dict[str, ConstantArray] = {}
    inputs: list[str] = []
    stored = {**exported.state_dict, **exported.constants}
    seen: dict[Any, ConstantArray] = {}
    for entry in exported.graph_signature.input_specs:
        if entry.kind == InputKind.USER_INPUT:
            inputs.append(entry.arg.name)
        elif entry.target in stored:
            tensor = stored[entry.target]
            is_learned = entry.kind == InputKind.PARAMETER
            found = array_of(entry.target, tensor, is_learned)
            found.frozen = not tensor.requires_grad
            key = (tensor.data_ptr(), found.shape) if is_learned and found.count else entry.target
            arrays[entry.arg.name] = seen.setdefault(key, found)
    calls, shapes = [], {}
    for node in exported.graph.nodes:
        shape = getattr(node.meta.get("val"), "shape", None)
        if shape is not None:
            shapes[node.name] = [n if type(n) is int else 0 for n in shape]
        if node.op == "call_function" and "getitem" not in str(node.target):
            calls.append(call_of(node))
    outputs = [spec.arg.name for spec in exported.graph_signature.output_specs
               if spec.kind.name == "USER_OUTPUT" and hasattr(spec.arg, "name")]  # fmt: skip
    return Program(name, inputs, arrays, calls, outputs, shapes)


def array_of(name: str, tensor: Any, learned: bool) -> ConstantArray:
    """Return a tensor of the module as a constant; its numbers are copied when asked for."""
    return ConstantArray(
        name, tuple(tensor.shape), lambda: tensor.detach().cpu().numpy(), learned, learned
    )


def call_of(node: Any) -> ProgramCall:
    """Return a node of the exported graph as a call."""
    schema = getattr(node.target, "_schema", None)
    names = [argument.name for argument in schema.arguments] if schema is not None else []
    values = {
        names[place] if place < len(names) else str(place): value
        for place, value in enumerate(node.args)
    }
    arguments = {name: live_value(value) for name, value in {**values, **node.kwargs}.items()}
    parts = {user.args[1]: user.name for user in node.users if "getitem" in str(user.target)}
    outputs = [parts.get(i, "") for i in range(max(parts) + 1)] if parts else [node.name]
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "")
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    target = str(node.target) if schema is not None else f"_operator.{node.target.__name__}"
    return ProgramCall(target, arguments, outputs, path, kind)


def live_value(value: Any) -> Any:
    """Return an argument with names in the place of nodes, and lists in that of tuples."""
    if isinstance(value, list | tuple):
        return [live_value(item) for item in value]
    name = getattr(value, "name", None)
    return ProgramName(name) if hasattr(value, "op") and isinstance(name, str) else value
