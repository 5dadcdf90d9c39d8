"""Tests of ``juncture.providers.docker.reach`` without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import ProviderError
from juncture.host.engine import Engine
from juncture.providers.docker import reach
from juncture.providers.docker.reach import HERE, Reach, reach_of

if TYPE_CHECKING:
    from pathlib import Path

ID = "a" * 64


def test_local_engine_has_its_ports_on_loopback() -> None:
    """Where we run in no container, nobody is asked: this socket is not even there."""
    if reach._own_container():
        pytest.skip("these tests run in a container themselves")
    assert reach_of(Engine("unix:///nowhere.sock")) == HERE


def test_remote_engine_has_its_ports_where_it_is() -> None:
    """A name is resolved for the engine, which binds to addresses alone."""
    apart = "a remote engine: containers for this run only"
    assert reach_of(Engine("tcp://localhost:1")) == Reach("localhost", "127.0.0.1", apart)
    assert reach_of(Engine("tcp://[::1]:1")) == Reach("::1", "::1", apart)


def test_host_that_is_not_known_is_told() -> None:
    """The error has the engine's address."""
    with pytest.raises(ProviderError, match=r"the host of the Docker engine at tcp://no-such.invalid:1 is not known"):
        reach_of(Engine("tcp://no-such.invalid:1"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"1 2 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/x rw\n", ID),
        (f"1 2 0:9 / /var/lib/docker/containers/{ID}/mounts/shm rw - tmpfs shm rw\n", ""),
        ("1 2 8:1 / / rw - ext4 /dev/x rw\n", ""),
    ],
)
def test_own_container_is_told_by_its_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, found: str
) -> None:
    """On a host that runs containers their folders are mounted too, but not as its own files."""
    (tmp_path / "mountinfo").write_text(line)
    monkeypatch.setattr(reach, "MOUNTS", tmp_path / "mountinfo")
    assert reach._own_container() == found


def test_system_without_such_mounts_has_no_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only Linux tells its mounts there."""
    monkeypatch.setattr(reach, "MOUNTS", tmp_path / "nothing")
    assert reach._own_container() == ""
