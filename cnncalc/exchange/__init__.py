"""Other formats of networks: readers make a `Graph`, writers take one, `respec` prints a spec."""
