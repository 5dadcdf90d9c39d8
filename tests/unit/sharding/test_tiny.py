"""Whether a selection is worth a second worker."""

from __future__ import annotations

import pytest

from juncture.sharding.history import NO_HISTORY, history_of_seconds
from juncture.sharding.tiny import is_tiny

HISTORY = history_of_seconds(
    {"tests/test_a.py::test_1": 0.1, "tests/test_a.py::test_2[x]": 0.2, "tests/test_b.py::TestOne::test_3": 0.3}
)


@pytest.mark.parametrize(
    ("arguments", "tiny"),
    [
        (["tests/test_a.py"], True),
        (["tests/test_a.py::test_2"], True),
        (["tests/test_a.py::test_1", "tests/test_b.py::TestOne"], True),
        (["tests"], False),
        (["."], False),
        (["tests/test_a.py", "tests/test_b.py"], False),
        (["tests/test_c.py"], False),
        (["tests/test_a.py", "tests/test_c.py"], False),
        (["tests/test"], False),
    ],
)
def test_less_than_a_worker_costs_is_tiny(arguments: list[str], tiny: bool) -> None:  # noqa: FBT001 - a parameter
    """All that is known below the arguments counts, and where nothing is known there is no answer but no."""
    assert is_tiny(arguments, HISTORY) is tiny


def test_nothing_is_known_of_a_first_run() -> None:
    """Without times nothing is tiny."""
    assert not is_tiny(["."], NO_HISTORY)
