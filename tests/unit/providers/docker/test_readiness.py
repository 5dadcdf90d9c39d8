"""Tests of ``juncture.providers.docker.readiness`` that need no engine."""

from __future__ import annotations

import pytest

from juncture.config import Ready
from juncture.providers.docker.readiness import SHELL, moment, told


@pytest.mark.parametrize(
    ("ready", "text"),
    [
        (Ready("http", "/up", 80), "an answer below 500 to GET /up on port 80"),
        (Ready("tcp", "", 25), "a connection on port 25"),
        (Ready("tcp"), "a connection on each of its ports"),
        (Ready("log", "ready"), "a line of its log with 'ready'"),
        (Ready("command", "pg_isready -q"), "'pg_isready -q' to succeed in it"),
    ],
)
def test_what_is_waited_for_is_told(ready: Ready, text: str) -> None:
    """People see what the sign is in a few words."""
    assert told(ready) == text


def test_moments_of_engines_are_read() -> None:
    """Engines write nanoseconds, in UTC or with an offset; what is no moment is the beginning of all times."""
    assert moment("2026-11-22T01:00:00.123456789Z") == pytest.approx(1795309200.123456)
    assert moment("2026-11-22T02:00:00+01:00") == moment("2026-11-22T01:00:00Z")
    assert moment("") == moment("soon") == 0.0


def test_a_shell_is_only_for_what_needs_one() -> None:
    """Many small images have none."""
    assert not any(SHELL.search(text) for text in ("pg_isready -q", "curl http://x/a-b_c.d", "test -e /tmp/x"))
    assert all(SHELL.search(text) for text in ("a && b", "a | b", "test $X", "a > /dev/null", "ls *.x", "a; b"))
