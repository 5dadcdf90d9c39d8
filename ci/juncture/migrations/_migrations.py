"""The migrations of one service, on a scratch database: what the fixture ``migrations`` gives."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from juncture.errors import UsageError
from juncture.isolation.migrations import command_words
from juncture.migrations._alembic import Alembic, position
from juncture.migrations._commands import BOOKKEEPING, Commands
from juncture.services import databases_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from juncture.config import Service
    from juncture.isolation.workspace import Workspace
    from juncture.migrations._alembic import Revision
    from juncture.model import Endpoint
    from juncture.services.things import Thing

__all__ = ["Migrations"]


class Migrations:
    """The migrations of one service and an empty database to run them on; a context manager that drops it."""

    def __init__(self, workspace: Workspace, service: Service, start: Callable[[], object] = lambda: None) -> None:
        """Belong to a workspace, which ``start`` starts: nothing is made before it is asked for."""
        self._workspace = workspace
        self._service = service
        self._start = start

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def service(self) -> str:
        """The name of the service."""
        return self._service.name

    @cached_property
    def database(self) -> Endpoint:
        """The scratch database: it is empty at first, and dropped after the test."""
        self._start()
        return self._workspace.scratch(self.service)

    @property
    def heads(self) -> tuple[str, ...]:
        """The ids of the revisions that none builds on."""
        return self._history[0]

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """All revisions, each after those that it builds on."""
        return self._history[1]

    def told(self, revision: Revision) -> str:
        """Return what people call a revision, with its file."""
        return revision.told(self._workspace.config.root)

    def upgrade(self, to: str = "") -> None:
        """Upgrade to a revision, or as far as ``migrate`` does."""
        __tracebackhide__ = True
        self._tool.upgrade(to)

    def downgrade(self, to: str = "") -> None:
        """Downgrade to a revision, or all the way."""
        __tracebackhide__ = True
        self._tool.downgrade(to)

    def schema(self) -> Mapping[Thing, str]:
        """Return every object of the database with its definition, but for the tables in which tools keep what ran.

        Alembic's own one is there from the first look on.
        """
        describe = databases_of(self._service.kind).describe
        if describe is None:
            raise UsageError(f"the schema of a {self._service.kind} can't be compared", where=f"service {self.service}")
        if isinstance(self._tool, Alembic):
            self._tool.ensure()
            return describe(self.database)
        found = describe(self.database)
        kept = {str(thing) for thing in found if thing.name.rpartition(".")[2] in BOOKKEEPING}
        return {thing: text for thing, text in found.items() if not kept.intersection((str(thing), thing.of))}

    def another(self) -> Migrations:
        """Return the same migrations with another database."""
        return Migrations(self._workspace, self._service, self._start)

    def close(self) -> None:
        """Drop the database, and end what migrates it."""
        if "_tool" in vars(self):
            self._tool.close()
        if "database" in vars(self):
            self._workspace.discard(self.database)

    @cached_property
    def _tool(self) -> Alembic | Commands:
        environment = self._workspace.variables(self.database)
        return self._alembic(environment) or Commands(self._workspace.config, self._service, environment)

    @cached_property
    def _history(self) -> tuple[tuple[str, ...], tuple[Revision, ...]]:
        workspace = self._workspace
        alembic = self._alembic({**workspace.environ, **workspace.environment})  # no database is asked, none is made
        if alembic is None:
            raise UsageError(
                f"juncture knows the revisions of Alembic alone, not those of {self._service.migrate!r}",
                where=f"service {self.service}",
                hint="leave out this test; test_upgrade_downgrade_upgrade works with any tool",
            )
        try:
            return alembic.revisions()
        finally:
            alembic.close()

    def _alembic(self, environment: Mapping[str, str]) -> Alembic | None:
        """Return Alembic with these variables, None where ``migrate`` runs another tool."""
        words, root = command_words(self._service), self._workspace.config.root
        if position(words) is None:
            return None
        return Alembic(words, root=root, environment=environment, where=f"service {self.service}")
