"""Suites to plan, for tests: what each test takes, and the fixtures it needs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from juncture.sharding.costs import PlannedTest
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MODULE", "SESSION", "made_suite", "suite_of"]

SESSION = FixtureKey("", "app", "session")
MODULE = FixtureKey("a.py", "index", "module", "", "a.py")


def suite_of(
    times: dict[str, int], needs: Mapping[str, tuple[FixtureKey, ...]], fixtures: dict[FixtureKey, int]
) -> tuple[list[PlannedTest], History]:
    """Return tests in the groups of their modules, and a history of their times; all in seconds."""
    tests = [PlannedTest(nodeid, nodeid.partition("::")[0], fixtures=needs.get(nodeid, ())) for nodeid in times]
    known = {nodeid: KnownTest(1, time * 1_000_000) for nodeid, time in times.items()}
    return tests, History(known, {key: KnownFixture(1, time * 1_000_000) for key, time in fixtures.items()})


def made_suite(seed: int, modules: int, tests: int) -> tuple[list[PlannedTest], History]:
    """Return a suite as many are: a few slow tests among many fast ones, and modules with fixtures of their own."""
    dice = random.Random(seed)
    planned: list[PlannedTest] = []
    known: dict[str, KnownTest] = {}
    fixtures = {SESSION: KnownFixture(1, 1_500_000)}
    for number in range(modules):
        module = f"tests/integration/test_{number:04}.py"
        key = FixtureKey(module, "rows", "module", "", module)
        fixtures[key] = KnownFixture(1, dice.randrange(3_000_000))
        for test in range(dice.randrange(1, 2 * tests)):
            nodeid = f"{module}::test_{test}"
            known[nodeid] = KnownTest(1, int(dice.lognormvariate(-3, 1) * 1_000_000))
            planned.append(PlannedTest(nodeid, module, fixtures=(SESSION, key)))
    return planned, History(known, fixtures)
