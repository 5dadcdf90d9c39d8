"""Whatever tests do to a server of their own, a reset leaves it as one that just started."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import usual
from hypothesis import given
from hypothesis import strategies as st
from operating import LENGTH, OFTEN
from programs import needs

from juncture.config import Service
from juncture.providers import embedded
from juncture.services import kind, memcached, mqtt, wiremock
from juncture.services.wire.http import HttpError
from juncture.services.wire.memcached import MemcachedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from juncture.model import Endpoint

pytestmark = needs("memcached", "mosquitto", "java", "npm")

NAMES = st.sampled_from(["a", "b/c", "d"])


def operations(*names: str) -> st.SearchStrategy[list[tuple[str, str, int]]]:
    """Return lists of operations, each on a name, with a small number that makes it special."""
    one = st.tuples(st.sampled_from(names), NAMES, st.integers(0, 3))
    return st.lists(one, min_size=LENGTH, max_size=LENGTH)


@pytest.fixture(scope="module")
def start(shared_home: Path, environ: dict[str, str]) -> Iterator[Callable[[str], Endpoint]]:
    """Return a function that starts a server of a kind for this module."""
    held = []

    def started(name: str) -> Endpoint:
        service = Service(name=name, kind=name)
        reserved = embedded.reserve(service, kind(name), home=shared_home, environ=environ, idle=60.0)
        held.append(embedded.start(reserved))
        return held[-1].endpoint

    yield started
    for server in held:
        server.release()


@pytest.fixture(scope="module")
def cache(start: Callable[[str], Endpoint]) -> Endpoint:
    """Return a memcached."""
    return start("memcached")


@pytest.fixture(scope="module")
def broker(start: Callable[[str], Endpoint]) -> Endpoint:
    """Return a Mosquitto."""
    return start("mqtt")


@pytest.fixture(scope="module")
def stubbed(start: Callable[[str], Endpoint]) -> Endpoint:
    """Return a WireMock."""
    return start("wiremock")


@pytest.mark.soak
@given(operations("set", "add", "append", "incr", "delete", "touch", "flush", "later"))
@OFTEN
def test_cache_is_empty_after_a_reset(cache: Endpoint, done: list[tuple[str, str, int]]) -> None:
    """Values that expire, that others were appended to, and a flush that was ordered for later are all gone."""
    lines = {
        "set": "set {} 0 {} 1\r\n7",
        "add": "add {} 0 {} 1\r\n8",
        "append": "append {} 0 {} 1\r\n9",
        "incr": "incr {} {}",
        "delete": "delete {}",
        "touch": "touch {} {}",
        "flush": "flush_all",
        "later": "flush_all {1}",
    }
    with memcached.connect(cache) as connection:
        for verb, name, number in done:
            with suppress(MemcachedError):
                connection.command(lines[verb].format(name, number))
    memcached.empty(cache)
    assert usual.MEMCACHED.words(cache) == set()
    with memcached.connect(cache) as connection:
        assert [connection.fetch(name) for name in ("a", "b/c", "d")] == [None, None, None]
        connection.store("a", "stays")
        assert connection.fetch("a") == "stays"


@pytest.mark.soak
@given(operations("retain", "clear", "publish", "session", "last", "subscribe"))
@OFTEN
def test_broker_keeps_nothing_after_a_reset(broker: Endpoint, done: list[tuple[str, str, int]]) -> None:
    """No message is retained, and no client that comes again finds a session, or what was queued in one."""
    for verb, name, number in done:
        client = f"client {name}"
        if verb in {"session", "subscribe"}:
            with mqtt.connect(broker, client, clean=verb == "subscribe") as connection:
                connection.subscribe(f"{name}/#" if number else "#", at_least_once=bool(number % 2))
        elif verb == "last":
            with mqtt.connect(broker, client, clean=True) as connection:
                connection.subscribe(name)
        else:
            with mqtt.connect(broker, f"{client} {number}") as connection:
                connection.publish(name, b"" if verb == "clear" else b"x" * number, retain=verb != "publish")
                connection.waiting()
    mqtt.empty(broker)
    with mqtt.connect(broker) as connection:
        assert connection.subscribe("#") == []
    for name in ("a", "b/c", "d"):
        with mqtt.connect(broker, f"client {name}", clean=False) as connection:
            assert not connection.resumed
            assert connection.waiting() == []
        with mqtt.connect(broker, f"client {name}"):
            pass  # what we just looked with


@pytest.mark.soak
@given(operations("stub", "persist", "call", "delay", "scenario", "edit", "delete", "save"))
@OFTEN
def test_wiremock_knows_nothing_after_a_reset(stubbed: Endpoint, done: list[tuple[str, str, int]]) -> None:
    """No stub, be it persistent, no received request, no scenario and no delay for all is left."""
    made: list[str] = []
    with wiremock.connect(stubbed) as client:

        def admin(method: str, path: str, value: object = None) -> Any:
            return wiremock.ask(client, method, f"/__admin/{path}", value)

        for verb, name, number in done:
            stub: dict[str, Any] = {"request": {"urlPath": f"/{name}"}, "response": {"status": 200 + number}}
            with suppress(HttpError):
                match verb:
                    case "stub" | "persist":
                        made.append(admin("POST", "mappings", stub | {"persistent": verb == "persist"})["id"])
                    case "scenario":
                        states = {"scenarioName": name, "requiredScenarioState": "Started", "newScenarioState": "next"}
                        made.append(admin("POST", "mappings", stub | states)["id"])
                    case "call":
                        with suppress(HTTPError), urlopen(Request(f"{stubbed.url}/{name}"), timeout=10):  # noqa: S310
                            pass
                    case "delay":
                        admin("POST", "settings", {"fixedDelay": number})
                    case "save":
                        admin("POST", "mappings/save")
                    case "edit" | "delete":
                        for each in made[number : number + 1]:
                            admin("DELETE" if verb == "delete" else "PUT", f"mappings/{each}", stub)
        wiremock.empty(stubbed)
        assert admin("GET", "mappings")["mappings"] == []
        assert admin("GET", "requests")["requests"] == []
        assert admin("GET", "scenarios")["scenarios"] == []
        assert admin("GET", "settings")["settings"] == wiremock.INITIAL
