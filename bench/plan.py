"""Measure a plan: of 100,000 made-up tests, and how close one of recorded durations comes to its bound.

    python bench/plan.py [--tests 100000] [--durations .test_durations] [--without 100]

The first table tells the processor seconds of each step, in one process, the least of some rounds. The second one
divides a real suite, from a file of pytest-split's; ``--without`` leaves out tests that take more seconds than that.
Run it with the Python of an environment that has juncture installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.sharding import make_plan, to_json
from juncture.sharding.garbage import undisturbed
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.history_document import history_to_json, parse_durations, parse_history
from juncture.sharding.needs import planned_of_nodeids
from juncture.sharding.nodeids import parse_nodeids

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

ROUNDS = 5
PER_MODULE = 50


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=100_000, help="tests in the made-up suite (default: 100000)")
    parser.add_argument("--durations", type=Path, help="a file of pytest-split's to divide")
    parser.add_argument("--without", type=float, default=1e9, help="leave out tests of more than SECONDS")
    arguments = parser.parse_args()
    print(
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
    with undisturbed():
        _steps(arguments.tests)
    if arguments.durations:
        _balance(arguments.durations, arguments.without)


def _steps(number: int) -> None:
    history = _made_up(number)
    listing, text = "\n".join(history.tests), history_to_json(history)
    seconds, known = _least(lambda: parse_history(text))
    print(f"\n{number} tests, a history of {len(text) / 1e6:.1f} MB\n{'read the history':<22}{seconds:8.3f} s")
    seconds, nodeids = _least(lambda: parse_nodeids(listing, where="ids"))
    print(f"{'read the node ids':<22}{seconds:8.3f} s")
    seconds, tests = _least(lambda: planned_of_nodeids(nodeids, known))
    print(f"{'groups and fixtures':<22}{seconds:8.3f} s")
    for shards in (4, 8, 32):
        seconds, plan = _least(lambda shards=shards: make_plan(tests, shards, known))
        ratio = max(shard.predicted_seconds for shard in plan.shards) / plan.lower_bound_seconds
        print(f"{f'plan of {shards} shards':<22}{seconds:8.3f} s   {ratio:.4f} of the bound")
    seconds, _ = _least(lambda: to_json(plan))
    print(f"{'write the plan':<22}{seconds:8.3f} s")


def _balance(path: Path, without: float) -> None:
    durations = json.loads(path.read_text(encoding="utf-8"))
    kept = {nodeid: seconds for nodeid, seconds in durations.items() if seconds <= without}
    known = parse_durations(json.dumps(kept), where=path.name)
    tests = planned_of_nodeids(kept, known)
    print(f"\n{path.name}: {len(kept)} tests, {sum(kept.values()):.1f} s\nshards   longest     bound    ratio")
    for shards in (2, 4, 8):
        plan = make_plan(tests, shards, known)
        longest = max(shard.predicted_seconds for shard in plan.shards)
        bound = plan.lower_bound_seconds
        print(f"{shards:<6}{longest:8.3f} s{bound:8.3f} s{longest / bound:9.6f}")


def _made_up(number: int) -> History:
    """Return a history of modules of 50 tests, each with a fixture of its own, and one fixture for the session."""
    tests: dict[str, KnownTest] = {}
    fixtures = {FixtureKey("", "app", "session"): KnownFixture(1, 2_000_000)}
    for place in range(number):
        module = f"tests/integration/area_{place // 2500:03}/test_module_{place // PER_MODULE:05}.py"
        times = tuple(5_000 + (place * 104_729 + run * 7_919) % 200_000 for run in range(8))
        tests[f"{module}::test_number_{place}"] = KnownTest(1, sum(times) // 8, times, uses=("app", "rows"))
        fixtures[FixtureKey(module, "rows", "module", "", module)] = KnownFixture(1, 1_000 + place * 7_919 % 900_000)
    return History(tests, fixtures)


def _least(step: Callable[[], T]) -> tuple[float, T]:
    found: list[tuple[float, T]] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        result = step()
        found.append((time.process_time() - began, result))
    return min(found, key=lambda each: each[0])


if __name__ == "__main__":
    main()
