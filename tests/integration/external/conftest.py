"""Servers that were started by hand, and a project in a home that knows of none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hand
import pytest

from juncture.config import parse
from juncture.errors import JunctureError
from juncture.isolation import open_workspace
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace


class World:
    """Servers that were started by hand, and a project in a home that knows of none of them."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        """Begin with what the environment says."""
        self.root = root
        self.environ = environ

    def declared(self, *names: str, **top: Any) -> Config:
        """Return the declaration of services, each named as its kind."""
        services = {name: {"kind": name} for name in names}
        table = {"services": services, "provider": "auto"} | top
        environ = self.environ
        return parse(table, root=self.root, kinds=schemas(), project="shop", environ=environ, overrides={})

    def open(self, *names: str, **top: Any) -> Workspace:
        """Return a started workspace with services, each named as its kind."""
        return open_workspace(self.declared(*names, **top), environ=self.environ)

    def refusal(self, *names: str, **top: Any) -> str:
        """Return the message of the error that opening ends with; it holds no password, in whatever spelling."""
        with pytest.raises(JunctureError) as raised:
            self.open(*names, **top).release()
        message = str(raised.value)
        assert hand.PASSWORD not in message
        assert hand.ENCODED not in message
        return message


@pytest.fixture(scope="session")
def programs(servers: Path) -> hand.Programs:
    """Return the programs of all servers."""
    return hand.Programs(servers)


@pytest.fixture
def world(root: Path, bare_home: Path, environment_of: Callable[[Path], dict[str, str]]) -> World:
    """Return a project whose home starts nothing."""
    return World(root, environment_of(bare_home))


@pytest.fixture(scope="module")
def database(programs: hand.Programs) -> Iterator[hand.Hand]:
    """Return a PostgreSQL that was started by hand."""
    with hand.postgres(programs) as server:
        yield server


@pytest.fixture
def cache(programs: hand.Programs) -> Iterator[hand.Hand]:
    """Return a Redis with a password that was started by hand."""
    with hand.redis(programs, f'requirepass "{hand.PASSWORD}"') as server:
        yield server


@pytest.fixture
def databases(database: hand.Hand) -> Iterator[Callable[[], set[str]]]:
    """Return a function that returns the names of all databases of juncture's; there is none before and after."""

    def names() -> set[str]:
        return set(hand.asked(database, "SELECT datname FROM pg_database WHERE starts_with(datname, 'j')"))

    yield names
    for name in names():
        hand.asked(database, f"ALTER DATABASE {name} WITH IS_TEMPLATE false")
        hand.asked(database, f"DROP DATABASE {name} WITH (FORCE)")
