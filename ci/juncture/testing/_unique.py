"""Readable ids that nothing else has: for queues, topics, buckets and whatever else is shared."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections import Counter

__all__ = ["spelled", "unique"]

LIMIT = 63
"""Characters: what a bucket and a DNS label may have, the shortest limits there are."""

HASHED = 8
"""Characters of the hash that takes the place of what is too long."""


class _Process:
    """What this process gave out already."""

    def __init__(self) -> None:
        self.renew()
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        """Take a token of one's own: a forked child would go on counting where its parent does."""
        self.token = secrets.token_hex(4)
        self._given: Counter[str] = Counter()
        self._lock = threading.Lock()  # the parent's may have been held

    def number(self, head: str) -> int:
        """Return how often ids of this beginning were asked for, in any thread."""
        with self._lock:
            self._given[head] += 1
            return self._given[head]


_PROCESS = _Process()


def unique(prefix: str = "") -> str:
    """Return an id that nothing else has, here or in another worker or run: ``refund-test-pay-gw1-5e0c7f3a-1``.

    It is made of ``prefix``, the running test, the worker, eight hexadecimal digits of this process's own and a number,
    and has lower-case letters, digits and dashes alone, 63 of them at most: it can name a queue, a topic or a bucket.
    """
    current = os.environ.get("PYTEST_CURRENT_TEST", "")
    head = _joined(prefix, name_in(current.rpartition(" (")[0]))
    return spelled(head, os.environ.get("PYTEST_XDIST_WORKER", "main"), _PROCESS.token, _PROCESS.number(head))


def spelled(head: str, worker: str, token: str, number: int) -> str:
    """Return the id of these parts; what is too long in ``head`` gives way to a hash of it."""
    tail = _joined(worker, token, str(number))
    room = LIMIT - len(tail) - 1
    if len(head) > room:
        digest = hashlib.sha256(head.encode()).hexdigest()[:HASHED]
        head = _joined(head[: room - HASHED - 1], digest)
    return _joined(head, tail)


def name_in(nodeid: str) -> str:
    """Return the last part of a node id with its parameters, which may hold ``::`` themselves."""
    path, bracket, parameters = nodeid.partition("[")
    return path.rpartition("::")[2] + bracket + parameters


def _joined(*parts: str) -> str:
    slugs = (re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts)
    return "-".join(filter(None, slugs))
