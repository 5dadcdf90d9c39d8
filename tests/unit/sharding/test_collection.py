"""The collection, from the plugin to the planner."""

from __future__ import annotations

from juncture.sharding import PlannedTest
from juncture.sharding.collection import collection_from_json, collection_to_json
from juncture.sharding.history import FixtureKey


def test_collection_comes_back_sorted() -> None:
    """Groups, marks and fixtures of each test are all there; the order of the collection is not."""
    tests = [
        PlannedTest("b.py::\ud800", "shared", pinned=True),
        PlannedTest("a.py::é", "a.py", fixtures=(FixtureKey("", "db", "session", "0"),)),
    ]
    assert collection_from_json(collection_to_json(tests)) == sorted(tests)
    assert collection_to_json(tests) == collection_to_json(tests[::-1])
