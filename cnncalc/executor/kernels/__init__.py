"""The layers' arithmetic in NumPy.

Arrays are channels-last inside: `(batch, *spatial, channels)` or `(batch, features)`,
C-contiguous. Weights come in PyTorch's shapes. A kernel is given arrays and the geometry *as the
layer states it* (kernel, stride, padding or `same`, rounding, ...) and finds out by itself, from
the arrays, how long its output is; the static rules of `cnncalc.geometry` are neither imported
nor consulted, so that comparing the two says something.
"""
