"""cnncalc: shapes, parameters, operations and receptive fields of CNNs, without a framework."""

from __future__ import annotations

__version__ = "0.1.0"
