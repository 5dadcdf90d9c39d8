"""Where containers are made, and what is written down of one: what every container of ours has in common."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host.folders import private_folder, secret
from juncture.providers.docker.reach import HERE, Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from juncture.host.engine import Engine, EngineError

__all__ = ["VERSION", "Known", "Place", "engine_failed", "home_id", "known_path"]

VERSION = 1
"""Of what a key is made from, and of what is written down; a container of another version is another container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where containers are made, for whom and for how long.

    ``run`` is the run's id, which is part of the name where the container is this run's alone. ``tell`` gets lines of
    progress. ``reach`` says where its ports are.
    """

    home: Path
    engine: Engine
    environ: Mapping[str, str]
    idle: float
    run: str
    tell: Callable[[str], None] = lambda _: None
    reach: Reach = HERE

    def engine_failed(self, service: str, error: EngineError) -> ProviderError:
        """Return the error to raise where the engine does not answer, or refuses."""
        return engine_failed(self.engine, service, error)


@dataclass(frozen=True, slots=True)
class Known:
    """What was written down of a container that was ready once.

    ``port`` is the first that it is published at, 0 where it has none; ``started`` is when it was started, as the
    engine says it, where that matters.
    """

    id: str
    port: int
    started: str = ""

    def write(self, path: Path) -> None:
        """Write it down, for every process that asks later."""
        unfinished = path.with_suffix(".new")
        unfinished.write_text(
            json.dumps({"version": VERSION, "id": self.id, "port": self.port, "started": self.started})
        )
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path) -> Known | None:
        """Return what is written down, None where there is nothing that makes sense."""
        try:
            kept = json.loads(path.read_text())
            return cls(str(kept["id"]), int(kept["port"]), str(kept.get("started", "")))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def engine_failed(engine: Engine, service: str, error: EngineError) -> ProviderError:
    """Return the error to raise where an engine does not answer, or refuses."""
    did, do = ("refuses", "look at its log") if error.status else ("does not answer", "start it")
    return ProviderError(
        f"the Docker engine at {engine.address} {did}: {error}",
        where=f"service {service}",
        hint=f"{do}, or use JUNCTURE_PROVIDER=embedded",
    )


def known_path(home: Path, key: str) -> Path:
    """Return the file for what is written down of the container of that key."""
    return private_folder(home, "run", "containers") / f"{key}.json"


def home_id(home: Path) -> str:
    """Return what marks the containers of a home: its secret's hash, so that another home of that path is another."""
    return hashlib.sha256(f"home {secret(home)}".encode()).hexdigest()[:12]
