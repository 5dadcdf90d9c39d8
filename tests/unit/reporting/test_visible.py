"""Tests of ``juncture.reporting.visible``."""

from __future__ import annotations

import pytest

from juncture.reporting.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x00b\x1b]0;title\x07", "a␀b␛]0;title␇"),
        ("one\r\ntwo\r", "one\ntwo␍"),
        ("ab\u202edcba\u2066", "ab\\u202edcba\\u2066"),
        ("\ud800 \ufffe \U0001ffff \x85", "\\ud800 \\ufffe \\U0001ffff \\u0085"),
        ("👩‍🚀 עברית é \t", "👩‍🚀 עברית é \t"),
    ],
)
def test_what_nobody_would_see_is_written_out(text: str, shown: str) -> None:
    """Controls, bidirectional ones too, are shown; colours go; emoji and scripts stay as they are."""
    assert visible(text) == shown
