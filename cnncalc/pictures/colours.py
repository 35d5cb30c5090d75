"""Numbers as colours: signed ones in blue and red with white for zero, others in greys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.teaching.maps import Panel

#: The ends of the signed scale: dark enough that they stay apart in greys and for all eyes.
BLUE, WHITE, RED = (33, 90, 160), (255, 255, 255), (178, 32, 38)


def pixels(panel: Panel) -> Any:
    """Return a panel as red, green and blue from 0 to 255 (height, width, 3)."""
    return coloured(panel.numbers, panel.limit, panel.signed)


def coloured(numbers: Any, limit: float, signed: bool) -> Any:
    """Return numbers as colours on a scale up to `limit`; what is not a number is grey."""
    import numpy as np

    share = np.nan_to_num(numbers / limit, nan=0.0, posinf=1.0, neginf=-1.0)
    if not signed:
        level = np.clip(share, 0, 1)[..., None] * np.full(3, 255.0)
        return np.rint(level).astype(np.uint8)
    share = np.clip(share, -1, 1)[..., None]
    white = np.array(WHITE, float)
    end = np.where(share < 0, np.array(BLUE, float), np.array(RED, float))
    return np.rint(white + (end - white) * abs(share)).astype(np.uint8)


def ramp(panel: Panel) -> Any:
    """Return the scale of a panel as one row of colours, from its lowest number to its highest."""
    import numpy as np

    low = -panel.limit if panel.signed else 0.0
    return coloured(np.linspace(low, panel.limit, 64)[None], panel.limit, panel.signed)


def enlarged(colours: Any, size: int) -> Any:
    """Return an image with its pixels repeated until its longer side has at least this size."""
    times = max(1, -(-size // max(colours.shape[:2])))
    return colours.repeat(times, axis=0).repeat(times, axis=1)
