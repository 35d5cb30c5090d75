"""Run as `python -m cnncalc`, or through the `cnncalc` script."""

from __future__ import annotations

from cnncalc.cli import main

if __name__ == "__main__":
    main()
