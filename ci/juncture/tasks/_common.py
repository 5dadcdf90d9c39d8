"""What every task shares: how it is declared, how it finds the declaration, how it prints.

The tasks import the rungs below when they run, so that the overview and the help do not wait for it.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.tasks import task

from juncture.errors import UsageError
from juncture.program import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from juncture.config.types import Config
    from juncture.isolation import Workspace

__all__ = [
    "ROOT_HELP",
    "command",
    "declaration",
    "declaration_if_any",
    "dev_workspace",
    "environment",
    "lines_of",
    "note",
    "say",
]

command = partial(task, klass=Command, auto_shortflags=False)
"""Make a task of juncture's own; see `juncture.program.Command`."""

ROOT_HELP = "use the declaration in DIR (default: the nearest one from here upward)"


def environment() -> Mapping[str, str]:
    """Return this process's environment: the one place where the tasks read it."""
    return os.environ


def declaration(root: str) -> Config:
    """Load the declaration of a project; an empty ``root`` looks for it from the current folder upward."""
    from juncture.provisioning import declare  # noqa: PLC0415

    if root and not Path(root).is_dir():
        raise UsageError(f"there is no folder {root}", where="--root")
    return declare(Path(root) if root else None, environ=environment())


def declaration_if_any(root: str) -> Config | None:
    """Load the declaration of a project, or return None where ``root`` is empty and none is found upward."""
    from juncture.config import find_root  # noqa: PLC0415

    return declaration(root) if root or find_root(Path.cwd()) else None


def dev_workspace(config: Config) -> Workspace:
    """Return the workspace that is kept: what ``services.up`` starts and ``db.shell`` looks into."""
    from juncture.isolation.development import open_development  # noqa: PLC0415

    return open_development(config, environ=environment(), tell=lambda line: note([line]))


def lines_of(workspace: Workspace) -> list[str]:
    """Return what was started for a workspace, a line for each service and state."""
    from juncture.reporting.services import service_lines  # noqa: PLC0415

    return service_lines(workspace, controller=False)


def say(lines: Iterable[str]) -> None:
    """Print the answer, on standard output, at once."""
    sys.stdout.writelines(f"{_printable(line, sys.stdout)}\n" for line in lines)
    sys.stdout.flush()


def note(lines: Iterable[str]) -> None:
    """Print what is not the answer, on standard error."""
    sys.stderr.writelines(f"{_printable(line, sys.stderr)}\n" for line in lines)
    sys.stderr.flush()


def _printable(line: str, stream: TextIO) -> str:
    """Return a line with what the stream has no form for written out: an odd byte in the name of a test's file."""
    encoding = stream.encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)
