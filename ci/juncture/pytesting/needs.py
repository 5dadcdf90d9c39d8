"""Which shared fixtures a collected test needs, as far as the history charges for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from juncture.sharding import group_of
from juncture.sharding.history import CHARGED, FixtureKey
from juncture.sharding.needs import instance_of

if TYPE_CHECKING:
    import pytest

    from juncture.sharding.history import History

__all__ = ["Needs"]


class Needs:
    """Looks only for fixtures that were ever expensive: most tests are done with one look at a set."""

    def __init__(self, history: History) -> None:
        """Take the history whose fixtures matter."""
        self._names = frozenset(key.name for key, entry in history.fixtures.items() if entry.cost >= CHARGED)
        self._known: dict[tuple[int, frozenset[str], tuple[tuple[str, int], ...]], tuple[FixtureKey, ...]] = {}

    def of(self, item: pytest.Item, nodeid: str) -> tuple[FixtureKey, ...]:
        """Return the instances that an item needs; what it asks for while it runs is not known."""
        info = getattr(item, "_fixtureinfo", None)  # pytest has no public word for it
        if info is None or not self._names:
            return ()
        names = self._names.intersection(info.names_closure)
        if not names:
            return ()
        callspec = vars(item).get("callspec")
        indices: dict[str, int] = callspec.indices if callspec else {}
        params = tuple(sorted((name, indices[name]) for name in names & indices.keys())) if indices else ()
        # Tests of one module or class see the same fixtures.
        place = (id(item.parent), names, params)
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = tuple(_keys(info, names, dict(params), nodeid))
        return known


def _keys(info: Any, names: frozenset[str], params: dict[str, int], nodeid: str) -> list[FixtureKey]:
    keys, group = [], group_of(nodeid)
    for name in sorted(names):
        found = info.name2fixturedefs.get(name)
        if not found or found[-1].scope == "function":
            continue
        definition = found[-1]
        param = str(params[name]) if name in params else ""
        of = instance_of(definition.scope, nodeid, group)
        keys.append(FixtureKey(definition.baseid or "", name, definition.scope, param, of))
    return keys
