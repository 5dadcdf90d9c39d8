"""Histories: what a run adds, what ages out, and what two of them know together."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from juncture.sharding.history import (
    COMPLETE_RUNS,
    NO_HISTORY,
    SAMPLES,
    FixtureKey,
    History,
    KnownFixture,
    KnownTest,
    Observation,
    history_of_seconds,
    kept,
    merge_histories,
    not_seen_for,
    p85,
    updated,
    weighted,
)

DB = FixtureKey("tests", "db", "session")


def run(
    at: int, trusted: dict[str, int] | None = None, doubtful: dict[str, int] | None = None, **more: Any
) -> Observation:
    """Return what one shard observed; all tests with a time are present."""
    trusted, doubtful = trusted or {}, doubtful or {}
    present = dict.fromkeys([*trusted, *doubtful, *more.get("also", ())], ("", ()))
    return Observation(
        at=at,
        trusted=trusted,
        doubtful=doubtful,
        present=more.get("present", present),
        setups=more.get("setups", {}),
        teardowns=more.get("teardowns", {}),
    )


def after(*runs: Observation, complete: bool = False) -> History:
    """Return the history after one run after the other."""
    history = NO_HISTORY
    for each in runs:
        history = updated(history, [each], complete=complete)
    return history


def test_mean_goes_a_quarter_of_the_way_to_each_new_time() -> None:
    """One slow run on a busy machine does not turn the plan over, and a test that became slow is noticed."""
    history = after(run(1, {"a": 100}), run(2, {"a": 200}), run(3, {"a": 200}))
    assert (history.time_of("a"), history.tests["a"].recent) == (144, (100, 200, 200))
    assert weighted(None, 7) == 7


def test_few_of_the_newest_times_are_kept() -> None:
    """A history does not grow with the number of runs."""
    history = after(*(run(number, {"a": number}) for number in range(1, 30)))
    assert history.tests["a"].recent == tuple(range(30 - SAMPLES, 30))
    assert p85(history.tests["a"].recent) == 28
    assert p85(()) == 0


def test_failure_does_not_spoil_what_is_known() -> None:
    """What a failed or retried run took counts only while nothing better is known."""
    assert after(run(1, doubtful={"a": 9})).time_of("a") == 9
    assert after(run(1, doubtful={"a": 9}), run(2, {"a": 3})).time_of("a") == 3
    assert after(run(1, {"a": 3}), run(2, doubtful={"a": 9})).time_of("a") == 3
    assert after(run(1, also=["a"])).time_of("a") is None


def test_same_run_told_twice_changes_nothing() -> None:
    """A merge that is run again, or a bundle that arrives twice, adds no sample."""
    first = run(5, {"a": 1}, setups={DB: 3}, teardowns={DB: 2})
    assert after(first, first, complete=True) == after(first, complete=True)
    assert after(first, run(4, {"a": 9})).time_of("a") == 1


def test_fixtures_have_setup_and_teardown() -> None:
    """Each has its own mean; one that was never torn down has no time for it."""
    history = after(run(1, setups={DB: 100}), run(2, setups={DB: 200}, teardowns={DB: 8}))
    assert history.fixtures[DB] == KnownFixture(2, 125, 8, (100, 200))
    assert history.fixtures[DB].cost == 133


def test_groups_and_fixtures_of_the_newest_run_count() -> None:
    """A mark that was taken away is forgotten."""
    history = after(run(1, {"a": 1}, present={"a": ("shared", ("db",))}), run(2, {"a": 1}))
    assert (history.tests["a"].group, history.tests["a"].uses) == ("", ())


def test_dead_entry_goes_after_ten_complete_runs() -> None:
    """Only runs of the whole suite count, and what was skipped or failed in them lives."""
    first = updated(NO_HISTORY, [run(1, {"a": 1, "dead": 1, "lame": 1}, setups={DB: 5})], complete=True)
    history = first
    for number in range(2, COMPLETE_RUNS + 1):
        history = updated(history, [run(number, {"a": 1}, {"lame": 1})], complete=True)
    assert set(history.tests) == {"a", "dead", "lame"}
    for number in range(50, 90):
        history = updated(history, [run(number, {"a": 1})], complete=False)
    assert "dead" in history.tests
    history = updated(history, [run(100, {"a": 1, "lame": 1})], complete=True)
    assert set(history.tests) == {"a", "lame"}
    assert not history.fixtures


def test_narrowed_run_that_looks_complete_ages_nothing() -> None:
    """A run with ``-k`` is told by how few of the known tests it had."""
    history = updated(NO_HISTORY, [run(1, dict.fromkeys("abcdef", 1))], complete=True)
    for number in range(2, 40):
        history = updated(history, [run(number, {"a": 1, "b": 1})], complete=True)
    assert set(history.tests) == set("abcdef")
    assert history.complete == (1,)


def test_shards_of_one_run_are_told_at_once() -> None:
    """Each shard has its own tests; together they are the whole suite."""
    history = updated(NO_HISTORY, [run(7, {"b": 2}), run(5, {"a": 1})], complete=True)
    assert (list(history.tests), history.complete) == (["a", "b"], (7,))


def test_durations_make_a_history() -> None:
    """Plain seconds are older than whatever was observed."""
    history = history_of_seconds({"b": 1.5, "a": 0.0000004})
    assert (history.time_of("b"), history.time_of("a"), history.time_of("c")) == (1_500_000, 0, None)
    assert updated(history, [run(1, {"b": 500_000})], complete=False).time_of("b") == 1_250_000


def test_pruning_keeps_what_is_named_or_was_seen() -> None:
    """By a list of tests, or by the newest runs of the whole suite."""
    history = after(run(1, {"a": 1, "b": 1}), run(2, {"a": 1}), complete=True)
    assert set(kept(history, ["b", "c"]).tests) == {"b"}
    assert set(not_seen_for(history, 1).tests) == {"a"}
    assert set(not_seen_for(history, 3).tests) == {"a", "b"}


TIMES = st.integers(0, 9)
HISTORIES = st.builds(
    History,
    st.dictionaries(st.sampled_from("abc"), st.builds(KnownTest, TIMES, st.none() | TIMES, st.tuples(TIMES))),
    st.dictionaries(st.just(DB), st.builds(KnownFixture, TIMES, TIMES, TIMES, st.tuples(TIMES))),
    st.lists(TIMES, unique=True, max_size=COMPLETE_RUNS).map(lambda runs: tuple(sorted(runs))),
)


@given(HISTORIES, HISTORIES, HISTORIES)
def test_merging_has_no_order(one: History, two: History, three: History) -> None:
    """However branches and jobs bring their histories together, the result is the same; twice the same is once."""
    assert merge_histories(one, two) == merge_histories(two, one)
    assert merge_histories(merge_histories(one, two), three) == merge_histories(one, merge_histories(two, three))
    merged = merge_histories(one, two)
    assert merge_histories(merged, two) == merged
    assert list(merged.tests) == sorted(merged.tests)
