"""Keras models: the description in a `.keras` archive, a JSON text or an HDF5 file."""
