"""The NumPy reference executor: it runs a graph, and so proves what the analysis computed.

Kernels find the sizes of their outputs from the arrays alone and count the products that they
perform; nothing here reads a statically computed shape, except `verify`, to compare.
"""
