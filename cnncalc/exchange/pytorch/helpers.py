"""Definitions that stand in a generated PyTorch file where PyTorch has no such layer."""

from __future__ import annotations

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
