"""Settings for the whole test suite."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from cnncalc.language.document import recipe
from cnncalc.layers.window import LENGTHS

# On a busy machine threads that share small products wait for each other, twenty times too long.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Processes that tests start read compiled code, as those of users do: ten times quicker.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Two busy cores are no reason to fail; a failure prints the example and how to repeat it. The same
# few examples are tried every time, so that a change passes or fails by itself; others, and more,
# are looked for with `pytest --hypothesis-profile=explore`.
settings.register_profile(
    "explore", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "cnncalc", settings.get_profile("explore"), derandomize=True, max_examples=25
)
settings.load_profile("cnncalc")


@pytest.fixture(autouse=True)
def nothing_remembered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lay specs out anew around a test that replaces methods whose results layers remember."""
    if "monkeypatch" not in request.fixturenames:
        yield
        return
    forget()
    yield
    forget()


def forget() -> None:
    recipe.cache_clear()
    LENGTHS.clear()
