"""Run as `python -m cnncalc`, or through the `cnncalc` script."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # `signal` itself takes time to load
import gc
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def leave(*_signal_and_frame: object) -> NoReturn:
    """Leave at once: what an interruption does while there is nothing to clean up yet."""
    try:
        os.write(2, b"interrupted\n")
    finally:
        os._exit(130)


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(50_000)  # what imports and a summary make is small, and no cyclic garbage
    # Imports come first, and take a good part of the time in which one changes one's mind. Where
    # interruptions are ignored, as those of jobs in the background are, they stay so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, leave)
    from cnncalc.cli import main as run

    run()


if __name__ == "__main__":
    main()
