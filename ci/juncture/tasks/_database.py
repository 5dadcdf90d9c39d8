"""The tasks ``db.*``: the state of the databases that are kept for this project."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import UsageError
from juncture.tasks._common import ROOT_HELP, command, declaration, dev_workspace, environment, lines_of, note, say
from juncture.tasks._run import exact_words, run_with

if TYPE_CHECKING:
    from juncture.config.types import Config

__all__ = ["chosen_service", "migrate", "reset", "seed", "shell"]

_HELP = {"service": "work on the service NAME (default: the only database)", "root": ROOT_HELP}


@command(help=_HELP)
def migrate(_context: Any, service: str = "", root: str = "") -> None:
    """Migrate the database of services.up to the newest version.

    Examples:
        juncture db.migrate

    """
    from juncture.isolation import development  # noqa: PLC0415

    config = declaration(root)
    say([development.migrate(config, environ=environment(), service=chosen_service(config, service))])


@command(help=_HELP)
def seed(_context: Any, service: str = "", root: str = "") -> None:
    """Apply the seed files, in the declared order.

    Examples:
        juncture db.seed

    """
    from juncture.isolation import development  # noqa: PLC0415

    config = declaration(root)
    say([development.seed(config, environ=environment(), service=chosen_service(config, service))])


@command(help=_HELP)
def reset(_context: Any, service: str = "", root: str = "") -> None:
    """Make the database anew, migrated and seeded.

    Examples:
        juncture db.reset

    """
    from juncture.isolation import development  # noqa: PLC0415

    config = declaration(root)
    say([development.reset(config, environ=environment(), service=chosen_service(config, service))])


@command(remainder="[-- ARGS...]", help=_HELP)
def shell(context: Any, service: str = "", root: str = "") -> None:
    """Open a service's own client: psql, valkey-cli.

    It sees what services.up keeps for this project, not what a test run uses. What follows -- goes to the client. Where
    the server runs in a container and this machine has no client, the container's own is opened.

    Examples:
        juncture db.shell
        juncture db.shell -- -c 'select count(*) from orders'

    """
    from juncture.isolation.development import shell_command  # noqa: PLC0415

    config = declaration(root)
    name = chosen_service(config, service)
    with dev_workspace(config) as workspace:
        note(lines_of(workspace))
        words, secret = shell_command(workspace, name, terminal=sys.stdin.isatty())
        words += exact_words(context.remainder, sys.argv)
        code = run_with(words, {**workspace.environment, **secret})
    raise Exit(code=code)


def chosen_service(config: Config, name: str) -> str:
    """Return the service to work on: the one that was named, or else the only database, or else the only service."""
    from juncture.services import kind  # noqa: PLC0415 - a task imports what it needs when it runs

    names = [service.name for service in config.services]
    if name in names:
        return name
    if name:
        raise UsageError(f'no service is called "{name}"', where="--service", hint=f"There are {', '.join(names)}.")
    databases = [service.name for service in config.services if kind(service.kind).databases]
    for candidates in (databases, names):
        if len(candidates) == 1:
            return candidates[0]
    if not names:
        raise UsageError("no service is declared", hint="Add a table [tool.juncture.services.NAME] to pyproject.toml.")
    hint = f"Name one: --service {' or --service '.join(databases or names)}"
    raise UsageError("there is more than one service to work on", where="--service", hint=hint)
