"""Tests of ``juncture.providers.docker.share``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.providers.docker import share
from juncture.services import kind

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.services.kinds import Image


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty home."""
    return tmp_path / "home"


def image(name: str) -> Image:
    """Return the image of a kind."""
    found = kind(name).image
    assert found is not None
    return found


def test_container_of_ones_own_has_a_number_that_nobody_else_has(home: Path) -> None:
    """The lowest is taken again as soon as it is free."""
    own = image("memcached")
    first, second = share.take(home, own, "memcached-ab"), share.take(home, own, "memcached-ab")
    assert first is not None
    assert second is not None
    assert [first.key, second.key] == ["memcached-ab-0", "memcached-ab-1"]
    assert first.lease is not None
    first.lease.release()
    again = share.take(home, own, "memcached-ab")
    assert again is not None
    assert (again.key, again.slot) == ("memcached-ab-0", 0)


def test_wanted_container_is_ours_or_nobodys(home: Path) -> None:
    """What was promised may be somebody else's by now."""
    own = image("memcached")
    taken = share.take(home, own, "memcached-ab", wanted=3)
    assert taken is not None
    assert taken.key == "memcached-ab-3"
    assert share.take(home, own, "memcached-ab", wanted=3) is None


def test_kept_container_has_a_name_and_no_lease(home: Path) -> None:
    """Whoever knows the name shares it."""
    for _ in range(2):
        kept = share.take(home, image("memcached"), "memcached-ab", kept="p-dev-cache")
        assert kept == share.Share(key="memcached-ab-p-dev-cache")


def test_shared_container_has_one_key(home: Path) -> None:
    """Of a server with slots each process leases one, of one with databases none."""
    first, second = (share.take(home, image("redis"), "redis-ab") for _ in range(2))
    assert first is not None
    assert second is not None
    assert [(each.key, each.slot) for each in (first, second)] == [("redis-ab", 0), ("redis-ab", 1)]
    assert share.take(home, image("postgres"), "postgres-ab") == share.Share(key="postgres-ab")


def test_family_is_told_by_the_whole_of_a_keys_beginning() -> None:
    """Another family may begin with the same letters."""
    assert share.belongs("redis-ab", "redis-ab")
    assert share.belongs("memcached-ab-0", "memcached-ab")
    assert not share.belongs("memcached-abc-0", "memcached-ab")
