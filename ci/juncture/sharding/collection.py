"""What pytest collected, as JSON text, in which the plugin tells it to ``juncture plan``."""

from __future__ import annotations

import json

from juncture.sharding.costs import PlannedTest
from juncture.sharding.history import FixtureKey

__all__ = ["collection_from_json", "collection_to_json"]


def collection_to_json(tests: list[PlannedTest]) -> str:
    """Return the tests as one line of ASCII, sorted, so that equal collections give equal bytes."""
    return json.dumps(sorted(tests), ensure_ascii=True, separators=(",", ":"))


def collection_from_json(text: str) -> list[PlannedTest]:
    """Return the tests that `collection_to_json` wrote; it comes from our own process, and is not checked."""
    return [
        PlannedTest(nodeid, group, pinned, tuple(FixtureKey(*key) for key in fixtures))
        for nodeid, group, pinned, fixtures in json.loads(text)
    ]
