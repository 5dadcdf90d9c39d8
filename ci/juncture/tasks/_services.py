"""The tasks ``services.*``: start, stop and look at the declared services."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import ProviderError, UsageError
from juncture.tasks._common import ROOT_HELP, command, declaration, dev_workspace, environment, lines_of, note, say
from juncture.tasks._logs import EngineTail, Tail, following, labelled
from juncture.tasks._screens import FORMATS, prune_screen, status_screen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from juncture.config.types import Config

__all__ = ["down", "env", "logs", "prune", "status", "up"]


@command(help={"root": ROOT_HELP})
def up(_context: Any, root: str = "") -> None:
    """Start the declared services, and keep them.

    Migrations and seed files are applied. A second call finds what the first one started; a server that nobody uses
    is stopped after the declared idle time.

    Examples:
        juncture services.up
        eval "$(juncture services.env --format shell)"

    """
    with dev_workspace(declaration(root)) as workspace:
        say(lines_of(workspace))


@command(help={"root": ROOT_HELP})
def down(_context: Any, root: str = "") -> None:
    """Stop the servers that nobody uses.

    A server that another process holds is left alone, and named. What is in a container goes with it.

    Examples:
        juncture services.down

    """
    from juncture.provisioning.survey import stop  # noqa: PLC0415

    stopped = stop(declaration(root), environ=environment())
    say([f"stopped  {', '.join(stopped)}" if stopped else "nothing to stop"])


@command(help={"all": "show the servers of all projects of this user", "root": ROOT_HELP})
def status(_context: Any, all: bool = False, root: str = "") -> None:  # noqa: A002, FBT001, FBT002 - Invoke's flag
    """Show what runs, where, for how long, and who holds it.

    Examples:
        juncture services.status

    """
    from juncture.isolation.census import count  # noqa: PLC0415
    from juncture.provisioning.survey import status as read_status  # noqa: PLC0415
    from juncture.provisioning.survey import unseen  # noqa: PLC0415

    say(status_screen(read_status(declaration(root), environ=environment(), count=count, every=all)))
    if problem := unseen(environment()):
        note([f"containers can't be seen: {problem}"])


@command(help={"dry-run": "only say what would go"})
def prune(_context: Any, dry_run: bool = False) -> None:  # noqa: FBT001, FBT002 - Invoke's flag
    """Remove what nobody uses: containers, data, old programs.

    It is about all projects of this user, and needs no declaration. What a process holds stays; what services.up kept
    goes with its server. With an engine that does not answer the rest is done, and the exit code is 11.

    Examples:
        juncture services.prune --dry-run

    """
    from juncture.isolation.census import clear  # noqa: PLC0415
    from juncture.provisioning.prune import prune as clean_up  # noqa: PLC0415

    pruned = clean_up(environ=environment(), dry_run=dry_run, clear=clear)
    say(prune_screen(pruned, dry_run=dry_run))
    note(pruned.problems)
    if pruned.problems:
        raise Exit(code=ProviderError.exit_code)


@command(
    help={
        "service": "show the log of NAME alone (default: all of them)",
        "lines": "show the last N lines of each log",
        "follow": "go on showing new lines until Ctrl-C",
        "root": ROOT_HELP,
    }
)
def logs(
    _context: Any,
    service: str = "",
    lines: int = 20,
    follow: bool = False,  # noqa: FBT001, FBT002 - Invoke's flags
    root: str = "",
) -> None:
    """Show the logs of the servers.

    Examples:
        juncture services.logs --service db --lines 100
        juncture services.logs --follow

    """
    if lines < 0:
        raise UsageError(f"--lines needs a number from 0 up, not {lines}", where="services.logs")
    found = _chosen(_logs(declaration(root)), service)
    note(f"{name}: no log that can be read here" for name, every in found.items() if not every)
    tails = [tail for every in found.values() for tail in every]
    width = max(len(tail.name) for tail in tails) if len(tails) > 1 else 0
    for tail in tails:
        say(labelled(tail.name, tail.last(lines), width))
    if follow:
        try:
            for name, new in following(tails):
                say(labelled(name, new, width))
        except KeyboardInterrupt:
            raise Exit(code=128 + signal.SIGINT) from None


@command(help={"format": "dotenv, shell or json", "root": ROOT_HELP})
def env(_context: Any, format: str = "dotenv", root: str = "") -> None:  # noqa: A002 - the option's name
    """Print the environment for the services of services.up.

    Services that do not run yet are started. What was started is said on standard error.

    Examples:
        juncture services.env > .env
        eval "$(juncture services.env --format shell)"

    """
    if format not in FORMATS:
        what = f'unknown format "{format}"'
        raise UsageError(what, where="services.env", hint=f"--format takes {', '.join(FORMATS)}.")
    with dev_workspace(declaration(root)) as workspace:
        note(lines_of(workspace))
        say([FORMATS[format](workspace.environment)])


def _logs(config: Config) -> Mapping[str, Sequence[Tail | EngineTail]]:
    """Return the logs of each service, of processes and of containers; a service with several has them numbered."""
    from juncture.provisioning.survey import container_logs, log_paths  # noqa: PLC0415

    engine = container_logs(config, environ=environment())
    return {
        name: [
            *(Tail(_log_name(name, path.stem, len(files) + len(engine[name])), path) for path in files),
            *(EngineTail(_log_name(name, log.container, len(files) + len(engine[name])), log) for log in engine[name]),
        ]
        for name, files in log_paths(config, environ=environment()).items()
    }


def _log_name(service: str, key: str, count: int) -> str:
    """Return what a log is called: its service, and the end of its server's key where the service has several."""
    return f"{service}/{key.rpartition('-')[2]}" if count > 1 else service


def _chosen(logs: Mapping[str, Sequence[Tail | EngineTail]], service: str) -> Mapping[str, Sequence[Tail | EngineTail]]:
    """Return the logs to show: one service's, or all."""
    if not service:
        return logs
    if service not in logs:
        raise UsageError(f'no service is called "{service}"', where="--service", hint=f"There are {', '.join(logs)}.")
    return {service: logs[service]}
