"""The memory of containers, in both versions of control groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.host import control_groups
from juncture.host.control_groups import memory_of

if TYPE_CHECKING:
    from pathlib import Path

ID = "0123abcd"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with what the kernel tells, in both versions, of process 7, which is in a container."""
    monkeypatch.setattr(control_groups, "PROCESSES", tmp_path / "proc")
    monkeypatch.setattr(control_groups, "GROUPS", tmp_path / "groups")
    for folder, current, figure in (
        (f"memory/docker/{ID}", "memory.usage_in_bytes", "total_inactive_file"),
        (f"system.slice/docker-{ID}.scope", "memory.current", "inactive_file"),
    ):
        group = tmp_path / "groups" / folder
        group.mkdir(parents=True)
        (group / current).write_text("1000\n")
        (group / "memory.stat").write_text(f"cache 900\n{figure} 300\n")
    (tmp_path / "proc" / "7").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    "rows", [f"9:cpu:/docker/{ID}\n4:memory:/docker/{ID}\n0::/docker/{ID}\n", f"0::/system.slice/docker-{ID}.scope\n"]
)
def test_memory_is_what_can_not_be_had_back(kernel: Path, rows: str) -> None:
    """Both versions tell what is used, and what of it is only a cache."""
    (kernel / "proc" / "7" / "cgroup").write_text(rows)
    assert memory_of(7, ID) == 700


@pytest.mark.parametrize("rows", ["0::/system.slice/cron.service\n", f"0::/elsewhere/{ID}\n", "nonsense", ""])
def test_memory_of_a_stranger_is_not_told(kernel: Path, rows: str) -> None:
    """A process of that number that is not in the container, or a group that can't be read, tells nothing."""
    (kernel / "proc" / "7" / "cgroup").write_text(rows)
    assert memory_of(7, ID) is None


def test_memory_of_a_process_that_is_gone_is_not_told(kernel: Path) -> None:
    """A container that just ended has no memory, and makes no error."""
    assert memory_of(8, ID) is None
    assert kernel.is_dir()
