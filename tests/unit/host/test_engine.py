"""Tests of ``juncture.host.engine`` without an engine."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from juncture.host.engine import Engine, EngineError, address_of, locate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def context(folder: Path, name: str, host: str) -> None:
    """Write a context as the docker program does, and make it the current one."""
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[Engine]:
    """Give the address of something that says the same to everybody, and is no engine."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Engine(f"unix://{path}")
        thread.join()


def test_docker_host_decides(tmp_path: Path) -> None:
    """The variable wins over the context and over the sockets that are there."""
    context(tmp_path, "other", "unix:///other.sock")
    environ = {"DOCKER_HOST": "tcp://there:1", "DOCKER_CONFIG": str(tmp_path)}
    assert address_of(environ) == "tcp://there:1"


def test_context_decides_where_no_variable_does(tmp_path: Path) -> None:
    """The one that the configuration or the variable names is looked up as the docker program does."""
    context(tmp_path, "there", "unix:///there.sock")
    context(tmp_path, "other", "unix:///other.sock")
    environ = {"DOCKER_CONFIG": str(tmp_path)}
    assert address_of(environ) == "unix:///other.sock"
    assert address_of({**environ, "DOCKER_CONTEXT": "there"}) == "unix:///there.sock"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"currentContext": "gone"}', '{"currentContext": "default"}'])
def test_configuration_that_says_nothing_leaves_the_usual_socket(tmp_path: Path, text: str) -> None:
    """A broken file, or a context that is not there, is passed over."""
    (tmp_path / "config.json").write_text(text)
    assert address_of({"DOCKER_CONFIG": str(tmp_path)}).startswith("unix:///")


def test_engine_is_where_its_socket_is(tmp_path: Path) -> None:
    """A socket that is not there is no engine; what is named with a host may be one."""
    address = f"unix://{tmp_path}/docker.sock"
    assert locate({"DOCKER_HOST": address}) is None
    (tmp_path / "docker.sock").touch()
    assert locate({"DOCKER_HOST": address}) == Engine(address)
    assert locate({"DOCKER_HOST": "tcp://there:1"}) == Engine("tcp://there:1")


def test_certificates_are_where_the_docker_program_has_them() -> None:
    """They are used where TLS is asked for, and never on a Unix socket."""
    environ = {"DOCKER_HOST": "tcp://there:1", "HOME": "/home/me"}
    assert locate({**environ, "DOCKER_TLS_VERIFY": "1"}) == Engine("tcp://there:1", "/home/me/.docker")
    named = {**environ, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certificates"}
    assert locate(named) == Engine("tcp://there:1", "/certificates")
    assert locate({**named, "DOCKER_TLS_VERIFY": ""}) == Engine("tcp://there:1")


def test_local_engine_is_one_at_a_unix_socket() -> None:
    """Only that one shares our locks and our loopback."""
    assert (Engine("unix:///x").is_local, Engine("unix:///x").host) == (True, "127.0.0.1")
    assert (Engine("tcp://there:1").is_local, Engine("tcp://there:1").host) == (False, "there")


def test_address_that_nobody_speaks_is_told() -> None:
    """One over SSH, say, is refused in words, not by a wrong connection."""
    with pytest.raises(EngineError, match="an address that begins with ssh:// is not supported"):
        Engine("ssh://me@there").version()


@pytest.mark.parametrize("address", ["tcp://docker:http", "tcp://h:99999", "tcp://[::1"])
def test_address_that_makes_no_sense_is_told(address: str) -> None:
    """It names the address, and the variable that it is from."""
    for ask in (Engine.version, lambda engine: engine.host):
        with pytest.raises(EngineError, match=f"the address '{re.escape(address)}' makes no sense: .*DOCKER_HOST"):
            ask(Engine(address))


@pytest.mark.parametrize("answer", [b"", b"hello\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n<html>"])
def test_what_is_no_engine_is_told(tmp_path: Path, answer: bytes) -> None:
    """Whatever else listens there, its answer is an error with its beginning."""
    with (
        answering(tmp_path / "s", answer) as engine,
        pytest.raises(EngineError, match="what answers is no Docker engine"),
    ):
        engine.version()


def test_refusal_has_the_engine_s_words_and_status(tmp_path: Path) -> None:
    """The message of the body is told; without one, the status is."""
    with answering(tmp_path / "a", b'HTTP/1.0 500 X\r\n\r\n{"message": "no space left"}') as engine:
        with pytest.raises(EngineError, match=r"^no space left$") as raised:
            engine.containers("a=b")
        assert raised.value.status == 500
    with answering(tmp_path / "b", b"HTTP/1.0 503 X\r\n\r\n") as engine, pytest.raises(EngineError, match="status 503"):
        engine.container("x")


def test_what_is_gone_is_no_error(tmp_path: Path) -> None:
    """A container that is not there is None, and its removal is done."""
    with answering(tmp_path / "a", b"HTTP/1.0 404 X\r\n\r\n{}") as engine:
        assert engine.container("x") is None
    with answering(tmp_path / "b", b"HTTP/1.0 404 X\r\n\r\n{}") as engine:
        engine.remove("x")


def test_silent_socket_is_no_engine(tmp_path: Path) -> None:
    """Where nobody listens there is an error of ours, not one of the operating system."""
    with pytest.raises(EngineError):
        Engine(f"unix://{tmp_path}/nobody").version()
