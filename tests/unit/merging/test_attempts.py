"""Tests of ``juncture.merging.attempts``."""

from __future__ import annotations

from bundled import arrived, ran, recorded

from juncture.merging.attempts import earlier_failures, newest


def test_the_newest_attempt_of_each_shard_decides() -> None:
    """The order in which they arrive does not matter."""
    bundles = [arrived(recorded(shard=shard, attempt=attempt)) for shard, attempt in ((2, 1), (1, 2), (1, 1), (1, 3))]
    chosen, problems = newest(bundles)
    assert [(each.manifest.shard, each.manifest.attempt) for each in chosen] == [(1, 3), (2, 1)]
    assert problems == []


def test_an_attempt_that_arrived_twice_is_named() -> None:
    """Both bundles are named; of an older attempt nobody minds."""
    bundles = [arrived(recorded(), name=name, attempt=attempt) for name, attempt in (("a", 1), ("b", 1), ("c", 2))]
    assert newest(bundles)[1] == []
    (problem,) = newest(bundles[:2])[1]
    assert problem.text == "shard 1 arrived 2 times: a and b"


def test_failures_of_older_attempts_are_evidence() -> None:
    """In their order, by test; what failed in the newest attempt is no evidence of that kind."""
    first = arrived(recorded(ran("a", "failed"), ran("b")), attempt=1)
    second = arrived(recorded(ran("a", "error"), ran("b")), attempt=2)
    third = arrived(recorded(ran("a"), ran("b", "failed")), attempt=3)
    found = earlier_failures([third, second, first])
    assert list(found) == ["a"]
    assert [report.message for report in found["a"]] == ["m", "m"]


def test_a_test_in_flight_in_an_older_attempt_is_evidence_too() -> None:
    """It has no report, and its text says what happened."""
    torn = ran("a", "error", reports=(), ended=False, text="gw0 ended while this test ran")
    (report,) = earlier_failures([arrived(recorded(torn)), arrived(recorded(ran("a")), attempt=2)])["a"]
    assert report.message == "attempt 1: gw0 ended while this test ran"


def test_a_damaged_bundle_of_an_older_attempt_says_nothing() -> None:
    """Nobody knows who wrote it."""
    damaged = arrived(recorded(ran("a", "failed")), damage=("journal-gw0.jsonl was changed",))
    assert earlier_failures([damaged, arrived(recorded(ran("a")), attempt=2)]) == {}
