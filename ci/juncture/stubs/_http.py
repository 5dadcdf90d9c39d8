"""Stubs of a real HTTP server on loopback, in a thread of the test's own process: no program and no container."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from juncture.stubs._stubbing import UNSET, Answer, Pattern, Received, listed, verified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.stubs._server import Listener

__all__ = ["HttpStub", "HttpStubs"]

NOTHING = Answer(404, {"Content-Type": "text/plain; charset=utf-8"}, b"no stub answers this request")


class HttpStub:
    """One stub, and what it received."""

    def __init__(self, stubs: HttpStubs, pattern: Pattern, answer: Answer) -> None:
        """Answer requests that fit a pattern."""
        self.pattern = pattern
        self.answer = answer
        self.received: list[Received] = []
        self._stubs = stubs

    def verify(self, times: int | None = None) -> None:
        """Raise `AssertionError` where it was not asked that many times; by default, not once."""
        verified(self.pattern, times, self.received, self._stubs.unmatched)

    def remove(self) -> None:
        """Take the stub away before the test's end."""
        self._stubs._remove(self)  # noqa: SLF001 - of this module


class HttpStubs:
    """A server on 127.0.0.1 that answers what is stubbed, and 404 to everything else; a context manager that ends it.

    ``received`` are all requests in their order, ``unmatched`` those that no stub answered.
    """

    def __init__(self) -> None:
        """Begin with nothing; the server starts with ``with``."""
        self.received: list[Received] = []
        self.unmatched: list[Received] = []
        self._stubs: list[HttpStub] = []
        self._lock = threading.Lock()
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        """Start the server."""
        from juncture.stubs._server import Listener  # noqa: PLC0415 - 20 ms, for tests that use it

        self._listener = Listener(self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        """End the server, and every connection to it."""
        listener, self._listener = self._listener, None
        if listener:
            listener.close()

    @property
    def port(self) -> int:
        """Where the server listens. Raise ``RuntimeError`` where it does not run."""
        if self._listener is None:
            raise RuntimeError("the server of these stubs does not run: use it with `with`")
        return self._listener.port

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def stub(  # noqa: PLR0913 - what is asked, and what is answered
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        json: Any = UNSET,
        text: str = "",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> HttpStub:
        """Answer requests of a method (or ``ANY``) and a path; a later stub goes before an earlier one.

        ``query`` names parameters that a request must have, among others.
        """
        made = HttpStub(self, Pattern.of(method, path, query), Answer.of(status, json, text, headers))
        with self._lock:
            self._stubs.insert(0, made)
        return made

    def report(self) -> str:
        """Return what came that no stub answers; empty where nothing did."""
        return "\n".join(listed(self.unmatched, "matched by no stub"))

    def _answer(self, request: Received) -> Answer:
        with self._lock:
            self.received.append(request)
            found = next((stub for stub in self._stubs if stub.pattern.fits(request)), None)
            (found.received if found else self.unmatched).append(request)
        return found.answer if found else NOTHING

    def _remove(self, stub: HttpStub) -> None:
        with self._lock:
            self._stubs = [each for each in self._stubs if each is not stub]
