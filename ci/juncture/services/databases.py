"""What the catalogue says of servers that give each worker a database: how those are made, told apart and dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from juncture.model import Endpoint
    from juncture.services.things import Thing

__all__ = ["Databases", "Drop", "Restorer"]


class Drop(Protocol):
    """How a database is dropped."""

    def __call__(self, admin: Endpoint, name: str, *, force: bool) -> bool:
        """Return False where somebody is connected to it, whom ``force`` would cut off; one that is gone is dropped."""
        ...


class Restorer(Protocol):
    """What brings one database back to its template, again and again."""

    def restore(self, *, fresh: bool = False) -> Literal["nothing", "rows", "fresh"]:
        """Do that, and return what it took: no change, some rows, or a new database under the same name."""
        ...

    def changed(self) -> bool:
        """Tell whether there may be something to bring back."""
        ...

    def keep(self, name: str) -> None:
        """Copy the database as it is to another one of that name, which is its template from now on."""
        ...

    def close(self) -> None:
        """Let go of the server."""
        ...


class Databases(Value, kw_only=True, eq=False):
    """What a server can do with databases, where each worker has one of its own; all but ``run`` take an administrator.

    ``at`` returns the endpoint of a database, and ``clone`` makes one from a sealed template, or an empty one where
    that is not named; ``whole`` tells whether that was finished. ``listed`` maps those whose names begin in some way to
    whether somebody is connected, ``sizes`` to their bytes, as far as they are known within some seconds. ``sealed``
    tells whether a template is whole; ``seal`` makes one out of a database, so that a killed process leaves none, and
    ``retire`` drops one, unless it is in use. ``run`` runs SQL, and names in its `StateError` where that comes from.
    ``describe`` returns every object of a database with its definition, None where nobody can tell. ``restorer`` takes
    a template and the name of a database that was just cloned from it.
    """

    at: Callable[[Endpoint, str], Endpoint]
    clone: Callable[[Endpoint, str, str], None]
    drop: Drop
    listed: Callable[[Endpoint, Collection[str]], Mapping[str, bool]]
    whole: Callable[[Endpoint, str], bool]
    sizes: Callable[[Endpoint, Collection[str], float], Mapping[str, int | None]]
    sealed: Callable[[Endpoint, str], bool]
    seal: Callable[[Endpoint, str, str, str], None]
    retire: Callable[[Endpoint, str], bool]
    run: Callable[[Endpoint, str, str], None]
    describe: Callable[[Endpoint], Mapping[Thing, str]] | None = None
    restorer: Callable[[Endpoint, str, str], Restorer] | None = None
