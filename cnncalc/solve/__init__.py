"""Inverse questions: which sizes, paddings, widths and depths give what is wanted.

Each solver returns an `Answer` that says how it was found: by interval reasoning, which is
complete, or by search over a stated range, which is complete within it.
"""

from __future__ import annotations
