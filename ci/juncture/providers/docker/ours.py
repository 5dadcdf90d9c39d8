"""What a home has on an engine: its containers in any state, its network, its images and volumes; and nobody else's."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from juncture.host import keeper, leases, removal, uses
from juncture.host.control_groups import memory_of
from juncture.host.folders import lease_path
from juncture.host.removal import HOME_LABEL, KEY_LABEL, KIND_LABEL, RUN_LABEL
from juncture.providers.docker.containers import network_of
from juncture.providers.docker.places import home_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from juncture.host.engine import Engine

__all__ = [
    "Container",
    "Thing",
    "containers",
    "images",
    "known_home_id",
    "networks",
    "remove",
    "volumes",
    "won",
]

LISTED_WITHIN = 30.0
"""Seconds for a list with sizes, which the engine adds up file by file."""

LOOKS, PAUSE = 5, 0.02
"""How often a lease is tried that somebody else may have for a moment, and the seconds in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container of ours: ``state`` in the engine's words, ``image`` as people call it, moments since the epoch.

    ``bindings`` are the addresses on the engine's host that lead into it, while it runs, ``started`` is 0.0 where it
    does not; ``ports`` pairs those inside with the host's. ``once`` says that it was made for one run alone. ``pid`` is
    its first process, on the engine's host.
    """

    id: str
    name: str
    key: str
    kind: str
    state: str
    image: str
    image_id: str
    bindings: tuple[str, ...]
    ports: tuple[tuple[int, int], ...]
    created: float
    started: float
    once: bool
    pid: int

    @property
    def memory(self) -> int | None:
        """The bytes of memory that it holds, data included; None where it does not run, or that can't be told."""
        return memory_of(self.pid, self.id) if self.pid else None


@dataclass(frozen=True, slots=True)
class Thing:
    """A network, an image or a volume of ours."""

    id: str
    name: str
    size: int | None = None


def known_home_id(home: Path) -> str | None:
    """Return what marks the containers of a home; None where it never made one, and nothing is made by asking."""
    return home_id(home) if (home / "run" / "secret").exists() else None


def containers(engine: Engine, identity: str) -> list[Container]:
    """Return the containers of a home, by name. Raise `EngineError` where the engine does not tell.

    One is ours where label, key and name agree; a container that somebody made from one of our images has its labels.
    """
    ours = []
    for row in engine.containers(f"{HOME_LABEL}={identity}"):
        key = row["Labels"].get(KEY_LABEL, "")
        if not key or f"/juncture-{key}" not in row["Names"]:
            continue
        facts = engine.container(row["Id"])
        if facts is not None:  # else it went away in the meantime
            ours.append(_container(engine, key, facts))
    return sorted(ours, key=lambda container: container.name)


def remove(engine: Engine, home: Path, container: Container) -> bool:
    """Remove a container that nobody uses, in any state, with its data; return False where somebody uses it.

    Raise `EngineError` where the engine does not do it.
    """
    keeper.stop(home, container.key)  # what it can't remove can be removed from here, and the lease tells of users
    lease = won(lease_path(home, f"server-{container.key}"))
    if lease is None:
        return False
    with lease:
        removal.remove(engine, container.name, home_id=home_id(home), key=container.key)
        removal.forget(home, container.key, once=container.once)
        uses.forget(home, container.key)
        lease.retire()
    return True


def won(path: Path) -> leases.Lease | None:
    """Return an exclusive lease, None where somebody holds one: longer than the keeper does, when it looks around."""
    for _ in range(LOOKS):
        if lease := leases.attempt(path, exclusive=True):
            return lease
        time.sleep(PAUSE)
    return None


def networks(engine: Engine, identity: str) -> list[Thing]:
    """Return the network of a home, where it has one."""
    return [
        Thing(row["Id"], row["Name"])
        for row in engine.ask("GET", f"/networks?filters={_labelled(identity)}")
        if row["Name"] == network_of(identity)
    ]


def images(engine: Engine, identity: str) -> list[Thing]:
    """Return the images that were built for a home."""
    path = f"/images/json?filters={_labelled(identity)}"
    rows: Iterable[Mapping[str, Any]] = engine.ask("GET", path, patience=LISTED_WITHIN)
    return [Thing(row["Id"], _called(row["RepoTags"] or [], row["Id"]), int(row["Size"])) for row in rows]


def volumes(engine: Engine, identity: str) -> list[Thing]:
    """Return the volumes of a home that no container has."""
    answer = engine.ask("GET", f"/volumes?filters={_labelled(identity, dangling=['true'])}")
    return [Thing(row["Name"], row["Name"]) for row in answer["Volumes"] or []]


def _container(engine: Engine, key: str, facts: Mapping[str, Any]) -> Container:
    state, published = facts["State"], facts["NetworkSettings"].get("Ports") or {}
    runs = bool(state.get("Running"))
    return Container(
        id=facts["Id"],
        name=facts["Name"].removeprefix("/"),
        key=key,
        kind=facts["Config"]["Labels"].get(KIND_LABEL, ""),
        state=state["Status"],
        image=_image(engine, facts),
        image_id=facts["Image"],
        bindings=tuple(
            f"{binding['HostIp']}:{binding['HostPort']}" for bound in published.values() for binding in bound or ()
        ),
        ports=tuple(
            (int(inside.partition("/")[0]), int(bound[0]["HostPort"])) for inside, bound in published.items() if bound
        ),
        created=_moment(facts["Created"]),
        started=_moment(state["StartedAt"]) if runs else 0.0,
        once=RUN_LABEL in facts["Config"]["Labels"],
        pid=int(state.get("Pid") or 0),
    )


def _image(engine: Engine, facts: Mapping[str, Any]) -> str:
    """Return how people call a container's image: it was made by the image's id."""
    image = engine.image(facts["Image"]) or {}
    return _called([*(image.get("RepoTags") or []), *(image.get("RepoDigests") or [])], facts["Image"])


def _called(names: list[str], identity: str) -> str:
    known = [name for name in names if "<none>" not in name]
    return known[0] if known else identity.removeprefix("sha256:")[:12]


def _labelled(identity: str, **more: list[str]) -> str:
    return quote(json.dumps({"label": [f"{HOME_LABEL}={identity}"], **more}))


def _moment(text: str) -> float:
    """Return a moment as the engine writes it in seconds since the epoch; digits beyond microseconds are lost."""
    return datetime.fromisoformat(text).timestamp()
