"""Containers of ours on an engine: create one, see in what state it is, and remove none but ours."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError, StartError
from juncture.host import leases, removal
from juncture.host.engine import EngineError
from juncture.host.folders import lease_path
from juncture.host.removal import HOME_LABEL, KEY_LABEL, KIND_LABEL, RUN_LABEL, is_ours
from juncture.providers.docker.sdk import client, refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from docker import DockerClient

    from juncture.host.engine import Engine

__all__ = [
    "HOME_LABEL",
    "KEY_LABEL",
    "KIND_LABEL",
    "Found",
    "NameTakenError",
    "PortTakenError",
    "Recipe",
    "create",
    "find",
    "network_of",
    "remove",
]

CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
"""What the entry points of official images need to hand their data to another user and to become that user."""

PROCESSES = 1024

CONFLICT = 409
"""The status of a request for a name that is taken."""

NO_SUCH_ADDRESS = "cannot assign requested address"
"""What an engine says of an address that its host does not have, in the kernel's words."""


class PortTakenError(Exception):
    """The port that a container was to be published at is in use."""


class NameTakenError(StartError):
    """A container of that name is there: somebody who does not know of our leases was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a container is made from. ``ports`` maps those inside to those of the host, at the address ``bind``.

    ``health`` is a command in it, ``memory`` a limit in bytes, 0 for none. ``trusted`` images, those of the catalogue,
    are known to need few capabilities; others get what engines give by default. ``run`` is the id of the run that has
    it for itself.
    """

    name: str
    home_id: str
    key: str
    kind: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[str, str]
    tmpfs: tuple[str, ...]
    health: tuple[str, ...]
    memory: int
    ports: Mapping[int, int]
    bind: str
    trusted: bool
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A container of ours as it is now: ``state`` in the engine's words, ``ports`` from inside to the host's.

    ``started`` is when it was started last, in the engine's words: where that changed, what it had in memory is gone.
    """

    id: str
    state: str
    ports: Mapping[int, int]
    image: str
    oom: bool
    exit_code: int
    started: str = ""


def find(engine: Engine, name: str, *, home_id: str, key: str, service: str) -> Found | None:
    """Return the container of that name; None where there is none.

    Raise `ProviderError` where it is not one that this home made: it is left alone.
    """
    found = engine.container(name)
    if found is None:
        return None
    if not is_ours(found, home_id=home_id, key=key):
        raise ProviderError(
            f"the container {name} is none of this home's: it lacks the labels, and is left alone",
            where=f"service {service}",
            hint=f"remove or rename it yourself: `docker rename {name} ...`",
        )
    state = found["State"]
    return Found(
        id=found["Id"],
        state=state["Status"],
        ports=_ports(found["NetworkSettings"].get("Ports") or {}),
        image=found["Image"],
        oom=bool(state.get("OOMKilled")),
        exit_code=int(state.get("ExitCode", 0)),
        started=str(state.get("StartedAt", "")),
    )


def remove(engine: Engine, name: str, *, home_id: str, key: str, service: str) -> None:
    """Remove a container of ours with its data, whatever its state, and return when it is gone.

    Raise `ProviderError` where it is not ours, `EngineError` where it does not go away.
    """
    if find(engine, name, home_id=home_id, key=key, service=service):
        removal.remove(engine, name, home_id=home_id, key=key)


def create(engine: Engine, recipe: Recipe, *, service: str, home: Path, environ: Mapping[str, str]) -> str:
    """Create and start a container, and return its id; what was half made is removed again.

    Raise `PortTakenError` or `NameTakenError` where its port or its name is in use, `ProviderError` where the engine
    refuses for another reason.
    """
    # Whoever prunes the network has to have this lease alone.
    use = leases.hold(lease_path(home, "network-use"), exclusive=False, timeout=60, purpose="use the network")
    starting = refused(service, f"a container of {recipe.image} can't be started")
    with use, client(engine, environ) as docker, starting:
        from docker.errors import APIError  # noqa: PLC0415

        network = _ensure_network(docker, recipe.home_id, home)
        try:
            container = docker.containers.create(**_arguments(recipe), network=network)
        except APIError as error:
            if error.status_code == CONFLICT:
                raise NameTakenError(
                    f"somebody else just made the container {recipe.name}", where=f"service {service}", hint="run again"
                ) from None
            raise
        try:
            if recipe.files:
                container.put_archive("/", _archive(recipe.files))
            container.start()
        except BaseException as error:
            with suppress(EngineError, OSError):
                engine.remove(str(container.id))
            if isinstance(error, APIError) and _names_port(str(error), recipe):
                raise PortTakenError(str(error)) from None
            raise
        return str(container.id)


def network_of(home_id: str) -> str:
    """Return the name of the network that joins the containers of one home."""
    return f"juncture-{home_id}"


def _names_port(refusal: str, recipe: Recipe) -> bool:
    """Tell whether a refusal is about one of the ports: engines word it differently, but all name the address."""
    return NO_SUCH_ADDRESS not in refusal and any(f":{port}" in refusal for port in recipe.ports.values())


def _arguments(recipe: Recipe) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "image": recipe.image,
        "command": list(recipe.command) or None,
        "name": recipe.name,
        "environment": dict(recipe.environment),
        "labels": _labels(recipe),
        "ports": {f"{inside}/tcp": (recipe.bind, outside) for inside, outside in recipe.ports.items()},
        "tmpfs": dict.fromkeys(recipe.tmpfs, "rw,mode=1777"),
        "security_opt": ["no-new-privileges"],
        "pids_limit": PROCESSES,
    }
    if recipe.memory:
        arguments["mem_limit"] = recipe.memory
    if recipe.health:
        seconds = 1_000_000_000
        arguments["healthcheck"] = {
            "test": ["CMD", *recipe.health],
            "interval": 30 * seconds,
            "timeout": 5 * seconds,
            "start_period": 60 * seconds,
        }
    if recipe.trusted:
        arguments |= {"cap_drop": ["ALL"], "cap_add": list(CAPABILITIES)}
    return arguments


def _labels(recipe: Recipe) -> dict[str, str]:
    labels = {HOME_LABEL: recipe.home_id, KEY_LABEL: recipe.key, KIND_LABEL: recipe.kind}
    return labels | ({RUN_LABEL: recipe.run} if recipe.run else {})


def _ensure_network(docker: DockerClient, home_id: str, home: Path) -> str:
    name = network_of(home_id)
    with leases.hold(lease_path(home, "network"), exclusive=True, timeout=60, purpose="make the network"):
        if not docker.networks.list(names=[f"^{name}$"]):
            docker.networks.create(name, driver="bridge", labels={HOME_LABEL: home_id})
    return name


def _archive(files: Mapping[str, str]) -> bytes:
    """Return a tar archive of text files by absolute path, which everybody in the container can read."""
    import tarfile  # noqa: PLC0415 - a warm container is found without

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            data = text.encode()
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _ports(published: Mapping[str, Any]) -> dict[int, int]:
    return {
        int(inside.partition("/")[0]): int(bindings[0]["HostPort"])
        for inside, bindings in published.items()
        if bindings
    }
