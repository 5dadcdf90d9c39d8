"""Tests of ``juncture.providers.rows``."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from juncture.providers import rows

if TYPE_CHECKING:
    from pathlib import Path


def name(number: int) -> str:
    """Return the name of a number's lease."""
    return f"slot-row-{number}"


def test_numbers_are_given_once(tmp_path: Path) -> None:
    """The lowest free one is given, and again when it was given back."""
    first, second = (rows.free(tmp_path, "row", itertools.count(1), name) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first[0], second[0]) == (1, 2)
    assert rows.free(tmp_path, "row", [1, 2], name) is None
    first[1].release()
    again = rows.free(tmp_path, "row", [1, 2], name)
    assert again is not None
    assert again[0] == 1
    for _, lease in (second, again):
        lease.release()


def test_kept_number_is_nobody_elses(tmp_path: Path) -> None:
    """A name has its number for good, whether somebody uses it or not."""
    assert rows.keep(tmp_path, "row", "dev", [3, 2, 1], name) == 3
    assert rows.keep(tmp_path, "row", "dev", [3, 2, 1], name) == 3
    assert rows.keep(tmp_path, "row", "other", [3, 2, 1], name) == 2
    assert rows.free(tmp_path, "row", [3, 2], name) is None
    assert rows.keep(tmp_path, "row", "third", [3, 2], name) is None


def test_number_in_use_is_not_kept(tmp_path: Path) -> None:
    """What a run uses at the moment can't become somebody's."""
    used = rows.free(tmp_path, "row", [3], name)
    assert used is not None
    assert rows.keep(tmp_path, "row", "dev", [3, 2], name) == 2
    used[1].release()
