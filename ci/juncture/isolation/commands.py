"""Run a command of the project's that makes a database what it has to be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["run_command"]

SHOWN = 25
"""Lines of its output that are shown where it fails."""


def run_command(argv: Sequence[str], root: Path, environment: Mapping[str, str], where: str) -> None:
    """Run a command in the project's folder, without input; raise `StateError` with the end of its output.

    Programs of the running Python's environment are found before those of the PATH.
    """
    search = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    try:
        done = subprocess.run(
            argv,
            cwd=root,
            env={**environment, "PATH": search},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise StateError(str(error), where=where, hint="is it installed in the environment of the tests?") from None
    if done.returncode:
        tail = "\n".join(f"  | {line}" for line in done.stdout.splitlines()[-SHOWN:])
        raise StateError(f"exit code {done.returncode}\n{tail}", where=where)
