"""Where numbers come from and what they would have to be: explain, solve, compare."""

from __future__ import annotations
