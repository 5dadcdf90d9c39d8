"""What is the matter with the Docker engine, as far as services need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.providers.docker.sdk import INSTALL
from juncture.provisioning._facts import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.provisioning._facts import DockerFacts, Facts, Level

__all__ = ["findings"]

MEMORY = 2 * 1024**3
"""Bytes that all containers together want: their data is in memory."""


def findings(facts: Facts) -> Iterator[Finding]:
    """Yield the findings about the engine; one that is not there is a problem only where it was asked for."""
    docker = facts.docker
    needed = any(service.provider == "docker" for service in facts.services)
    yield _engine(docker, asked=facts.provider == "docker" or needed)
    if docker.state != "answers":
        return
    if not docker.sdk and facts.provider != "embedded":
        level: Level = "problem" if facts.provider == "docker" else "note"
        yield Finding("docker", level, "the Docker SDK for Python is not installed: no container can be made", INSTALL)
    if docker.apart:
        fix = "unset DOCKER_HOST where an engine on this host will do"
        yield Finding("docker", "note", docker.apart, fix)
    if docker.memory and docker.memory < MEMORY and needed:
        text = f"all containers together have {docker.memory / 1e9:.1f} GB of memory, and their data is in it"
        yield Finding("docker", "note", text, "give the engine more (Docker Desktop: Settings, Resources)")
    for name, address in docker.exposed:
        fix = f"docker rm --force {name}; and look why the engine publishes ports to everybody"
        yield Finding("docker", "problem", f"{name} is published at {address}: others can reach it", fix)


def _engine(docker: DockerFacts, *, asked: bool) -> Finding:
    at = docker.address
    if docker.state == "answers":
        return Finding("docker", "ok", f"engine {docker.version} at {at}".replace("  ", " "))
    text, fix = {
        "absent": (f"no engine at {at}", "start one, or name it in DOCKER_HOST"),
        "forbidden": (f"{at} may not be opened", "become a member of its group: sudo usermod -aG docker $USER"),
        "silent": (f"nothing answers at {at}", "start the engine, or unset DOCKER_HOST"),
    }[docker.state]
    if asked:
        return Finding("docker", "problem", text, fix)
    if docker.state == "absent":
        return Finding("docker", "ok", f"{text}; nothing here needs one")
    return Finding("docker", "note", text, fix)
