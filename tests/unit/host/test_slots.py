"""Tests of ``juncture.host.slots``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import LeaseError
from juncture.host import slots

if TYPE_CHECKING:
    from pathlib import Path


def test_lowest_free_slot_is_taken_and_given_back(tmp_path: Path) -> None:
    """Two have different ones, and what was released is the next one's."""
    first, held = slots.free(tmp_path, "k", 4)
    second, other = slots.free(tmp_path, "k", 4)
    assert (first, second) == (0, 1)
    held.release()
    third, again = slots.free(tmp_path, "k", 4)
    assert third == 0
    other.release()
    again.release()


def test_slots_of_two_servers_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    """The same number may be used on both."""
    first, held = slots.free(tmp_path, "a", 4)
    second, other = slots.free(tmp_path, "b", 4)
    assert first == second == 0
    held.release()
    other.release()


def test_slot_in_use_can_not_be_taken(tmp_path: Path) -> None:
    """A wanted number is had by one at a time."""
    held = slots.take(tmp_path, "k", 3)
    assert held is not None
    assert slots.take(tmp_path, "k", 3) is None
    held.release()


def test_no_slot_left_is_told(tmp_path: Path) -> None:
    """The error names the server and how many there are."""
    number, held = slots.free(tmp_path, "k", 1)
    assert number == 0
    with pytest.raises(LeaseError, match="all 1 namespaces of k are in use"):
        slots.free(tmp_path, "k", 1)
    held.release()


def test_kept_slots_belong_to_names_and_are_above_the_others(tmp_path: Path) -> None:
    """A name has the same one each time, whoever asks, and never one that is given out freely."""
    count = slots.KEPT + 2
    first = slots.kept(tmp_path, "k", "a", count)
    assert slots.kept(tmp_path, "k", "a", count) == first
    assert slots.kept(tmp_path, "k", "b", count) != first
    assert {slots.kept(tmp_path, "k", name, count) for name in ("a", "b")} <= set(range(2, count))
    assert slots.given(tmp_path, "k") == {"a": first, "b": slots.kept(tmp_path, "k", "b", count)}


def test_kept_slots_end_and_can_be_taken_back(tmp_path: Path) -> None:
    """The last name is refused with the way out; a name that is forgotten makes room for another."""
    count = slots.KEPT
    for number in range(count):
        slots.kept(tmp_path, "k", f"name-{number}", count)
    with pytest.raises(LeaseError, match=f"all {count} kept namespaces of k are given away") as raised:
        slots.kept(tmp_path, "k", "one more", count)
    assert "services.prune" in raised.value.hint
    slots.forget(tmp_path, "k", frozenset({"name-3"}))
    assert slots.kept(tmp_path, "k", "one more", count) == count - 1 - 3
