"""What one wait saw: each change and when it came, bounded, as text for people."""

from __future__ import annotations

import linecache
from collections import deque
from pathlib import Path

__all__ = ["FIRST", "LAST", "LONGEST", "History", "shortened", "shown_error", "shown_value"]

FIRST, LAST = 4, 6
"""How many changes are kept from the beginning and from the end."""

LONGEST = 200
"""Characters of one value in the history."""

LONGEST_LAST = 2_000
"""Characters of the last value, which is shown in full otherwise."""


class History:
    """What was seen, in order; the same thing seen again and again is one entry."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._first: list[tuple[float, str]] = []
        self._last: deque[tuple[float, str]] = deque(maxlen=LAST)
        self._changes = 0
        self._newest = ""
        self._label = ""

    def note(self, seconds: float, label: str, text: str) -> None:
        """Note what was seen ``seconds`` after the beginning; ``label`` tells a value from an error."""
        if self._changes and (label, text) == (self._label, self._newest):
            return
        self._label, self._newest = label, text
        self._changes += 1
        entry = (seconds, shortened(" ".join(text.split()), LONGEST))
        self._first.append(entry) if len(self._first) < FIRST else self._last.append(entry)

    def lines(self) -> list[str]:
        """Return the last thing that was seen, and below it every change with its time."""
        head, *more = shortened(self._newest, LONGEST_LAST).splitlines() or [""]
        return [
            f"  {f'last {self._label}':<10}  {head}".rstrip(),
            *(f"{'':<14}{line}".rstrip() for line in more),
            *(f"  {'' if at else 'seen':<10}  {line}" for at, line in enumerate(self._seen())),
        ]

    def _seen(self) -> list[str]:
        if self._changes == 1:
            return ["the same each time"]
        width = len(f"{[*self._first, *self._last][-1][0]:.2f}")
        first, last = (
            [f"{seconds:{width}.2f} s  {text}" for seconds, text in part] for part in (self._first, self._last)
        )
        left_out = self._changes - len(first) - len(last)
        return [*first, *([f"... {left_out} more ..."] if left_out else []), *last]


def shown_value(value: object) -> str:
    """Return a value's ``repr``; one that fails must not hide what the wait has to tell."""
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a repr may raise anything
        return f"<a {type(value).__name__} whose repr raises {type(error).__name__}>"


def shown_error(error: BaseException) -> str:
    """Return an error's type and message; where it has none, the line of code that raised it."""
    name = type(error).__name__
    if text := str(error).strip():
        return f"{name}: {text}"
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return name
    file = trace.tb_frame.f_code.co_filename
    code = linecache.getline(file, trace.tb_lineno).strip()
    return f"{name} at {Path(file).name}:{trace.tb_lineno}{f': {code}' if code else ''}"


def shortened(text: str, longest: int) -> str:
    """Return a text, or its beginning and its end."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
