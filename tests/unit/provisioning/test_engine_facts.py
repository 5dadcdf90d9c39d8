"""Looking at a Docker engine, as far as that goes without one."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from juncture.config import Service
from juncture.provisioning._engine_facts import container_facts, docker_facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[None]:
    """Answer every connection to a socket with the same bytes."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if not connection.recv(4096):
                        return
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            with socket.socket(socket.AF_UNIX) as last:
                last.connect(str(path))
                last.shutdown(socket.SHUT_WR)
                thread.join()


def test_socket_that_is_not_there_is_absent(tmp_path: Path) -> None:
    """The place where the engine would be is named."""
    address = f"unix://{tmp_path}/docker.sock"
    engine = docker_facts({"DOCKER_HOST": address})
    assert (engine.state, engine.address) == ("absent", address)


def test_engine_that_is_gone_is_silent(tmp_path: Path) -> None:
    """A socket that was left behind answers nothing."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert docker_facts({"DOCKER_HOST": f"unix://{path}"}).state == "silent"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n<html>",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
        b"HTTP/1.0 500 No\r\n\r\n",
    ],
)
def test_other_answers_are_none_of_an_engine(tmp_path: Path, answer: bytes) -> None:
    """Whatever else listens there is not taken for an engine."""
    path = tmp_path / "s"
    with answering(path, answer):
        assert docker_facts({"DOCKER_HOST": f"unix://{path}"}).state == "silent"


def test_engine_that_answers_is_described(tmp_path: Path) -> None:
    """Version and memory are the engine's own words."""
    path = tmp_path / "s"
    body = b'{"Version": "27.3.1", "MemTotal": 4000000000}'
    environ = {"DOCKER_HOST": f"unix://{path}", "JUNCTURE_HOME": str(tmp_path / "home")}
    with answering(path, b"HTTP/1.0 200 OK\r\n\r\n" + body):
        facts = docker_facts(environ)
    assert (facts.state, facts.version, facts.memory, facts.exposed) == ("answers", "27.3.1", 4_000_000_000, ())
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://[::1]:1"])
def test_engine_elsewhere_is_asked_too(address: str) -> None:
    """A port that nobody listens on is silent."""
    engine = docker_facts({"DOCKER_HOST": address})
    assert (engine.state, engine.address) == ("silent", address)


def test_image_is_told_with_its_digest(tmp_path: Path) -> None:
    """What the engine has of an image is compared with what is declared; one that it lacks is not present."""
    path = tmp_path / "s"
    environ = {"DOCKER_HOST": f"unix://{path}"}
    service = Service(name="db", kind="postgres", version="16")
    assert container_facts(service, "", environ).present is False
    body = b'{"Id": "sha256:1", "RepoDigests": ["postgres@sha256:abc"]}'
    with answering(path, b"HTTP/1.0 200 OK\r\n\r\n" + body):
        facts = container_facts(service, "", environ)
    assert (facts.image, facts.present, facts.digest, facts.pinned) == (
        "postgres:16-alpine",
        True,
        "sha256:abc",
        False,
    )
