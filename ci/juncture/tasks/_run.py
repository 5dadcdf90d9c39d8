"""The tasks ``run`` and ``config.show``."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import UsageError
from juncture.tasks._child import run_child
from juncture.tasks._common import ROOT_HELP, command, declaration, environment, lines_of, note, say
from juncture.tasks._configuration import config_rows
from juncture.tasks._screens import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["exact_words", "run", "run_with", "show"]

_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


@command(remainder="-- CMD...", help={"root": ROOT_HELP})
def run(context: Any, root: str = "") -> None:
    """Run a command with the services up and the environment set.

    The services are those of this one call: databases and keys are the command's own and are gone after it. Its exit
    code is passed on, and so are signals.

    Examples:
        juncture run -- python -m shop.report --month 2026-10
        juncture run -- sh -c 'psql "$DATABASE_URL" -c "select 1"'

    """
    words = exact_words(context.remainder, sys.argv)
    if not words:
        raise UsageError("there is no command to run", where="run", hint="It goes after --: juncture run -- CMD...")
    from juncture.isolation import open_workspace  # noqa: PLC0415

    with open_workspace(declaration(root), environ=environment()) as workspace:
        note(lines_of(workspace))
        code = run_with(words, workspace.environment)
    raise Exit(code=code)


@command(help={"root": ROOT_HELP})
def show(_context: Any, root: str = "") -> None:
    """Show every setting, its value and its source.

    Passwords and tokens that are written into the declaration are hidden.

    Examples:
        juncture config.show
        JUNCTURE_PROVIDER=embedded juncture config.show

    """
    config = declaration(root)
    found = ("root", str(config.root), "command line --root" if root else "the nearest pyproject.toml")
    say(table(("key", "value", "source"), [found, *config_rows(config)]))


def exact_words(remainder: str, argv: Sequence[str]) -> list[str]:
    """Return what stood after ``--``, word by word.

    Plain Invoke joins it by spaces, so its words are taken from ``argv``; `juncture.program.Program` quotes it, so
    that it can be split again.
    """
    tail = list(argv[argv.index("--") + 1 :]) if "--" in argv else []
    return tail if " ".join(tail) == remainder else shlex.split(remainder)


def run_with(words: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command with these variables added to the environment; return its exit code.

    A command that is not there gives 127, one that may not be run 126, as in a shell.
    """
    try:
        return run_child(words, {**environment(), **variables})
    except FileNotFoundError:
        message, code = f"there is no command {words[0]}", _NOT_FOUND
    except PermissionError:
        message, code = f"{words[0]} may not be executed", _NOT_EXECUTABLE
    raise Exit(f"juncture: {message}", code=code)
