"""The log of a container, as its engine keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from juncture.host.engine import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.host.engine import Engine
    from juncture.providers.reservation import Log

__all__ = ["EngineLog", "tail"]

SHORT_LINE = 8
"""Bytes of a line that is taken for a short one: as many lines are read as would be enough, however old the log is."""

LAG = 0.05
"""Seconds in which an engine has what a container wrote, on a busy machine too."""

FRAME = 8
"""Bytes before each piece of the stream: which output it is of, and how long it is."""


@dataclass(frozen=True, slots=True)
class EngineLog:
    """The log of one container. A mark is a moment, in seconds since the epoch: the engine runs on this host."""

    engine: Engine
    container: str

    @property
    def lag(self) -> float:
        """Seconds: the engine reads what the container writes, a part after the other."""
        return LAG

    def mark(self) -> float:
        """Return now."""
        return time.time()

    def since(self, mark: float, limit: int) -> bytes:
        """Return what was written since a moment; nothing where the engine does not answer."""
        try:
            stream = self.engine.log(self.container, since=mark, last=limit // SHORT_LINE)
        except (EngineError, OSError):
            return b""
        return b"".join(_pieces(stream))[-limit:]

    def dated(self, after: str = "", last: int | None = None) -> list[tuple[str, str]]:
        """Return the lines after a moment, each with its own, in their order; ``last`` is how many of them at most.

        Moments are the engine's words, which sort as text. Nothing is returned where the engine does not answer.
        """
        try:
            stream = self.engine.log(self.container, since=_seconds(after) if after else "0", last=last, dated=True)
        except (EngineError, OSError):
            return []
        lines = b"".join(_pieces(stream)).decode(errors="replace").split("\n")
        pairs = (line.rstrip("\r").partition(" ") for line in lines if line)
        return [(moment, text) for moment, _, text in pairs if moment > after]


def tail(log: Log, lines: int = 12) -> str:
    """Return the last lines of a log, indented for a message; empty where there is none."""
    text = log.since(0, 64 * 1024).decode(errors="replace")
    return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])


def _pieces(stream: bytes) -> Iterator[bytes]:
    """Yield the pieces of both outputs in their order; a stream without frames is a terminal's, and one piece."""
    if stream[:1] not in {b"\0", b"\1", b"\2"}:
        yield stream
        return
    at = 0
    while at + FRAME <= len(stream):
        length = int.from_bytes(stream[at + 4 : at + FRAME], "big")
        yield stream[at + FRAME : at + FRAME + length]
        at += FRAME + length


def _seconds(moment: str) -> str:
    """Return a moment of the engine's in seconds since the epoch: as text, as it has more digits than a float."""
    whole, _, rest = moment.partition(".")
    seconds = int(datetime.fromisoformat(whole.removesuffix("Z")).replace(tzinfo=UTC).timestamp())
    return f"{seconds}.{rest.removesuffix('Z')}" if rest else str(seconds)
