"""Caffe's `.prototxt` files."""
