"""How much memory a container holds, as the kernel counts it: an engine takes a second to tell the same."""

from __future__ import annotations

from pathlib import Path

__all__ = ["memory_of"]

PROCESSES = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")

FILES = {"memory": ("memory.usage_in_bytes", "total_inactive_file"), "": ("memory.current", "inactive_file")}
"""By controller (none in version 2): the file with the bytes, and what ``memory.stat`` calls those of a mere cache."""


def memory_of(pid: int, identity: str) -> int | None:
    """Return the bytes that the control group of a process holds, data in memory included; None where that is not told.

    ``identity`` is the container's id: a process of that number which is in no such group is somebody else's, and the
    container on another machine.
    """
    try:
        rows = [row.split(":", 2) for row in (PROCESSES / str(pid) / "cgroup").read_text().splitlines()]
        groups = {controllers: path for _, controllers, path in rows if identity in path}
        controller = next(name for name in FILES if name in groups)
        used, reclaimable = FILES[controller]
        folder = GROUPS / controller / groups[controller].lstrip("/")
        figures = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return max(0, int((folder / used).read_text()) - int(figures[reclaimable]))
    except (OSError, ValueError, KeyError, StopIteration):
        return None
