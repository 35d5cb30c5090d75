"""Settings for the whole test suite."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Two busy cores are no reason to fail; a failure prints the example and how to repeat it.
settings.register_profile(
    "cnncalc", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("cnncalc")
