"""Tests of ``juncture.host.leases`` between real processes."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from juncture.host import leases

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Child

HOLD = """
import sys
from pathlib import Path
from juncture.host import leases
lease = leases.hold(Path(sys.argv[1]), exclusive=sys.argv[2] == "exclusive", timeout=5, purpose="use it")
print("held", flush=True)
sys.stdin.read()
"""

EXEC = """
import subprocess, sys
from pathlib import Path
from juncture.host import leases
lease = leases.hold(Path(sys.argv[1]), exclusive=True, timeout=5, purpose="use it")
outliving = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
print(outliving.pid, flush=True)
sys.stdin.read()
"""

COUNT = """
import json, sys
from pathlib import Path
from juncture.host import leases
path, counter = map(Path, sys.argv[1:])
for _ in range(50):
    lease = leases.hold(path, exclusive=True, timeout=30, purpose="count")
    counter.write_text(str(int(counter.read_text()) + 1))
    lease.retire()
print(json.dumps("done"))
"""


def test_lease_of_a_killed_process_vanishes(tmp_path: Path, child: Child) -> None:
    """After SIGKILL nothing has to be cleaned up: the lock is the kernel's."""
    path = tmp_path / "key"
    holder = child(HOLD, path, "exclusive")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert leases.attempt(path, exclusive=False) is None
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    leases.hold(path, exclusive=True, timeout=0, purpose="use it").release()


def test_program_that_outlives_the_holder_keeps_no_lock(tmp_path: Path, child: Child) -> None:
    """A server that a test run started does not hold the run's leases, even where it inherits descriptors."""
    path = tmp_path / "key"
    holder = child(EXEC, path)
    assert holder.stdout is not None
    outliving = int(holder.stdout.readline())
    holder.kill()
    holder.wait()
    try:
        leases.hold(path, exclusive=True, timeout=0, purpose="use it").release()
    finally:
        os.kill(outliving, signal.SIGKILL)


def test_holders_of_other_processes_are_counted(tmp_path: Path, child: Child) -> None:
    """What people are told is how many processes use a thing."""
    path = tmp_path / "key"
    holders = [child(HOLD, path, "shared") for _ in range(3)]
    for holder in holders:
        assert holder.stdout is not None
        holder.stdout.readline()
    assert leases.holders(path) == 3
    holders[0].kill()
    holders[0].wait()
    assert leases.holders(path) == 2


def test_twenty_processes_never_hold_one_lease_together(
    tmp_path: Path, child: Child, answers: Callable[[list[subprocess.Popen[str]]], list[Any]]
) -> None:
    """Also where each holder removes the file, so that the next one locks another inode of the same name."""
    counter = tmp_path / "counter"
    counter.write_text("0")
    answers([child(COUNT, tmp_path / "key", counter) for _ in range(20)])
    assert counter.read_text() == "1000"
