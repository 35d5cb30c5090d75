"""Definitions that stand in a generated Keras file where Keras has no such layer."""

from __future__ import annotations

HELPERS = {
    "mean_pool": '''
def mean_pool(x, pool_size, strides, pad, counted):
    """Average pooling over whatever each window holds of the map and the `counted` padding."""
    ones = ops.pad(ops.ones((1, *x.shape[1:-1], 1)), counted, constant_values=1.0)
    rest = [(b - d, a - c) for (b, a), (d, c) in zip(pad, counted)]
    part = ops.average_pool(ops.pad(ones, rest), pool_size, strides)
    total = ops.average_pool(ops.pad(x, pad), pool_size, strides)
    return total / ops.maximum(part, 1e-9)
''',
    "local_response_norm": '''
def local_response_norm(x, size, alpha, beta, k):
    """Each element divided by the energy of `size` neighbouring channels."""
    channels = x.shape[-1]
    around = [(0, 0)] * (len(x.shape) - 1) + [(size // 2, size - 1 - size // 2)]
    squares = ops.pad(ops.square(x), around)
    energy = sum(squares[..., i : i + channels] for i in range(size))
    return x / ops.power(k + alpha / size * energy, beta)
''',
    "Scale": '''
class Scale(layers.Layer):
    """Multiplies by learned factors, and adds learned numbers; None leaves one of them out."""

    def __init__(self, shape, factor=1.0, shift=None, **options):
        super().__init__(**options)
        self.factor = self.shift = None
        if factor is not None:
            start = keras.initializers.Constant(factor)
            self.factor = self.add_weight(shape=shape, initializer=start, name="weight")
        if shift is not None:
            start = keras.initializers.Constant(shift)
            self.shift = self.add_weight(shape=shape, initializer=start, name="bias")

    def call(self, x):
        if self.factor is not None:
            x = x * self.factor
        return x if self.shift is None else x + self.shift
''',
}
LOADER = '''

ARRAYS = {
    "kernel": "weight",
    "gamma": "weight",
    "alpha": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def load_weights_npz(model, path):
    """Load an .npz file of weights of cnncalc, which has PyTorch's shapes."""
    import numpy

    arrays = numpy.load(path)
    names = {}
    for name in arrays.files:
        owner, _, kind = name.rpartition(".")
        names[f"{owner.replace('/', '_').replace('.', '_')}.{kind}"] = name
    for layer in model.layers:
        for variable in layer.weights:
            kind = ARRAYS.get(variable.name, variable.name)
            array = arrays[names[f"{layer.name}.{kind}"]]
            if kind == "weight" and type(layer).__name__.startswith(("Conv", "Dense")):
                array = array.transpose(*range(2, array.ndim), 1, 0)
            elif array.ndim > 1:
                array = numpy.moveaxis(array, 0, -1)
            variable.assign(array.reshape(variable.shape))
'''
