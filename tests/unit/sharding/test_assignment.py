"""Pieces placed on bins."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from juncture.sharding.assignment import assign
from juncture.sharding.costs import Weigh
from juncture.sharding.pieces import Piece

WEIGHTS = (50, 7, 20)
PIECES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 7)), max_size=30)


def pieces_of(costs: list[tuple[int, int]]) -> list[Piece]:
    """Return a piece for each pair of its own time and its set of fixtures."""
    return [Piece(f"g{number}", (number,), own, needs, pinned=False) for number, (own, needs) in enumerate(costs)]


def longest(costs: list[tuple[int, int]], bins: int, *, looks: int = 1000) -> int:
    """Return the time of the longest bin."""
    return assign(pieces_of(costs), Weigh(WEIGHTS), bins, bound=0, looks=looks).longest


@given(PIECES, st.integers(1, 9), st.sampled_from([0, 1, 1000]))
def test_times_are_what_the_bins_hold(costs: list[tuple[int, int]], bins: int, looks: int) -> None:
    """However it was found: each bin takes its pieces' own times, and each fixture that one of them needs once."""
    weigh = Weigh(WEIGHTS)
    found = assign(pieces_of(costs), weigh, bins, bound=0, looks=looks)
    for number in range(bins):
        mine = [cost for cost, home in zip(costs, found.bins, strict=True) if home == number]
        needs = 0
        for _, fixtures in mine:
            needs |= fixtures
        assert found.times[number] == sum(own for own, _ in mine) + weigh(needs)
    assert sorted(set(found.bins)) == [number for number in range(bins) if number in found.bins]


def test_best_known_case_of_longest_first_is_solved() -> None:
    """Longest first alone makes 11 of 5, 5, 4, 4, 3, 3, 3 over three bins; moves and swaps find the 9."""
    costs = [(own, 0) for own in (5, 5, 4, 4, 3, 3, 3)]
    assert longest(costs, 3, looks=0) == 11
    assert longest(costs, 3) == 9


def test_what_shares_a_fixture_is_kept_together() -> None:
    """Two bins for two expensive fixtures: each is paid once."""
    costs = [(10, 1), (10, 4)] * 4
    assert longest(costs, 2) == 90


def test_fixture_is_paid_twice_where_that_is_faster() -> None:
    """A fixture of 7 that all need is no reason to leave the second bin empty."""
    assert longest([(10, 2)] * 8, 2) == 47


def test_nothing_is_placed_nowhere() -> None:
    """An empty suite leaves all bins empty."""
    found = assign([], Weigh([]), 3, bound=0, looks=10)
    assert (list(found.bins), list(found.times), found.longest) == ([], [0, 0, 0], 0)
