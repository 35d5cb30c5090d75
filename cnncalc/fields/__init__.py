"""Receptive fields: which input pixels a unit of a network depends on.

`forward` carries one field per node through the graph and is cheap; `backward` follows the exact
set of units that a unit reads, node by node, down to the input. The two are derived apart and
must agree. `result` joins both into the values that `cnncalc.receptive_field` returns.
"""
