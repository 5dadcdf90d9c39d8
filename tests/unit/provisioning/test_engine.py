"""Asking a Docker engine, as far as that goes without one."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from juncture.provisioning._engine import docker_engine, engine_version

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"Version": "27.3.1", "ApiVersion": "1.47"}\n'


def test_version_is_taken_from_the_answer() -> None:
    """The engine's own version is told, not that of its interface."""
    assert engine_version(ANSWER) == "27.3.1"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
        b"HTTP/1.0 200 OK\r\n\r\n<html>",
        b"HTTP/1.0 200 OK\r\n\r\n[]",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_other_answers_are_none_of_an_engine(answer: bytes) -> None:
    """Whatever else listens there is not taken for an engine."""
    with pytest.raises(ValueError):  # noqa: PT011 - the message is nobody's
        engine_version(answer)


def test_socket_that_is_not_there_is_absent(tmp_path: Path) -> None:
    """The place where the engine would be is named."""
    engine = docker_engine({"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"})
    assert (engine.state, engine.address) == ("absent", f"{tmp_path}/docker.sock")


def test_engine_that_is_gone_is_silent(tmp_path: Path) -> None:
    """A socket that was left behind answers nothing."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert docker_engine({"DOCKER_HOST": f"unix://{path}"}).state == "silent"


def test_rootless_engine_is_looked_for(tmp_path: Path) -> None:
    """Where nothing is named, the usual places of this user are tried too."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    engine = docker_engine({"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    assert engine.address in {str(path), "/var/run/docker.sock"}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "ssh://ann@build", "tcp://[::1]:1"])
def test_engine_elsewhere_is_asked_too(address: str) -> None:
    """A port that nobody listens on is silent, and so is what only the client can reach."""
    engine = docker_engine({"DOCKER_HOST": address})
    assert (engine.state, engine.address) == ("silent", address)
