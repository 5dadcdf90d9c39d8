"""Tests of ``juncture.merging.foreign.duplicates``."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from juncture.merging.foreign.duplicates import _repeated, find_duplicates
from juncture.merging.foreign.read import read_files

if TYPE_CHECKING:
    from pathlib import Path


def test_duplicates_are_counted_and_named_with_both_places(tmp_path: Path) -> None:
    """The first place is that of the first of all; only the suite and both names together make a test."""
    (tmp_path / "a.xml").write_text('<testsuite name="s">\n<testcase name="x"/>\n<testcase name="y"/></testsuite>')
    (tmp_path / "b.xml").write_text('<testsuite name="s"><testcase name="x"/>\n<testcase name="x"/></testsuite>')
    (tmp_path / "c.xml").write_text('<testsuite name="t"><testcase name="x"/></testsuite>')
    found = find_duplicates(read_files([str(tmp_path)], tmp_path))
    assert found.number == 2
    assert [(str(each.case), each.first, each.again) for each in found.named] == [
        ("s x", f"{tmp_path}/a.xml:2", f"{tmp_path}/b.xml:1"),
        ("s x", f"{tmp_path}/a.xml:2", f"{tmp_path}/b.xml:2"),
    ]
    assert len(find_duplicates(read_files([str(tmp_path)], tmp_path), most=1).named) == 1


def test_cases_of_a_refused_file_are_no_duplicates(tmp_path: Path) -> None:
    """What is not in the result is not held against it."""
    (tmp_path / "a.xml").write_text('<testsuite><testcase name="x"/></testsuite>')
    (tmp_path / "b.xml").write_text('<testsuite><testcase name="x"/></testsuit>')
    (tmp_path / "c.xml").write_text('<testsuite><testcase name="y"/><testcase name="y"/></testsuite>')
    readings = read_files([str(tmp_path)], tmp_path)
    (named,) = find_duplicates(readings).named
    assert (len(readings.keys), str(named.case)) == (3, "y")


@given(st.lists(st.integers(-5, 5)))
def test_number_is_exact(keys: list[int]) -> None:
    """As many as there are cases beyond the first of each."""
    number, repeated = _repeated(array("q", keys), 3)
    assert number == sum(count - 1 for count in Counter(keys).values())
    assert repeated == [(keys.index(key), at) for at, key in enumerate(keys) if key in keys[:at]][:3]


def test_many_keys_are_looked_at_in_buckets() -> None:
    """The first duplicates are the first in the order of the files, whichever bucket they are in."""
    keys = array("q", range(-100_000, 100_000))
    keys.extend(range(50_000, -50_000, -1))
    number, repeated = _repeated(keys, 3)
    assert number == 100_000
    assert repeated == [(150_000, 200_000), (149_999, 200_001), (149_998, 200_002)]
