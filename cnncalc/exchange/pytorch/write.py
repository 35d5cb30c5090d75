"""From a graph to PyTorch source: classes for blocks, loops for repeats, and the weights' names."""

from __future__ import annotations

from cnncalc.exchange.pytorch import activations, layers, moves, pools, recurrent, windows
from cnncalc.exchange.pytorch.classes import ClassText
from cnncalc.exchange.pytorch.helpers import HELPERS
from cnncalc.exchange.source.naming import network_title
from cnncalc.exchange.source.text import literal
from cnncalc.exchange.source.writer import SourceWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph

LOADER = '''

def load_npz(model, path):
    """Load an .npz file of weights of cnncalc, which names arrays by the path of their layer."""
    import numpy

    arrays = numpy.load(path)
    with torch.no_grad():
        for name, tensor in named_tensors(model):
            tensor.copy_(torch.from_numpy(arrays[name]).reshape(tensor.shape))


def named_tensors(module, scope=""):
    """Yield every weight and running statistic with its name in such a file."""
    for attribute, child in module.named_children():
        name = scope + NAMES[type(module)].get(attribute, attribute)
        if isinstance(child, nn.Sequential):
            stem, _, first = name.rpartition("_")
            for number, part in enumerate(child, int(first)):
                yield from named_tensors(part, f"{stem}_{number}/")
        elif type(child) in NAMES:
            yield from named_tensors(child, f"{name}/")
        else:
            for key, tensor in child.state_dict().items():
                if key != "num_batches_tracked":
                    yield f"{name}.{key}", tensor
'''


RENAMED = '''

def file_name(name):
    """Return the name that an array has in the files of the model that was read."""
    layer, _, array = name.rpartition(".")
    return f"{FILE_NAMES.get(layer, layer)}.{array}"
'''


def source(graph: Graph, file_names: dict[str, str] | None = None) -> str:
    """Return a network as PyTorch source.

    `file_names` maps the paths of layers to the names that they have in files of weights, where
    these are others. Raises `SpecError` for a layer that PyTorch cannot say.
    """
    return PytorchWriter(graph, file_names or {}).text()


class PytorchWriter(SourceWriter):
    """Writes the classes of a graph one after the other."""

    target = "PyTorch"
    defaults = {"stride": 1, "padding": 0, "dilation": 1}
    rules = {
        **windows.RULES,
        **pools.RULES,
        **layers.RULES,
        **moves.RULES,
        **activations.RULES,
        **recurrent.RULES,
    }
    helpers = HELPERS

    def text(self) -> str:
        """Return the file."""
        classes = [ClassText(self, blueprint) for blueprint in self.blueprints]
        body = [HELPERS[name].strip("\n") + "\n" for name in self.needed]
        body += ["\n".join(written.lines()) + "\n" for written in classes]
        code = "\n\n".join(body)
        imports = ["import torch"]
        if "F." in code:
            imports.append("import torch.nn.functional as F")
        imports.append("from torch import nn")
        head = f'"""{network_title(self.graph)} in PyTorch."""\n\n'
        loader = LOADER
        if self.file_names:
            loader = LOADER.replace("arrays[name]", "arrays[file_name(name)]") + RENAMED
        names = "\n".join([*self.weight_names(classes), *self.file_names_table()]) + "\n"
        return head + "\n".join(imports) + "\n\n\n" + code + "\n\n" + names + loader

    def weight_names(self, classes: list[ClassText]) -> list[str]:
        """Return the table of what parts are called in files of weights, for every class."""
        lines = ["# What the parts of each class are called in files of weights, if otherwise."]
        lines.append("NAMES = {")
        for written in classes:
            blueprint = written.blueprint
            steps = {name: blueprint.steps[index] for index, name in written.attributes.items()}
            entries = {
                name: step.item.path
                for name, step in steps.items()
                if self.is_weighted(step) and step.item.path != name
            }
            name = self.names[id(blueprint)]
            if not entries:
                lines.append(f"    {name}: {{}},")
                continue
            lines.append(f"    {name}: {{")
            lines += [f"        {literal(k)}: {literal(v)}," for k, v in entries.items()]
            lines.append("    },")
        return [*lines, "}"]
