"""What goes into a journal is bounded."""

from __future__ import annotations

from juncture.pytesting.recorder import bounded


def test_short_text_stays() -> None:
    """A text within the limit is kept as it is."""
    assert bounded("abc", 3) == "abc"


def test_long_text_keeps_both_ends() -> None:
    """Of a long text the beginning and the end are kept, and the gap is told."""
    assert bounded("a" * 50 + "b" * 50, 20) == f"{'a' * 10}\n... 80 characters left out ...\n{'b' * 10}"
