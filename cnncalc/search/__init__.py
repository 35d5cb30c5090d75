"""Many networks at once: every point of a grid of parameters."""
