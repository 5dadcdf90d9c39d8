"""Tests of ``juncture.providers.docker.bring_up`` with containers in states in which nobody would want them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from quay import create

from juncture.errors import StartError
from juncture.host import leases
from juncture.providers.docker import bring_up
from juncture.providers.docker.places import Known, known_path
from juncture.providers.docker.server import home_id
from juncture.services import kind
from juncture.services.kinds import NotReadyError
from juncture.services.postgres import connect as connect_postgres
from juncture.services.redis import connect as connect_redis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quay import Quay

    from juncture.providers.reservation import Server

    Until = Callable[..., None]


def answers(server: Server) -> bool:
    """Tell whether the server at an endpoint answers its kind's probe."""
    return kind(server.endpoint.kind).probe(server.endpoint)[0] == server.endpoint.kind


@pytest.fixture
def hung(quay: Quay) -> Iterator[Server]:
    """Return a server whose container runs, but that does not do anything any more."""
    server = quay.start()
    process = int(quay.inspect(server)["State"]["Pid"])
    os.kill(process, signal.SIGSTOP)
    yield server
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("verb", ["stop", "kill", "pause"])
def test_container_that_does_not_run_is_replaced(quay: Quay, verb: str) -> None:
    """One that has ended or is paused is made anew at once, though somebody has a lease on it: it is no use to him."""
    first = quay.start()
    before = quay.id(first)
    quay.do(first, verb)
    began = time.monotonic()
    second = quay.start()
    assert time.monotonic() - began < bring_up.ANSWER_WITHIN
    assert (second.started, second.key, answers(second)) == (True, first.key, True)
    assert quay.id(second) != before
    assert len(quay.names) == 1


def test_stale_created_container_is_replaced(quay: Quay) -> None:
    """One that was never started belongs to nobody: whoever made it had to hold the lease that we hold now."""
    reserved = quay.reserve()
    labels = {"juncture.home": home_id(quay.home), "juncture.key": reserved.key, "juncture.kind": "redis"}
    stale = create(quay.engine, reserved.name, reserved.reference, labels=labels)
    began = time.monotonic()
    server = quay.hold(reserved)
    assert time.monotonic() - began < bring_up.CREATED_WITHIN
    assert quay.id(server) != stale


def test_removal_that_goes_on_is_waited_for(quay: Quay, until: Until) -> None:
    """A name is taken until its container is gone, and that may take a while."""
    server = quay.start()
    container = quay.id(server)
    script = "mkdir /tmp/x && cd /tmp/x && seq 40000 | xargs touch"
    subprocess.run(["docker", "exec", "--user", "root", container, "sh", "-c", script], check=True)
    removal = threading.Thread(target=quay.engine.remove, args=(container,))
    removal.start()
    try:
        until(lambda: not (quay.engine.container(container) or {"State": {"Running": False}})["State"]["Running"])
        second = quay.start()
        assert (second.started, answers(second)) == (True, True)
    finally:
        removal.join()
    assert quay.id(second) != container


def test_hung_server_is_found_out_and_replaced(quay: Quay, hung: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it was ready once says nothing: each one who attaches sees for himself."""
    monkeypatch.setattr(bring_up, "ANSWER_WITHIN", 0.5)
    before = quay.id(hung)
    quay.release()
    began = time.monotonic()
    server = quay.start()
    assert answers(server)
    assert quay.id(server) != before
    assert time.monotonic() - began < 30


def test_server_that_is_only_slow_is_given_time_where_others_use_it(
    quay: Quay, hung: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine one that others work with may not be taken away because it does not answer for a moment."""
    monkeypatch.setattr(bring_up, "ANSWER_WITHIN", 0.1)
    before = quay.id(hung)
    process = int(quay.inspect(hung)["State"]["Pid"])
    waking = threading.Timer(7.0, os.kill, (process, signal.SIGCONT))
    waking.start()
    server = quay.start()
    waking.join()
    assert (quay.id(server), server.started) == (before, False)


def test_server_that_answers_wrongly_is_found_out(quay: Quay) -> None:
    """One that does not take our password any more is none of ours, whatever its container's labels say."""
    server = quay.start()
    before = quay.id(server)
    with connect_redis(server.endpoint) as connection:
        connection.command("CONFIG", "SET", "requirepass", "another")
    second = quay.start()
    assert (second.started, answers(second)) == (True, True)
    assert quay.id(second) != before


def test_server_that_lost_its_password_is_found_out(quay: Quay) -> None:
    """One that lets in whoever comes proves nothing by letting us in."""
    server = quay.start("postgres")
    before = quay.id(server)
    command = 'echo "host all all all trust" > "$PGDATA/pg_hba.conf" && kill -HUP 1'
    subprocess.run(["docker", "exec", "--user", "postgres", before, "sh", "-c", command], check=True)
    with pytest.raises(StartError, match="lets in whoever comes"):
        _probe_until_refused(server)
    second = quay.start("postgres")
    assert quay.id(second) != before
    assert answers(second)


def test_restarted_container_is_settled_again(quay: Quay) -> None:
    """What a server had in memory is gone when it was started again: its settings, templates and data."""
    server = quay.start("postgres")
    container = quay.id(server)
    with connect_postgres(server.endpoint) as connection:
        connection.query("CREATE DATABASE jt_left")
    known = Known.read(known_path(quay.home, server.key))
    quay.do(server, "restart")
    second = quay.start("postgres")
    assert (quay.id(second), second.started) == (container, False)
    with connect_postgres(second.endpoint) as connection:
        assert connection.value("SELECT count(*) FROM pg_database WHERE datname = 'jt_left'") == "0"
    written = Known.read(known_path(quay.home, server.key))
    assert known is not None
    assert written is not None
    assert (written.id, written.started == known.started) == (known.id, False)


def test_container_that_was_moved_to_another_port_is_followed(quay: Quay) -> None:
    """An engine may publish a restarted container elsewhere: the port is read from it, not from memory."""
    server = quay.start()
    name, image = f"juncture-{server.key}", quay.inspect(server)["Image"]
    files = subprocess.run(["docker", "cp", f"{name}:/etc/juncture/server.conf", "-"], capture_output=True, check=True)
    labels = quay.inspect(server)["Config"]["Labels"]
    quay.release()
    quay.engine.remove(name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [word for label, value in labels.items() for word in ("--label", f"{label}={value}")]
    argv = ["docker", "create", "--name", name, *words, "-p", f"127.0.0.1:{port}:6379", "--tmpfs", "/data:mode=1777"]
    subprocess.run([*argv, image, "redis-server", "/etc/juncture/server.conf"], check=True, capture_output=True)
    subprocess.run(["docker", "cp", "-", f"{name}:/etc"], input=_below_etc(files.stdout), check=True)
    subprocess.run(["docker", "start", name], check=True, capture_output=True)
    reserved = quay.reserve()
    assert reserved.port == port
    moved = quay.hold(reserved, promised=True)
    assert (moved.endpoint.port, moved.started) == (port, False)


def test_port_that_a_stranger_took_is_left_to_him(quay: Quay) -> None:
    """Who reserves anew has another port; who gave the old one away already hears of it, and of nobody's server."""
    server = quay.start()
    quay.release()
    quay.engine.remove(f"juncture-{server.key}")
    early = quay.reserve()
    assert early.port == server.endpoint.port
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", early.port))
        stranger.listen()
        with pytest.raises(StartError, match=f"another program listens on its port {early.port}") as raised:
            early.start(promised=True)
        assert "run again" in raised.value.hint
        assert not quay.names
        late = quay.hold(quay.reserve(), promised=True)
        assert late.endpoint.port != early.port
        quay.engine.remove(f"juncture-{server.key}")
        unpromised = quay.reserve()
        unpromised.port = early.port
        assert quay.hold(unpromised).endpoint.port != early.port


def test_promise_that_can_not_be_kept_is_told(quay: Quay) -> None:
    """Where the container has another port than was given away, the run ends before a test connects to nothing."""
    reserved = quay.reserve()
    reserved.port = quay.start().endpoint.port + 1
    with pytest.raises(StartError, match="it has another address than") as raised:
        reserved.start(promised=True)
    assert "run again" in raised.value.hint
    quay.release()
    alone = leases.attempt(quay.home / "leases" / f"server-{reserved.key}", exclusive=True)
    assert alone is not None
    alone.release()


def test_server_that_never_gets_ready_is_told_with_its_log(quay: Quay) -> None:
    """The error has the container's end and its last words; nothing of it stays."""
    with pytest.raises(StartError, match="did not become ready: its container is exited, with exit code 1") as raised:
        quay.start("redis", image="juncture-test/postgres:15")
    assert "  | " in raised.value.what
    assert "docker run --rm juncture-test/postgres:15" in raised.value.hint
    assert not quay.names


def _probe_until_refused(server: Server) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            answers(server)
        except NotReadyError:
            continue


def _below_etc(archive: bytes) -> bytes:
    """Return an archive of one file in the folder ``juncture``."""
    import io  # noqa: PLC0415
    import tarfile  # noqa: PLC0415

    with tarfile.open(fileobj=io.BytesIO(archive)) as read:
        member = read.getmembers()[0]
        file = read.extractfile(member)
        assert file is not None
        data: Any = file.read()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as written:
        member.name = "juncture/server.conf"
        written.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
