"""What a diagnosis is made from, and what it comes to: values alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config.types import Source

__all__ = ["DockerFacts", "EnvironmentFacts", "Facts", "Finding", "HomeFacts", "Level", "ServiceFacts"]

Level = Literal["ok", "note", "problem"]
"""A *problem* keeps tests from running, a *note* makes them slower or different from what was declared."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis; whatever is not ok comes with its ``fix``."""

    topic: str
    level: Level
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What a declared service would be here. Where it can't be given, ``error`` says why and ``hint`` what to do.

    ``why`` says why its provider is none that would have come first. ``program`` is the server's usual name, empty for
    a process of the project's own. ``image`` is a container's reference, and ``pinned`` whether the declaration has its
    digest; ``present`` tells whether the engine has it, ``digest`` by which one, empty where no registry ever had it.
    ``address`` is that of a server that runs already, and ``answers`` whether it does.
    """

    name: str
    kind: str
    asked: str = ""
    product: str = ""
    version: str = ""
    program: str = ""
    provider: str = "embedded"
    why: str = ""
    image: str = ""
    pinned: bool = False
    present: bool = True
    digest: str = ""
    address: str = ""
    answers: bool = True
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerFacts:
    """Whether a Docker engine answers at ``address``: there is none, it may not be asked, is silent, or answers.

    ``sdk`` tells whether the Docker SDK for Python is installed, ``apart`` why containers can't be shared between runs,
    empty where they can. ``memory`` are the bytes that all containers have, 0 where that is not told. ``exposed`` are
    containers of ours, with the address, that others than this host can reach.
    """

    address: str
    state: Literal["absent", "forbidden", "silent", "answers"]
    version: str = ""
    sdk: bool = True
    apart: str = ""
    memory: int = 0
    exposed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """juncture's folder. ``keeper`` is None where it does not run, else how many servers it has, or -1: no answer."""

    path: str
    writable: bool
    mine: bool
    free: int
    locks: bool
    keeper: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFacts:
    """One Python environment, and the versions of what is installed in it."""

    name: str
    python: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the findings depend on.

    ``problem`` and ``hint`` say what is wrong with the declaration, both empty where nothing is; ``sources`` maps a
    setting that another layer than the file decides to its value and source. ``loopback`` is the error that talking to
    127.0.0.1 gave, empty where it works; ``proxy`` the variable that would lead it elsewhere. ``memory`` are total and
    free bytes of the tmpfs for data, None where there is none. ``user`` is who runs this, ``dropped`` whom servers are
    dropped to (empty: nobody), ``closed`` the folder that this one can't enter. ``idle`` is in seconds.
    """

    root: str
    problem: str = ""
    hint: str = ""
    provider: str = "auto"
    idle: float = 0.0
    sources: Mapping[str, tuple[str, Source]] = field(default_factory=dict)
    services: tuple[ServiceFacts, ...] = ()
    docker: DockerFacts
    loopback: str = ""
    proxy: str = ""
    memory_path: str = ""
    memory: tuple[int, int] | None = None
    user: str = ""
    dropped: str = ""
    closed: str = ""
    home: HomeFacts
    environments: tuple[EnvironmentFacts, ...] = ()
    minima: Mapping[str, str] = field(default_factory=dict)
    measures_itself: str = ""
    compiles_always: bool = False
    ci: str = ""
