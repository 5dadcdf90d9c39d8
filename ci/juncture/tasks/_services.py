"""The tasks ``services.*``: start, stop and look at the declared services."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import UsageError
from juncture.tasks._common import ROOT_HELP, command, declaration, dev_workspace, environment, lines_of, note, say
from juncture.tasks._logs import Tail, following, labelled
from juncture.tasks._screens import FORMATS, status_screen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["down", "env", "logs", "status", "up"]


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

    A server that another process holds is left alone, and named.

    Examples:
        juncture services.down

    """
    from juncture.provisioning import stop  # noqa: PLC0415

    stopped = stop(declaration(root), environ=environment())
    say([f"stopped  {', '.join(stopped)}" if stopped else "nothing to stop"])


@command(help={"root": ROOT_HELP})
def status(_context: Any, root: str = "") -> None:
    """Show what runs, where, for how long, and who holds it.

    Examples:
        juncture services.status

    """
    from juncture.provisioning import status as read_status  # noqa: PLC0415

    say(status_screen(read_status(declaration(root), environ=environment())))


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
    from juncture.provisioning import log_paths  # noqa: PLC0415

    if lines < 0:
        raise UsageError(f"--lines needs a number from 0 up, not {lines}", where="services.logs")
    paths = _chosen(log_paths(declaration(root), environ=environment()), service)
    note(f"{name}: no log yet" for name, files in paths.items() if not files)
    tails = [Tail(_log_name(name, file, files), file) for name, files in paths.items() for file in files]
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


def _log_name(service: str, file: Path, files: Sequence[Path]) -> str:
    """Return what a log is called: its service, and the end of the file's name where the service has several."""
    return f"{service}/{file.stem.rpartition('-')[2]}" if len(files) > 1 else service


def _chosen(paths: Mapping[str, list[Path]], service: str) -> Mapping[str, list[Path]]:
    """Return the logs to show: one service's, or all."""
    if not service:
        return paths
    if service not in paths:
        raise UsageError(f'no service is called "{service}"', where="--service", hint=f"There are {', '.join(paths)}.")
    return {service: paths[service]}
