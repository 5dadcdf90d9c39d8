"""One calm line for what became of a session."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FAILED", "NO_TESTS", "USAGE_ERROR", "verdict"]

FAILED = 1
USAGE_ERROR = 4
NO_TESTS = 5

MEANINGS = {
    FAILED: "tests failed",
    2: "pytest stopped before the end",
    3: "pytest itself failed; its traceback is above",
    USAGE_ERROR: "pytest could not start; its message is above",
}
"""What pytest's exit codes mean."""


def verdict(code: int | None, merged: int, folders: Sequence[str]) -> str:
    """Say why a session failed, from pytest's exit code and the merge's, not both of them 0.

    ``code`` is None where there were several runs of pytest, or none here. A negative code is a signal's
    number, as `subprocess` has it. ``folders`` are where pytest looked for tests; empty where the user named them.
    """
    if code == NO_TESTS:
        return f"no test was selected in {', '.join(folders)}" if folders else "no test was selected"
    if code and code < 0:
        return f"pytest was killed by {signal.Signals(-code).name}"
    if code:
        return MEANINGS.get(code, f"pytest ended with exit code {code}")
    if merged == FAILED:
        return MEANINGS[FAILED]
    who = "the result is not good" if code is None else "the tests passed, but the merge did not"
    return f"{who}; the merge's message is above (exit code {merged})"
