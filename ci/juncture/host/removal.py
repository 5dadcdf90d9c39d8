"""Remove a container that nobody uses: the keeper starts this as a process, because an engine may be slow or hung.

What is removed has to bear the labels of the home and the key that it is removed for, whatever its name says.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.host import leases
from juncture.host.engine import Engine, EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HOME_LABEL", "KEY_LABEL", "KIND_LABEL", "RUN_LABEL", "forget", "is_ours", "main", "remove"]

HOME_LABEL, KEY_LABEL, KIND_LABEL, RUN_LABEL = "juncture.home", "juncture.key", "juncture.kind", "juncture.run"
"""What a container of ours is marked with: the home folder that made it, its key, the kind of service; and the run,
where it is one run's alone."""

GONE_WITHIN = 30.0
"""Seconds that a container which is being removed may take to be gone."""

PAUSE = 0.01

CONFLICT = 409
"""The status of a removal while another one goes on."""


def is_ours(found: Mapping[str, Any], *, home_id: str, key: str) -> bool:
    """Tell whether a container, as the engine describes it, was made by this home for this key."""
    labels = found["Config"].get("Labels") or {}
    return labels.get(HOME_LABEL) == home_id and labels.get(KEY_LABEL) == key


def remove(engine: Engine, name: str, *, home_id: str, key: str) -> None:
    """Remove a container of ours with its data, whatever its state, and return when it is gone.

    One that is not ours is left alone. Raise `EngineError` where it does not go away.
    """
    deadline = time.monotonic() + GONE_WITHIN
    while (found := engine.container(name)) is not None and is_ours(found, home_id=home_id, key=key):
        if found["State"]["Status"] != "removing":
            try:
                engine.remove(str(found["Id"]))
            except EngineError as error:
                if error.status != CONFLICT:
                    raise
        if time.monotonic() > deadline:
            raise EngineError(f"the container {name} does not go away", CONFLICT)
        time.sleep(PAUSE)


def forget(home: Path, key: str, *, once: bool) -> None:
    """Remove what is written down of a container that is gone; ``once`` says that its key never comes again."""
    traces = [home / "run" / "containers" / f"{key}.json"]
    if once:
        ports = home / "run" / "ports"
        traces += [ports / key, *ports.glob(f"{key}-*")]
        folder = home / "leases"
        for path in (folder / f"start-{key}", folder / f"slot-{key}", *folder.glob(f"slot-{key}-*")):
            if path.exists() and (lease := leases.attempt(path, exclusive=True)):
                lease.retire()
    for path in traces:
        path.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Remove one container, and return the exit code: whose lease it is, the parent holds."""
    address, certificates, name, home_id, key, home, once = arguments
    try:
        remove(Engine(address, certificates), name, home_id=home_id, key=key)
    except (EngineError, OSError) as error:
        sys.stderr.write(f"the container {name} could not be removed: {error}\n")
        return 1
    with suppress(OSError):
        forget(Path(home), key, once=bool(once))
    return 0
