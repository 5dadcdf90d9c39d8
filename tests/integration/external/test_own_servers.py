"""Tests of servers that run already of the kinds that know no namespaces: each worker needs one to itself."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import hand
import usual
from checkouts import Project
from programs import needs

from juncture.services import memcached, mqtt, wiremock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.external.conftest import World

KEPT = '{"request": {"method": "GET", "urlPath": "/kept"}, "response": {"status": 202}}'


@needs("memcached")
def test_cache_that_nobody_allowed_is_not_emptied(world: World) -> None:
    """Who says that it may be has it marked, and the marker outlives resets; nothing else does."""
    with hand.memcached() as server:
        at = hand.endpoint(server, kind="memcached")
        with memcached.connect(at) as connection:
            connection.store("precious", "1")
        world.environ["JUNCTURE_MEMCACHED_URL"] = f"memcached://127.0.0.1:{server.port}"
        message = world.refusal("memcached")
        assert "a run empties the whole cache there" in message
        assert "set JUNCTURE_MEMCACHED_DISPOSABLE=true" in message
        with memcached.connect(at) as connection:
            assert connection.fetch("precious") == "1"
        world.environ["JUNCTURE_MEMCACHED_DISPOSABLE"] = "true"
        with world.open("memcached") as workspace:
            assert usual.MEMCACHED.words(workspace.endpoints["memcached"]) == {memcached.MARKER}
        del world.environ["JUNCTURE_MEMCACHED_DISPOSABLE"]
        with world.open("memcached") as workspace:
            usual.MEMCACHED.put(workspace.endpoints["memcached"], "mine")
            workspace.reset("memcached")
            assert usual.MEMCACHED.words(workspace.endpoints["memcached"]) == {memcached.MARKER}


@needs("memcached")
def test_each_worker_needs_a_cache_of_its_own(world: World) -> None:
    """A second process is told to have more named; where there are two, both have one and see nothing of the other."""
    with ExitStack() as stack:
        servers = [stack.enter_context(hand.memcached()) for _ in range(2)]
        urls = [f"memcached://127.0.0.1:{server.port}" for server in servers]
        world.environ |= {"JUNCTURE_MEMCACHED_URL": urls[0], "JUNCTURE_MEMCACHED_DISPOSABLE": "true"}
        with world.open("memcached"):
            message = world.refusal("memcached")
        assert "names 1 server, and it is used by one process at a time" in message
        assert "name as many URLs as there are workers, with commas between" in message
        world.environ["JUNCTURE_MEMCACHED_URL"] = ",".join(urls)
        with world.open("memcached") as one, world.open("memcached") as two:
            ends = [each.endpoints["memcached"] for each in (one, two)]
            assert {end.port for end in ends} == {server.port for server in servers}
            usual.MEMCACHED.put(ends[0], "mine")
            assert "mine" not in usual.MEMCACHED.words(ends[1])


@needs("memcached")
def test_cache_that_can_not_be_emptied_is_refused(world: World) -> None:
    """No test would find it empty."""
    with hand.memcached("-F") as server:
        world.environ |= {"JUNCTURE_MEMCACHED_PORT": str(server.port), "JUNCTURE_MEMCACHED_DISPOSABLE": "true"}
        assert "it runs with -F, which forbids flush_all" in world.refusal("memcached")


@needs("mosquitto")
def test_broker_keeps_its_marker_alone(world: World) -> None:
    """What others had it keep is removed once somebody allowed that; what a broker does not tell is no error."""
    with hand.mosquitto() as server:
        at = hand.endpoint(server, kind="mqtt")
        with mqtt.connect(at) as connection:
            connection.publish("precious", b"1", retain=True)
            connection.waiting()
        world.environ["JUNCTURE_MQTT_URL"] = f"mqtt://127.0.0.1:{server.port}"
        assert "a run removes retained messages there" in world.refusal("mqtt")
        with mqtt.connect(at) as connection:
            assert [topic for topic, _, _ in connection.subscribe("#")] == ["precious"]
        world.environ["JUNCTURE_MQTT_DISPOSABLE"] = "true"
        with world.open("mqtt") as workspace:
            assert workspace.endpoints["mqtt"].product == "mosquitto"
            workspace.reset("mqtt")
            with mqtt.connect(workspace.endpoints["mqtt"]) as connection:
                assert [topic for topic, _, _ in connection.subscribe("#")] == [mqtt.MARKER]


@needs("mosquitto")
def test_broker_that_refuses_us_is_told_at_once(world: World) -> None:
    """Waiting would not help."""
    with hand.mosquitto("allow_anonymous false") as server:
        world.environ["JUNCTURE_MQTT_URL"] = f"mqtt://ann:{hand.ENCODED}@127.0.0.1:{server.port}"
        message = world.refusal("mqtt")
    assert "the broker refuses the connection: not authorized" in message
    assert "check JUNCTURE_MQTT_URL, user and password" in message


@needs("java", "npm")
def test_wiremock_keeps_what_it_loaded_from_files(world: World, wiremock_jar: Path) -> None:
    """Stubs that others made go once somebody allowed that; its files are left alone."""
    with hand.wiremock(wiremock_jar, kept=KEPT) as server:
        base = f"http://127.0.0.1:{server.port}"
        world.environ["JUNCTURE_WIREMOCK_URL"] = f"http://ann:pass-word@127.0.0.1:{server.port}"
        assert "a run removes every stub and received request there" in world.refusal("wiremock")
        world.environ["JUNCTURE_WIREMOCK_DISPOSABLE"] = "true"
        with world.open("wiremock") as workspace:
            end = workspace.endpoints["wiremock"]
            assert (end.url, end.product, end.version) == (base, "wiremock", wiremock.VERSION)
            with wiremock.connect(end) as connection:
                stub = {"request": {"urlPath": "/mine"}, "response": {"status": 203}}
                wiremock.ask(connection, "POST", "/__admin/mappings", stub)
            assert [answered(f"{base}/mine"), answered(f"{base}/kept")] == [203, 202]
            workspace.reset("wiremock")
            assert [answered(f"{base}/mine"), answered(f"{base}/kept")] == [404, 202]
            assert wiremock.marked(end)
        world.environ["JUNCTURE_WIREMOCK_URL"] = f"http://ann:wrong@127.0.0.1:{server.port}"
        assert "check JUNCTURE_WIREMOCK_URL, user and password" in world.refusal("wiremock")


@needs("memcached")
def test_run_with_more_workers_than_servers_ends_before_they_start(tmp_path: Path, own_home: Path) -> None:
    """One server is enough for one worker; for two, the message says what to do."""
    (tmp_path / "small" / "tests" / "integration").mkdir(parents=True)
    (tmp_path / "small" / "pyproject.toml").write_text(
        '[project]\nname = "small"\nversion = "1"\n[tool.juncture.services.own]\nkind = "memcached"\n'
    )
    (tmp_path / "small" / "tests" / "integration" / "test_it.py").write_text("def test_it(services): services['own']\n")
    with hand.memcached() as server:
        project = Project(tmp_path / "small", own_home)
        project.extra = {"JUNCTURE_PROVIDER": "auto", "JUNCTURE_OWN_PORT": str(server.port)}
        project.extra["JUNCTURE_OWN_DISPOSABLE"] = "true"
        code, text = project.run("tests/integration", "-n", "2")
        assert code == 4, text
        assert "names 1 server, and it is used by one process at a time: 2 workers need 2" in text
        code, text = project.run("tests/integration", "-n", "1")
        assert code == 0, text


def answered(url: str) -> int:
    """Return the status of the answer to a GET."""
    with suppress(HTTPError), urlopen(url, timeout=10) as answer:  # noqa: S310 - http it is
        return int(answer.status)
    return 404
