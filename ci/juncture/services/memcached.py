"""Memcached: a server per worker, because all that there is in one is one cache."""

from __future__ import annotations

import hashlib
import signal
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services.addresses import bracketed
from juncture.services.kinds import OBTAINED, Address, Embedded, Image, Kind, NotReadyError, Outside, Setup
from juncture.services.wire.memcached import MemcachedConnection, MemcachedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["KIND", "connect", "empty"]

PORT = 11211

MEGABYTES = 64
"""What a cache may hold, as memcached's own default says."""

MARK = "JUNCTURE_MARK"

MARKER = "juncture:marker"

SETTINGS = {"memory": str(MEGABYTES), "udp": "0"}


def connect(endpoint: Endpoint) -> MemcachedConnection:
    """Return a connection to the server."""
    return MemcachedConnection(endpoint.host, endpoint.port)


def mark_of(password: str) -> str:
    """Return the number by which a server of ours is known: the length of its queue of connections.

    The clients that people use know no password in this protocol. So what answers on our port shows that it is ours by
    a setting that has no other effect: the kernel cuts any such length to its own limit.
    """
    return str(1024 + int(hashlib.sha256(password.encode()).hexdigest()[:7], 16))


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return ``("memcached", version)`` as soon as the server tells its version, and shows that it is ours."""
    try:
        with connect(endpoint) as connection:
            version = connection.version()
            settings = {} if endpoint.provider == "external" else connection.stats("settings")
    except MemcachedError as error:
        raise StartError(f"what answers is no memcached that can be used: {error}", where=endpoint.service) from error
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if settings and settings.get("tcp_backlog") != mark_of(endpoint.password):
        raise StartError("another memcached answers on its port, which is none of ours", where=endpoint.service)
    return "memcached", version


def empty(endpoint: Endpoint, _standing: Standing | None = None) -> None:
    """Empty the cache; a server that somebody else runs keeps its marker."""
    with connect(endpoint) as connection:
        connection.flush()
    if endpoint.provider == "external":
        mark(endpoint)


def url(endpoint: Endpoint) -> str:
    """Return the address as a URL; most clients want ``{cache.host}:{cache.port}``."""
    return f"memcached://{bracketed(endpoint.host)}:{endpoint.port}"


def environment(password: str) -> Mapping[str, str]:
    """Return the variable by which a container gets its mark."""
    return {MARK: mark_of(password)}


def prepare(setup: Setup) -> None:
    """Do nothing: all that a server holds is in its memory."""


def command(setup: Setup) -> tuple[str, ...]:
    """Return the server's arguments."""
    place = ("-l", setup.host, "-p", str(setup.port), "-U", "0")
    return (str(setup.program), *place, "-m", str(MEGABYTES), "-b", mark_of(setup.password))


def verify(endpoint: Endpoint) -> None:
    """Check that what is stored gets a number of its own: that tells what an emptied cache held from what is new."""
    with connect(endpoint) as connection:
        settings = connection.stats("settings")
    if settings.get("cas_enabled") != "yes" or settings.get("flush_enabled") != "yes":
        raise StartError("the server runs without CAS or flush_all", where=f"service {endpoint.service}")


def admit(endpoint: Endpoint) -> None:
    """Check that the cache may be emptied."""
    with connect(endpoint) as connection:
        if connection.stats("settings").get("flush_enabled") == "no":
            what = "it runs with -F, which forbids flush_all, so that no test would find it empty"
            raise ProviderError(what, where=f"service {endpoint.service}")


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's key is there; a cache forgets it when it starts anew."""
    with connect(endpoint) as connection:
        return connection.fetch(MARKER) is not None


def mark(endpoint: Endpoint) -> None:
    """Store the marker."""
    try:
        with connect(endpoint) as connection:
            connection.store(MARKER, "tests may empty this cache")
    except MemcachedError as error:
        what = f"the key {MARKER}, which marks it as one for tests, could not be stored: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


KIND = Kind(
    name="memcached",
    namespace="server",
    options=OBTAINED,
    attributes=frozenset({"url", "host", "port"}),
    user="",
    database="",
    probe=probe,
    url=url,
    client=None,
    empty=empty,
    embedded=Embedded(
        programs=("memcached",),
        sharing="worker",
        unprivileged=True,
        stop_signal=signal.SIGTERM,
        crash_signal=signal.SIGKILL,
        settings=SETTINGS,
        prepare=prepare,
        command=command,
        verify=verify,
    ),
    image=Image(
        repository="memcached",
        version="1.6",
        suffix="-alpine",
        port=PORT,
        command=("sh", "-c", f'exec memcached -U 0 -m {MEGABYTES} -b "${MARK}"'),
        environment=environment,
        health=("sh", "-c", f"echo version | nc -w 1 127.0.0.1 {PORT} | grep -q VERSION"),
        memory=256 * 1024**2,
        sharing="worker",
        settle=verify,
    ),
    address=Address(schemes=("memcached",), port=PORT, path="nothing", several=True),
    outside=Outside(does="empties the whole cache", admit=admit, marked=marked, mark=mark),
)
