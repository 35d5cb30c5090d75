"""From a PyTorch module in memory to its program, by `torch.export`."""

from __future__ import annotations

from cnncalc.diagnostics import UsageError
from cnncalc.exchange.files import needed
from cnncalc.exchange.operations.values import ConstantArray
from cnncalc.exchange.torch.read import Program, ProgramCall, ProgramName, ProgramReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape


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
    arguments = {name: plain(value) for name, value in {**values, **node.kwargs}.items()}
    parts = {user.args[1]: user.name for user in node.users if "getitem" in str(user.target)}
    outputs = [parts.get(i, "") for i in range(max(parts) + 1)] if parts else [node.name]
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "")
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    target = str(node.target) if schema is not None else f"_operator.{node.target.__name__}"
    return ProgramCall(target, arguments, outputs, path, kind)


def plain(value: Any) -> Any:
    """Return an argument with names in the place of nodes, and lists in that of tuples."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    name = getattr(value, "name", None)
    return ProgramName(name) if hasattr(value, "op") and isinstance(name, str) else value
