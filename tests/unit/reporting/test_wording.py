"""Tests of ``juncture.reporting.wording``."""

from __future__ import annotations

from bundled import arrived, ran, recorded, suite_of

from juncture.reporting.wording import places


def test_where_a_test_ran() -> None:
    """Its worker, its shard where there are several, and whether that was in a re-run."""
    first, second, again = ran("a"), ran("b"), ran("c", worker="main")
    assert places(suite_of(recorded(first))) == {id(first): "gw0"}
    for shard, total, words in ((1, 1, "re-run, main"), (2, 3, "re-run 2 of 3, main")):
        rerun = arrived(recorded(again, shard=shard, total=total, rerun=True), rerun="r")
        suite = suite_of(recorded(first, shard=1, total=2), recorded(second, shard=2, total=2), reruns=(rerun,))
        assert places(suite) == {id(first): "shard 1 of 2, gw0", id(second): "shard 2 of 2, gw0", id(again): words}
