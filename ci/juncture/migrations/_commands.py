"""Any other tool: one command that upgrades, another one that undoes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.isolation.templates import migrate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Config, Service

__all__ = ["BOOKKEEPING", "Commands"]

BOOKKEEPING = frozenset(
    {
        *("aerich", "atlas_schema_revisions", "databasechangelog", "databasechangeloglock", "django_migrations"),
        *("flyway_schema_history", "goose_db_version", "knex_migrations", "knex_migrations_lock", "pgmigrations"),
        *("_prisma_migrations", "schema_migrations", "sqitch"),
        *("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock"),
    }
)
"""Tables, and a schema, in which tools keep what ran: they stay when everything is undone."""


class Commands:
    """The migrations of one database, by the commands that its service declares."""

    def __init__(self, config: Config, service: Service, environment: Mapping[str, str]) -> None:
        """Take the declaration, and the variables that name the database."""
        self._config = config
        self._service = service
        self._environment = environment

    def upgrade(self, to: str = "") -> None:
        """Run ``migrate``."""
        self._run(self._service, to)

    def downgrade(self, to: str = "") -> None:
        """Run ``downgrade``; `UsageError` where none is declared."""
        if not self._service.downgrade:
            raise UsageError(
                f"how is {self._service.migrate!r} undone?",
                where=f"service {self._service.name}",
                hint='declare it: downgrade = "python manage.py migrate shop zero"',
            )
        self._run(replace(self._service, migrate=self._service.downgrade), to)

    def close(self) -> None:
        """Do nothing: no command outlives its call."""

    def _run(self, service: Service, to: str) -> None:
        if to:
            what = f"{service.migrate!r} goes to no revision of one's choice; juncture knows those of Alembic alone"
            raise UsageError(what, where=f"service {service.name}")
        migrate(self._config, service, self._environment)
