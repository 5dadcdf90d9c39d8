"""Which shared fixtures a test needs, where only names and node ids are known: out of the history."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from juncture.sharding.costs import PlannedTest
from juncture.sharding.groups import group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        self._by_name: dict[str, list[FixtureKey]] = defaultdict(list)
        for key in sorted({key._replace(of="") for key in fixtures}, key=lambda key: (-len(key.base), key)):
            self._by_name[key.name].append(key)
        self._known: dict[tuple[str, Sequence[str]], tuple[FixtureKey, ...]] = {}

    def fixtures(self, nodeid: str, group: str, names: Sequence[str]) -> tuple[FixtureKey, ...]:
        """Return the instances that a test of a class or module, its ``group``, needs by these names."""
        known = self._known.get((group, tuple(names)))
        if known is None:
            found = (self._nearest(nodeid, name) for name in names)
            known = tuple(key._replace(of=instance_of(key.scope, nodeid, group)) for key in found if key)
            self._known[group, tuple(names)] = known
        return known

    def _nearest(self, nodeid: str, name: str) -> FixtureKey | None:
        return next((key for key in self._by_name[name] if is_visible(key.base, nodeid)), None)


def resolver(history: History) -> Resolver:
    """Return what finds the fixtures of a history by their names."""
    return Resolver(history.fixtures)


def is_visible(base: str, nodeid: str) -> bool:
    """Tell whether a fixture that is defined at ``base`` can be asked for by a test."""
    return base in {"", "."} or nodeid.startswith((f"{base}/", f"{base}::"))
