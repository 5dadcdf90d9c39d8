"""Answers kept in Redis until what they tell has changed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

SECONDS = 300


def connect(url: str) -> Redis:
    """Return a client of the server at *url*; it connects at its first command."""
    from redis import Redis  # noqa: PLC0415 - as heavy as a framework, and only the cache needs it

    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def answer_key(prefix: str, topic: str, generation: int, question: str) -> str:
    """Name the answer to *question*; its length does not grow with the question's."""
    return f"{prefix}:{topic}:{generation}:{sha256(question.encode()).hexdigest()[:32]}"


def generation_key(prefix: str, topic: str) -> str:
    """Name the counter that is part of the key of every answer about *topic*."""
    return f"{prefix}:{topic}:generation"


class Cache:
    """Keep answers by topic.

    ``invalidate`` moves a topic on to its next generation: one command, however many answers there are. An answer
    that was being computed meanwhile is kept under the generation it was computed for, and so is never served late.
    """

    def __init__(self, server: Redis, *, prefix: str = "shop", seconds: int = SECONDS) -> None:
        """Share *server* with others: every key starts with *prefix* and expires after *seconds*."""
        self._server = server
        self._prefix = prefix
        self._seconds = seconds

    def answer(self, topic: str, question: str, compute: Callable[[], bytes]) -> tuple[bytes, bool]:
        """Return the answer, and whether it was kept already; if not, compute it and keep it."""
        generation = int(self._server.get(generation_key(self._prefix, topic)) or 0)
        key = answer_key(self._prefix, topic, generation, question)
        kept = self._server.get(key)
        if isinstance(kept, bytes):
            return kept, True
        answer = compute()
        self._server.set(key, answer, ex=self._seconds)
        return answer, False

    def invalidate(self, topic: str) -> None:
        """Forget every answer about *topic*; call it once the change is committed."""
        self._server.incr(generation_key(self._prefix, topic))
