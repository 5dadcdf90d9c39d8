"""Kill a job of a pipeline as a machine that fails would: all of its processes at once, or its container."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["strike"]

FIND = 'cd /proc && for p in [0-9]*; do grep -qszxF "$0" "$p/environ" && echo "$p"; done; true'
"""Prints the processes that have a variable of this value; the shell itself does not have it."""


def strike(variable: str, what: str, delay: float, pipeline: subprocess.Popen[bytes]) -> None:
    """Kill the job whose processes have this variable (``NAME=value``), ``delay`` seconds after they are seen.

    ``what`` is ``processes`` or ``container``. Raise `AssertionError` where there was no such job to the end.
    """
    container = _wait_for(variable, pipeline)
    time.sleep(delay)  # the moment is the dice's
    if what == "container":
        subprocess.run(["docker", "kill", container], check=True, capture_output=True, timeout=60)
        return
    kill = f"for p in $({FIND}); do kill -9 $p; done"
    subprocess.run(["docker", "exec", container, "sh", "-c", kill, variable], check=True, timeout=60)


def _wait_for(variable: str, pipeline: subprocess.Popen[bytes]) -> str:
    while pipeline.poll() is None:
        for container in _containers():
            words = ["docker", "exec", container, "sh", "-c", FIND, variable]
            if subprocess.run(words, check=False, capture_output=True, timeout=60).stdout.strip():
                return container
        time.sleep(0.1)
    raise AssertionError(f"the pipeline ended, and no process had {variable}")


def _containers() -> Iterator[str]:
    """Return the containers that jobs run in now."""
    words = ["docker", "ps", "--filter", "name=^(act|gcl)-", "--format", "{{.Names}} {{.Image}}"]
    for line in subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines():
        name, _, image = line.partition(" ")
        if "/runner:" in image or "juncture-test/runner" in image:
            yield name
