"""Which shared fixtures a test needs, where only names and node ids are known: out of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.sharding.costs import PlannedTest
from juncture.sharding.groups import group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from juncture.sharding.history import FixtureKey, History

__all__ = ["instance_of", "planned_of_nodeids", "resolver"]


def instance_of(scope: str, nodeid: str, group: str) -> str:
    """Return what a fixture's instance belongs to: the test's module or class, empty where a process has only one."""
    if scope == "module":
        return nodeid.partition("::")[0]
    return group if scope == "class" else ""


def planned_of_nodeids(nodeids: Iterable[str], history: History) -> list[PlannedTest]:
    """Return the tests to plan from bare node ids, with the groups and fixtures that the history knows of them.

    Of a parametrized fixture nobody knows which parameters a test needs: its first one stands for all.
    """
    if not history.tests:
        return [PlannedTest(nodeid, group_of(nodeid)) for nodeid in nodeids]
    resolve = resolver(history)
    found = []
    for nodeid in nodeids:
        entry = history.tests.get(nodeid)
        group = group_of(nodeid)
        if entry is None:
            found.append(PlannedTest(nodeid, group))
        else:
            fixtures = resolve.fixtures(nodeid, group, entry.uses) if entry.uses else ()
            found.append(PlannedTest(nodeid, entry.group or group, bool(entry.group), fixtures))
    return found


class Resolver:
    """Finds fixtures by name, as pytest does: of those that are visible to a test the nearest one is meant."""

    def __init__(self, fixtures: Iterable[FixtureKey]) -> None:
        """Take all fixtures that are known."""
        self._by_place: dict[tuple[str, str], FixtureKey] = {}
        for key in sorted({key._replace(of="") for key in fixtures}, reverse=True):
            self._by_place[key.name, key.base] = key
        self._known: dict[tuple[str, Sequence[str]], tuple[FixtureKey, ...]] = {}

    def fixtures(self, nodeid: str, group: str, names: Sequence[str]) -> tuple[FixtureKey, ...]:
        """Return the instances that a test of a class or module, its ``group``, needs by these names."""
        known = self._known.get((group, tuple(names)))
        if known is None:
            found = (self._nearest(group, name) for name in names)
            known = tuple(key._replace(of=instance_of(key.scope, nodeid, group)) for key in found if key)
            self._known[group, tuple(names)] = known
        return known

    def _nearest(self, group: str, name: str) -> FixtureKey | None:
        return next(filter(None, (self._by_place.get((name, base)) for base in around(group))), None)


def resolver(history: History) -> Resolver:
    """Return what finds the fixtures of a history by their names."""
    return Resolver(history.fixtures)


def around(group: str) -> Iterator[str]:
    """Yield the node ids at which a fixture can be defined that a class or module sees, the nearest first."""
    for separator in ("::", "/"):
        while separator in group:
            yield group
            group = group.rpartition(separator)[0]
    yield from (group, ".", "")
