"""Receptive fields as tables, lessons, pictures and JSON."""
