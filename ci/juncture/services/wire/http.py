"""One HTTP connection that is kept open, with JSON or bytes in and out: for services whose interface is HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, Self

from juncture.services.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Answer", "HttpClient", "HttpError"]

SHOWN = 200
"""Characters of an answer that a message repeats."""

LARGEST = 64 * 1024**2
"""Bytes of a body; what sends more answers another question than ours."""

NOT_FOUND = 404


class HttpError(WireError):
    """The server refused a request; ``status`` is its code."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status beside the message."""
        self.status = status
        super().__init__(message)


class Answer:
    """What came back: a status, headers and a body."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the three."""
        self.status, self.headers, self.body = status, headers, body

    def json(self) -> Any:
        """Return the value in the body. Raise `HttpError` where there is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise HttpError(self.status, f"no JSON came back but {self.body[:40]!r}") from None


class HttpClient:
    """One connection; use it as a context manager. ``timeout`` is the longest silence in seconds.

    ``sign`` returns the headers that prove who asks, from method, path and body; a user and a password are Basic
    authentication instead.
    """

    def __init__(  # noqa: PLR0913 - a connection has this many parts, in every library
        self,
        host: str,
        port: int,
        *,
        user: str = "",
        password: str = "",
        sign: Callable[[str, str, bytes], Mapping[str, str]] | None = None,
        timeout: float = 5.0,
    ) -> None:
        """Connect at the first request."""
        self._connection = HTTPConnection(host, port, timeout=timeout)
        basic = b64encode(f"{user}:{password}".encode()).decode()
        known = {"Authorization": f"Basic {basic}"} if user else {}
        self._sign = sign or (lambda *_: known)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def request(
        self, method: str, path: str, sent: bytes = b"", *, headers: Mapping[str, str] | None = None, ok: str = "2"
    ) -> Answer:
        """Return the answer to a request. ``path`` is encoded, and has the query in it.

        Raise `HttpError` where the first digit of its status is not in ``ok`` or its body has no end, ``OSError`` where
        nothing, or no HTTP, comes back.
        """
        signed = {**(headers or {}), **self._sign(method, path, sent)}
        try:
            self._connection.request(method, path, sent or None, signed)
            response = self._connection.getresponse()
            body = _body(response, f"{method} {path}")
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, body)
        except HTTPException as error:
            self._connection.close()
            message = f"no HTTP came back: {type(error).__name__} {error}".rstrip()
            raise ConnectionError(message) from None
        except BaseException:
            self._connection.close()
            raise
        if str(answer.status)[0] not in ok:
            said = " ".join(answer.body.decode(errors="replace").split())[:SHOWN]
            raise HttpError(answer.status, f"{method} {path} was answered with {answer.status}: {said}")
        return answer

    def has(self, method: str, path: str) -> bool:
        """Tell whether there is something at a path: the answer is a success, or that nothing was found.

        Raise `HttpError` for any other: who may not look has not seen it.
        """
        try:
            self.request(method, path)
        except HttpError as error:
            if error.status != NOT_FOUND:
                raise
            return False
        return True

    def json(self, method: str, path: str, value: object = None, *, ok: str = "2") -> Answer:
        """Return the answer to a request with a JSON body, or none."""
        body = b"" if value is None else json.dumps(value).encode()
        return self.request(method, path, body, headers={"Content-Type": "application/json"}, ok=ok)


def _body(response: HTTPResponse, asked: str) -> bytes:
    """Return a body; one without a length is only read as far as it may be long."""
    length = response.length
    if length is None or length <= LARGEST:
        body = response.read(LARGEST + 1) if length is None else response.read()
        if len(body) <= LARGEST:
            return body
    raise HttpError(response.status, f"{asked} was answered with more than {LARGEST} bytes")
