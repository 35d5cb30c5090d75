"""From a graph to PyTorch source: classes for blocks, loops for repeats, and the weights' names."""

from __future__ import annotations

from cnncalc.exchange.source.naming import network_title
from cnncalc.exchange.source.text import literal
from cnncalc.exchange.source.writer import SourceWriter
from cnncalc.exchange.torch import write_layers, write_pools, write_weightless, write_windows
from cnncalc.exchange.torch.write_classes import ClassText

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph

HELPERS = {
    "last_states": '''
def last_states(states, directions):
    """The state after the last column that each direction reads, as a sequence of one."""
    forward, *backward = states.chunk(directions, dim=2)
    ends = [forward[:, -1:], *[part[:, :1] for part in backward]]
    return torch.cat(ends, dim=2).transpose(1, 2)
''',
    "norm_without": '''
def norm_without(kind, part, *arguments, **options):
    """A batch norm that learns no scale (`weight`), or no shift (`bias`)."""
    norm = kind(*arguments, **options)
    norm.register_parameter(part, None)
    return norm
''',
    "window_mean": '''
def window_mean(x, kernel_size, stride, dilation, pad, counted):
    """Average pooling over whatever each window holds of the map and the `counted` padding."""
    conv = (F.conv1d, F.conv2d, F.conv3d)[len(kernel_size) - 1]
    channels = x.shape[1]
    window = x.new_ones(channels, 1, *kernel_size)
    total = conv(F.pad(x, pad), window, None, stride, 0, dilation, channels)
    ones = F.pad(torch.ones_like(x[:1, :1]), counted, value=1.0)
    rest = tuple(whole - part for whole, part in zip(pad, counted))
    count = conv(F.pad(ones, rest), window[:1], None, stride, 0, dilation)
    return total / count.clamp(min=1.0)
''',
    "Scale": '''
class Scale(nn.Module):
    """Multiplies by learned factors, and adds learned numbers; None leaves one of them out."""

    def __init__(self, shape, factor=1.0, shift=None):
        super().__init__()
        self.weight = self.bias = None
        if factor is not None:
            self.weight = nn.Parameter(torch.full(shape, factor))
        if shift is not None:
            self.bias = nn.Parameter(torch.full(shape, shift))

    def forward(self, x):
        if self.weight is not None:
            x = x * self.weight
        return x if self.bias is None else x + self.bias
''',
    "ChannelNorm": '''
class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of every position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "StochasticDepth": '''
class StochasticDepth(nn.Module):
    """Drops the whole of a sample at random while training."""

    def __init__(self, drop_rate):
        super().__init__()
        self.drop_rate = drop_rate

    def forward(self, x):
        if not self.training or self.drop_rate == 0:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.dim() - 1), device=x.device)
        return x * (kept >= self.drop_rate) / (1 - self.drop_rate)
''',
    "Subsample": '''
class Subsample(nn.Module):
    """LeNet's subsampling: the sum of a window times one coefficient, plus one bias."""

    def __init__(self, channels, kernel_size, stride):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.kernel_size = kernel_size
        self.stride = stride

    def forward(self, x):
        conv = (F.conv1d, F.conv2d, F.conv3d)[len(self.kernel_size) - 1]
        channels = len(self.weight)
        ones = (1,) * len(self.kernel_size)
        window = self.weight.reshape(-1, 1, *ones).expand(-1, 1, *self.kernel_size)
        return conv(x, window, self.bias, self.stride, groups=channels)
''',
    "RBF": '''
class RBF(nn.Module):
    """LeNet's output: the squared distance to the fixed code of each class."""

    def __init__(self, in_features, features):
        super().__init__()
        self.register_buffer("codes", torch.ones(features, in_features))

    def forward(self, x):
        return (x[:, None] - self.codes).square().sum(2)
''',
    "TableConv": '''
class TableConv(nn.Module):
    """A convolution whose filter i reads the input channels `table[i]` only."""

    def __init__(self, channels, table, kernel_size, stride=1, dilation=1, bias=True):
        super().__init__()
        self.filters = [i for i, row in enumerate(table) for _ in row]
        self.reads = [channel for row in table for channel in row]
        self.shape = (len(table), channels, *kernel_size)
        self.stride = stride
        self.dilation = dilation
        self.weight = nn.Parameter(torch.randn(len(self.reads), *kernel_size) * 0.1)
        self.bias = nn.Parameter(torch.zeros(len(table))) if bias else None

    def forward(self, x):
        conv = (F.conv1d, F.conv2d, F.conv3d)[len(self.shape) - 3]
        weight = x.new_zeros(self.shape)
        weight[self.filters, self.reads] = self.weight
        return conv(x, weight, self.bias, self.stride, dilation=self.dilation)
''',
    "LocallyConnected": '''
class LocallyConnected(nn.Module):
    """A convolution whose filters differ from position to position."""

    def __init__(
        self, in_channels, channels, positions, kernel_size, stride, dilation, bias=True
    ):
        super().__init__()
        shape = (*positions, channels, in_channels, *kernel_size)
        self.weight = nn.Parameter(torch.randn(shape) * 0.1)
        self.bias = nn.Parameter(torch.zeros(channels, *positions)) if bias else None
        self.positions = positions
        self.windows = list(zip(kernel_size, stride, dilation))

    def forward(self, x):
        rank = len(self.positions)
        for axis, (kernel, stride, dilation) in enumerate(self.windows, 2):
            x = x.unfold(axis, dilation * (kernel - 1) + 1, stride)[..., ::dilation]
        x = x.permute(0, *range(2, 2 + rank), 1, *range(2 + rank, 2 + 2 * rank))
        x = x.flatten(1 + rank)[..., None, :]
        x = (x * self.weight.flatten(1 + rank)).sum(-1).movedim(-1, 1)
        return x if self.bias is None else x + self.bias
''',
}


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
        **write_windows.RULES,
        **write_pools.RULES,
        **write_layers.RULES,
        **write_weightless.RULES,
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
