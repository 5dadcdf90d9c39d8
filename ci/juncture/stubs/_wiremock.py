"""Stubs of a WireMock server that live as long as a test."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from juncture.stubs._stubbing import UNSET, Answer, Pattern, Received, listed, verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from juncture.model import Endpoint

__all__ = ["WireMockStub", "WireMockStubs"]

MAPPINGS, REQUESTS = "/__admin/mappings", "/__admin/requests"


class WireMockStub:
    """One stub, and what it received."""

    def __init__(self, stubs: WireMockStubs, identity: str, pattern: Pattern) -> None:
        """Stand for the stub that the server knows by an id."""
        self.id = identity
        self._stubs = stubs
        self._pattern = pattern

    @property
    def received(self) -> list[Received]:
        """The requests that this stub answered, in their order."""
        return self._stubs._asked(f"{REQUESTS}?matchingStub={self.id}")  # noqa: SLF001 - of this module

    def verify(self, times: int | None = None) -> None:
        """Raise `AssertionError` where it was not asked that many times; by default, not once."""
        verified(self._pattern, times, self.received, self._stubs.unmatched)

    def remove(self) -> None:
        """Take the stub away before the test's end."""
        self._stubs._remove(self)  # noqa: SLF001


class WireMockStubs:
    """The stubs of one test on a WireMock server; a context manager that takes exactly these away again.

    The server is asked over its own connection each time, which takes a millisecond or two: a test that is asynchronous
    may use it as it is.
    """

    def __init__(self, server: Endpoint) -> None:
        """Take the endpoint of a server: ``services["payments"]``."""
        self.url = server.url
        self._server = server
        self._token = secrets.token_hex(8)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was stubbed here."""
        self.clear()

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
        more: Mapping[str, Any] | None = None,
    ) -> WireMockStub:
        """Answer requests of a method (or ``ANY``) and a path; a later stub goes before an earlier one.

        ``query`` names parameters that a request must have, among others. ``more`` is what else WireMock knows of a
        stub: ``{"request": {"bodyPatterns": [...]}, "response": {"fixedDelayMilliseconds": 100}}``.
        """
        pattern, answer = Pattern.of(method, path, query), Answer.of(status, json, text, headers)
        request: dict[str, Any] = {"method": pattern.method, "urlPath": pattern.path}
        if pattern.query:
            request["queryParameters"] = {name: {"equalTo": value} for name, value in pattern.query.items()}
        response: dict[str, Any] = {"status": answer.status, "headers": dict(answer.headers)}
        if answer.body:
            response["base64Body"] = base64.b64encode(answer.body).decode()
        more = dict(more or {})
        mapping = {
            **more,
            "name": str(pattern),
            "request": request | dict(more.get("request", {})),
            "response": response | dict(more.get("response", {})),
            "metadata": {**more.get("metadata", {}), "juncture": self._token},
        }
        made = self._ask("POST", MAPPINGS, mapping)
        return WireMockStub(self, str(made["id"]), pattern)

    @property
    def received(self) -> list[Received]:
        """All requests that the server received since the test began, in their order."""
        return self._asked(REQUESTS)

    @property
    def unmatched(self) -> list[Received]:
        """The requests that no stub answered, in their order."""
        return self._asked(f"{REQUESTS}/unmatched")

    def report(self) -> str:
        """Return what came that no stub answers, with the stub that comes nearest; empty where nothing did."""
        lines = listed(self.unmatched, "matched by no stub")
        if not lines:
            return ""
        found = self._ask("GET", f"{REQUESTS}/unmatched/near-misses")["nearMisses"]
        near = {_told(each["request"]): each["stubMapping"] for each in found if "stubMapping" in each}
        lines += [f"  nearest to {request}: the stub {_named(stub)}" for request, stub in near.items()]
        return "\n".join(lines)

    def clear(self) -> None:
        """Remove what was stubbed here, and nothing else."""
        whose = {"matchesJsonPath": {"expression": "$.juncture", "equalTo": self._token}}
        self._ask("POST", f"{MAPPINGS}/remove-by-metadata", whose)

    def _remove(self, stub: WireMockStub) -> None:
        self._ask("DELETE", f"{MAPPINGS}/{stub.id}")

    def _asked(self, path: str) -> list[Received]:
        told = self._ask("GET", path)["requests"]
        requests = [each.get("request", each) for each in told]
        return [_received(each) for each in sorted(requests, key=lambda each: each.get("loggedDate", 0))]

    def _ask(self, method: str, path: str, value: object = None) -> Any:
        from juncture.services.wiremock import ask, connect  # noqa: PLC0415 - where there is such a server

        with connect(self._server) as client:
            return ask(client, method, path, value)


def _received(told: Mapping[str, Any]) -> Received:
    parts = urlsplit(str(told["url"]))
    body = told.get("bodyAsBase64")
    return Received(
        method=str(told["method"]),
        path=parts.path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={name.lower(): _joined(value) for name, value in (told.get("headers") or {}).items()},
        body=base64.b64decode(body) if body else b"",
    )


def _joined(value: str | Iterable[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _told(request: Mapping[str, Any]) -> str:
    return str(_received(request))


def _named(stub: Mapping[str, Any]) -> str:
    return str(stub.get("name") or stub.get("id"))
