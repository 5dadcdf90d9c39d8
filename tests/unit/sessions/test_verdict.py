"""One line for what became of a session."""

from __future__ import annotations

import pytest

from juncture.sessions._verdict import verdict


@pytest.mark.parametrize(
    ("code", "merged", "folders", "line"),
    [
        (1, 0, ["tests/unit"], "tests failed"),
        (1, 20, ["tests/unit"], "tests failed"),
        (0, 1, ["tests/unit"], "tests failed"),
        (0, 20, ["tests/unit"], "the tests passed, but the merge did not; the merge's message is above (exit code 20)"),
        (None, 20, [], "the result is not good; the merge's message is above (exit code 20)"),
        (None, 1, [], "tests failed"),
        (5, 0, ["a", "b"], "no test was selected in a, b"),
        (5, 0, [], "no test was selected"),
        (-9, 0, [], "pytest was killed by SIGKILL"),
        (77, 0, [], "pytest ended with exit code 77"),
    ],
)
def test_line(code: int | None, merged: int, folders: list[str], line: str) -> None:
    """Pytest's word comes first; the merge's counts where pytest found nothing wrong."""
    assert verdict(code, merged, folders) == line
