"""Why a file is not merged."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818 - what is wrong is the file, and the merge goes on
    """Say what is wrong with a file, and where in it: line and column count from 1; 0 where there is no such place."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        """Keep the parts; which file it is, the caller knows."""
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__(reason, line, column)
