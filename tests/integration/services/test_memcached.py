"""Tests of ``juncture.services.memcached`` with real servers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import hand
import pytest
from programs import needs

from juncture.config import Service
from juncture.errors import StartError
from juncture.providers import embedded
from juncture.services import kind
from juncture.services.memcached import connect, empty, mark_of, probe, verify
from juncture.testing import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.model import Endpoint

pytestmark = needs("memcached")


@pytest.fixture
def cache(shared_home: Path, environ: dict[str, str]) -> Iterator[Endpoint]:
    """Return the endpoint of a memcached."""
    service = Service(name="cache", kind="memcached")
    started = embedded.start(embedded.reserve(service, kind("memcached"), home=shared_home, environ=environ, idle=60.0))
    yield started.endpoint
    started.release()


def test_server_of_somebody_else_is_seen_by_its_mark(cache: Endpoint) -> None:
    """There is no password to know it by; one that was marked as ours is ours."""
    with hand.memcached() as stranger, pytest.raises(StartError, match="none of ours"):
        probe(replace(cache, port=stranger.port))
    with hand.memcached("-b", mark_of(cache.password)) as ours:
        assert probe(replace(cache, port=ours.port)) == ("memcached", cache.version)


def test_flush_that_a_test_ordered_for_later_is_called_off(cache: Endpoint) -> None:
    """Else it would take what another test stores."""
    with connect(cache) as connection:
        connection.command("flush_all 1")
        empty(cache)
        connection.store("mine", "1")
        connection.command("touch mine 100")
        moment = int(connection.stats()["time"])
        eventually(lambda: int(connection.stats()["time"]) >= moment + 2)
        assert connection.fetch("mine") == "1"


def test_server_that_can_not_tell_old_from_new_is_refused(cache: Endpoint) -> None:
    """Without CAS, what is stored within the second of a flush would be taken for old."""
    with hand.memcached("-C") as server, pytest.raises(StartError, match="without CAS"):
        verify(replace(cache, port=server.port))
