"""Tests of ``juncture.host.leases`` inside one process: two descriptors compete as two processes do."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from typing import TYPE_CHECKING

import pytest

from juncture.errors import LeaseError
from juncture.host import leases

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("first", "second", "both"), [(False, False, True), (False, True, False), (True, False, False), (True, True, False)]
)
def test_shared_leases_go_together_and_an_exclusive_one_is_alone(
    tmp_path: Path, *, first: bool, second: bool, both: bool
) -> None:
    """Users share a thing; whoever changes it has it alone."""
    with leases.hold(tmp_path / "key", exclusive=first, timeout=0, purpose="use it"):
        other = leases.attempt(tmp_path / "key", exclusive=second)
    assert (other is not None) is both
    if other:
        other.release()


def test_release_frees_the_name_and_can_be_repeated(tmp_path: Path) -> None:
    """After the first release others get the lease, and a second release takes nothing from them."""
    lease = leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it")
    lease.release()
    with leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it"):
        lease.release()
        assert leases.attempt(tmp_path / "key", exclusive=True) is None


def test_error_in_the_block_releases(tmp_path: Path) -> None:
    """A lease that is held by ``with`` is given back when the block fails."""
    with pytest.raises(ZeroDivisionError), leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it"):
        raise ZeroDivisionError
    leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it").release()


def test_timeout_says_what_was_waited_for_and_where(tmp_path: Path) -> None:
    """The error names seconds, purpose, file and the next step, and comes when it was promised."""
    began = time.monotonic()
    with (
        leases.hold(tmp_path / "key", exclusive=False, timeout=0, purpose="use it"),
        pytest.raises(LeaseError) as raised,
    ):
        leases.hold(tmp_path / "key", exclusive=True, timeout=0.1, purpose="change it")
    assert 0.1 <= time.monotonic() - began < 5
    assert str(raised.value).splitlines() == [
        f"{tmp_path / 'key'}: waited 0.1 s to change it; another process still holds it",
        "  `juncture services.status` shows what is in use; end the other run, or wait for it",
    ]


def test_unlinked_and_recreated_file_has_one_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock on a file that was removed and made again between opening and locking is not taken for the name's."""
    path = tmp_path / "key"
    flock = fcntl.flock
    rival: list[leases.Lease] = []

    def overtaken(descriptor: int, operation: int) -> None:
        flock(descriptor, operation)
        if not rival:
            monkeypatch.undo()
            path.unlink()
            rival.append(leases.hold(path, exclusive=True, timeout=0, purpose="overtake"))

    monkeypatch.setattr(fcntl, "flock", overtaken)
    assert leases.attempt(path, exclusive=True) is None
    rival[0].release()
    leases.hold(path, exclusive=True, timeout=0, purpose="use it").release()


def test_unlinked_file_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file vanished between opening and locking, the lease is on a new one that others see."""
    path = tmp_path / "key"
    flock = fcntl.flock

    def unlinked(descriptor: int, operation: int) -> None:
        flock(descriptor, operation)
        monkeypatch.undo()
        path.unlink()

    monkeypatch.setattr(fcntl, "flock", unlinked)
    with leases.hold(path, exclusive=True, timeout=0, purpose="use it"):
        assert leases.attempt(path, exclusive=True) is None


def test_retire_removes_the_file(tmp_path: Path) -> None:
    """A retired lease leaves no file, and the name can be leased anew."""
    lease = leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it")
    lease.retire()
    assert not (tmp_path / "key").exists()
    lease.retire()
    leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it").release()


def test_retire_leaves_the_file_of_another_holder(tmp_path: Path) -> None:
    """Where somebody removed our file and another process leased the name anew, its file stays."""
    path = tmp_path / "key"
    lease = leases.hold(path, exclusive=True, timeout=0, purpose="use it")
    path.unlink()
    with leases.hold(path, exclusive=True, timeout=0, purpose="use it"):
        lease.retire()
        assert leases.attempt(path, exclusive=True) is None


def test_released_lease_retires_nothing(tmp_path: Path) -> None:
    """Who gave the lease back has no right to remove the file."""
    lease = leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it")
    lease.release()
    lease.retire()
    assert (tmp_path / "key").exists()


def test_holders_counts_leases(tmp_path: Path) -> None:
    """Shared leases count one by one; a file that is missing has none, and is not made by the question."""
    path = tmp_path / "key"
    assert leases.holders(path) == 0
    assert not path.exists()
    held = [leases.hold(path, exclusive=False, timeout=0, purpose="use it") for _ in range(3)]
    assert leases.holders(path) == (3 if os.path.exists("/proc/locks") else 1)  # noqa: PTH110 - a file of the kernel's
    for lease in held:
        lease.release()
    assert leases.holders(path) == 0


def test_descriptor_is_closed_where_locking_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks is an error, and no descriptor is lost over it."""

    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = os.dup(0)
    os.close(before)
    with pytest.raises(OSError, match="no locks available"):
        leases.attempt(tmp_path / "key", exclusive=True)
    after = os.dup(0)
    os.close(after)
    assert after == before


def test_lease_file_is_private(tmp_path: Path) -> None:
    """Another user can neither read the file nor hold a lock on it."""
    leases.hold(tmp_path / "key", exclusive=True, timeout=0, purpose="use it").release()
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
