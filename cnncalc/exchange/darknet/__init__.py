"""Darknet's `.cfg` files."""
