"""Ask a Docker engine for its version, at its socket: the SDK is large, and need not be there."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.provisioning.doctor import DockerFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["docker_engine", "engine_version"]

PATIENCE = 2.0
"""Seconds for an answer from this machine."""

SOCKETS = ("/var/run/docker.sock", "{XDG_RUNTIME_DIR}/docker.sock", "{HOME}/.docker/run/docker.sock")
"""Where an engine listens: the system's, a rootless one, Docker Desktop."""


def docker_engine(environ: Mapping[str, str]) -> DockerFacts:
    """Ask the Docker engine for its version, at its socket: at ``DOCKER_HOST``, or where engines usually listen."""
    named = environ.get("DOCKER_HOST", "")
    if named and not named.startswith("unix://"):
        return _engine_at(named, socket.AF_INET)
    known = {"XDG_RUNTIME_DIR": environ.get("XDG_RUNTIME_DIR", "/run"), "HOME": environ.get("HOME", "/")}
    paths = [named.removeprefix("unix://")] if named else [path.format(**known) for path in SOCKETS]
    found = next((path for path in paths if Path(path).exists()), None)
    return _engine_at(found, socket.AF_UNIX) if found else DockerFacts(address=paths[0], state="absent")


def _engine_at(address: str, family: socket.AddressFamily) -> DockerFacts:
    target: Any = address
    if family != socket.AF_UNIX:
        match = re.fullmatch(r"(?:tcp|http)://\[?([^/]+?)\]?:(\d+)/?", address)
        if match is None:  # ssh, or what only the client knows
            return DockerFacts(address=address, state="silent")
        target = (match[1], int(match[2]))
    try:
        with socket.socket(family) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(target)
            connection.sendall(b"GET /version HTTP/1.0\r\nHost: docker\r\n\r\n")
            with connection.makefile("rb") as stream:
                version = engine_version(stream.read(65_536))
    except PermissionError:
        return DockerFacts(address=address, state="forbidden")
    except (OSError, ValueError):
        return DockerFacts(address=address, state="silent")
    return DockerFacts(address=address, state="answers", version=version)


def engine_version(answer: bytes) -> str:
    """Return the version in an engine's answer to ``GET /version``; ``ValueError`` where it is no such answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0] + b" ":
        raise ValueError(head[:60])
    version = json.loads(body)
    if not isinstance(version, dict) or "Version" not in version:
        raise ValueError(body[:60])
    return str(version["Version"])
