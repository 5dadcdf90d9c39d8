"""What stubs of every sort have in common: what is answered, what was received, and how both are told in a failure."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["UNSET", "Answer", "Pattern", "Received", "listed", "verified"]

UNSET: Any = object()
"""Stands for no body as JSON, because None is one."""

SHOWN = 10
"""Requests that a message shows."""

BODY_SHOWN = 200
"""Characters of a request's body that a message shows."""


class Received(Value, kw_only=True):
    """A request as it came: ``path`` without its query, the names of ``headers`` in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return what the body is as JSON; ``ValueError`` where it is none."""
        return json_module.loads(self.body)

    def __str__(self) -> str:
        """Tell the request in one line."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        said = " ".join(self.text.split())
        body = f"  {said[:BODY_SHOWN]}{'...' if len(said) > BODY_SHOWN else ''}" if said else ""
        return f"{self.method} {self.path}{query}{body}"


class Pattern(Value):
    """What a request has to be: its method, ``ANY`` for all, its path, and parameters of its query, among others."""

    method: str
    path: str
    query: Mapping[str, str]

    @classmethod
    def of(cls, method: str, path: str, query: Mapping[str, str] | None) -> Pattern:
        """Return the pattern of what a test wrote; a path may have its query with it."""
        parts = urlsplit(path)
        if not parts.path.startswith("/") or parts.netloc or parts.fragment:
            raise ValueError(f"{path!r} is no path: it begins with one /, and has no host and no #")
        return cls(method.upper(), parts.path, {**dict(parse_qsl(parts.query)), **(query or {})})

    def fits(self, request: Received) -> bool:
        """Tell whether a request is such a one."""
        return (
            self.method in {"ANY", request.method}
            and self.path == request.path
            and self.query.items() <= request.query.items()
        )

    def __str__(self) -> str:
        """Tell it as a request is told."""
        return f"{self.method} {self.path}" + (f"?{urlencode(self.query)}" if self.query else "")


class Answer(Value):
    """What a stub answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, status: int, json: Any, text: str, headers: Mapping[str, str] | None) -> Answer:
        """Return the answer that a test wrote; only one of JSON and text is given."""
        if json is not UNSET and text:
            raise ValueError("an answer has one body: give it as json or as text")
        kind, body = ("text/plain; charset=utf-8", text) if json is UNSET else ("application/json", _encoded(json))
        named = {name.lower() for name in headers or {}}
        usual = {"Content-Type": kind} if body and "content-type" not in named else {}
        return cls(status, {**usual, **(headers or {})}, body.encode())


def verified(what: Pattern, times: int | None, came: Sequence[Received], others: Iterable[Received]) -> None:
    """Raise `AssertionError` where it was not received as often as expected, and tell what came instead."""
    if (times is None and came) or len(came) == times:
        return
    wanted = "at least once" if times is None else _times(times)
    message = f"{what} was expected {wanted}, and received {_times(len(came))}"
    raise AssertionError("\n".join([message, *listed(came, "received"), *listed(others, "matched by no stub")]))


def listed(requests: Iterable[Received], title: str) -> list[str]:
    """Return the lines that tell of requests, the latest last; none where there are none."""
    lines = [f"    {request}" for request in requests]
    more = len(lines) - SHOWN
    left_out = [f"    ({more} more before)"] if more > 0 else []
    return [f"  {title}:", *left_out, *lines[-SHOWN:]] if lines else []


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _encoded(json: Any) -> str:
    return json_module.dumps(json, ensure_ascii=False)
