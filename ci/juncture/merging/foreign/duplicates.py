"""Find tests that are there more than once, with eight bytes for each test and no set of all of them.

The keys are 64-bit hashes: of a million different tests two have the same key in three of a hundred million runs.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.merging.foreign.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.merging.foreign.read import Input, Readings
    from juncture.merging.foreign.values import Case

__all__ = ["Duplicate", "Duplicates", "find_duplicates"]

_BUCKET, _AT_ONCE = 1 << 16, 1 << 18
"""Keys that are looked at together where there are many, and where there are few: a set of the latter takes 16 MB."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A test that is there again: what it is, and where it stands first and again, as ``file:line``."""

    case: Case
    first: str
    again: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many cases repeat an earlier one of the same suite, class name and name; the first of them by name."""

    number: int
    named: tuple[Duplicate, ...]


def find_duplicates(readings: Readings, *, most: int = 10) -> Duplicates:
    """Count the cases that repeat an earlier one, and name the first ``most``; their files are read again for that."""
    number, repeated = _repeated(readings.keys, most)
    cases = _cases(readings.files, {at for pair in repeated for at in pair})
    named = tuple(Duplicate(cases[again][1], *(cases[at][0] for at in (first, again))) for first, again in repeated)
    return Duplicates(number, named)


def _repeated(keys: Sequence[int], most: int) -> tuple[int, list[tuple[int, int]]]:
    """Return how many keys repeat an earlier one, and the first of them as (index of the first, index of this)."""
    buckets: Iterable[Sequence[int]] = [range(len(keys))]
    if len(keys) > _AT_ONCE:
        buckets = _divided(keys)
    elif len(set(keys)) == len(keys):
        return 0, []
    number, repeated = 0, list[tuple[int, int]]()
    for bucket in buckets:
        doubled = len(bucket) - len(set(map(keys.__getitem__, bucket)))
        if not doubled:
            continue
        number += doubled
        seen: dict[int, int] = {}
        added = 0
        for at in bucket:
            first = seen.setdefault(keys[at], at)
            if first != at:
                repeated.append((first, at))
                added += 1
                if added == most:
                    break
        repeated = sorted(repeated, key=lambda pair: pair[1])[:most]
    return number, repeated


def _divided(keys: Sequence[int]) -> list[array[int]]:
    """Return the indices of the keys, such that equal keys are in one bucket."""
    mask = (1 << (len(keys) // _BUCKET).bit_length()) - 1
    buckets = [array("I") for _ in range(mask + 1)]
    appends = [bucket.append for bucket in buckets]
    for at, key in enumerate(keys):
        appends[key & mask](at)
    return list(buckets)


def _cases(files: Iterable[Input], wanted: set[int]) -> Mapping[int, tuple[str, Case]]:
    """Return the place and the names of each case whose number is wanted."""
    found: dict[int, tuple[str, Case]] = {}
    for file in files:
        if any(file.first <= at < file.first + file.scan.counts.tests for at in wanted):
            _name(file, wanted, found)
    return found


def _name(file: Input, wanted: set[int], found: dict[int, tuple[str, Case]]) -> None:
    at = file.first

    def each(case: Case) -> None:
        nonlocal at
        if at in wanted:
            found[at] = (f"{file.path}:{case.line}", case)
        at += 1

    with file.open() as data:
        scan(data, array("q"), each=each)
        if at - file.first != file.scan.counts.tests:
            raise EOFError
