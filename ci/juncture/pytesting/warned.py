"""The warnings of one process: all are counted, and each text is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable

__all__ = ["LONGEST", "MOST", "Warned"]

MOST = 100
"""Different texts that are told; the others are counted."""

LONGEST = 1000
"""Characters of one text that are told."""


class Warned:
    """Counts warnings; ``count`` is the number of all."""

    def __init__(self, note: Callable[[str, str], None], masked: Callable[[str], str]) -> None:
        """Tell ``note`` of each text, and of the node id of the first test that had it, empty where it was none.

        A text is ``masked`` before it is cut: half of a secret is one too.
        """
        self.count = 0
        self._note = note
        self._masked = masked
        self._told: set[str] = set()

    def add(self, message: warnings.WarningMessage, nodeid: str) -> None:
        """Count one warning. Its text is that of pytest's summary: file, line, category, message."""
        self.count += 1
        if len(self._told) == MOST:
            return
        text = f"{message.filename}:{message.lineno}: {message.category.__name__}: {message.message}"
        if text not in self._told:
            self._told.add(text)
            self._note(self._masked(text)[:LONGEST], nodeid)
