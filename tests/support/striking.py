"""Kill a job of a pipeline as a machine that fails would: all of its processes at once, or its container.

The processes of containers are looked for among this machine's own, by their variables: the engine has to run on it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["strike"]


def strike(variables: Mapping[str, str], what: str, delay: float, pipeline: subprocess.Popen[bytes]) -> None:
    """Kill the job whose processes have all of these variables, ``delay`` seconds after they are seen.

    ``what`` is ``processes`` or ``container``. Raise `AssertionError` where there was no such job to the end.
    """
    while not (found := list(_containers(variables))):
        assert pipeline.poll() is None, f"the pipeline ended, and no process had {variables}"
        time.sleep(0.1)
    time.sleep(delay)  # the moment is the dice's
    if what == "container":
        subprocess.run(["docker", "kill", found[0][1]], check=True, capture_output=True, timeout=120)
        return
    while found := list(_containers(variables)):  # one of them may be starting another
        for process, _ in found:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _containers(variables: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the processes in containers that have the variables, with the containers' ids."""
    wanted = {f"{name}={value}".encode() for name, value in variables.items()}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            has = set((folder / "environ").read_bytes().split(b"\0"))
            container = re.search("[0-9a-f]{64}", (folder / "cgroup").read_text())
        except OSError:  # it has ended
            continue
        if wanted <= has and container:
            yield int(folder.name), container[0]
