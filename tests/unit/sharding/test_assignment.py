"""Groups dealt out to shards."""

from __future__ import annotations

from juncture.sharding.assignment import assign


def test_groups_are_dealt_out_in_the_order_of_their_names() -> None:
    """The first group goes to the first shard, the next to the next, and round again."""
    assert assign({"c": 1, "a": 2, "b": 3, "d": 0}, 3) == {"a": 1, "b": 2, "c": 3, "d": 1}


def test_no_group_is_a_legal_suite() -> None:
    """Nothing to assign gives nothing."""
    assert assign({}, 4) == {}
