"""Measure how evenly shards end: juncture's plan beside pytest-split's, on suites that really run.

    python bench/sharding.py [--shards 2 4 8] [--bound 60] [--at 4] [--workers 2] [--ways juncture ...]

A suite of 400 tests in 41 modules is generated: module fixtures of 0.5 to 3 s, two session fixtures that stand for
services, heavy tails, one huge module. Everything sleeps, so that shards can't disturb each other by computing; the
suite is scaled so that its bound at ``--at`` shards is ``--bound`` seconds. It runs whole once, recorded by juncture
and by pytest-split at the same time: both plan by the same run. Then each way runs each shard, one after another, with
the same number of xdist workers.

What is compared is the longest shard over the bound. A shard's seconds are from the beginning of its first test's setup
to the end of its last test's teardown, as a conftest sees it; what comes before and after (interpreters, collection) is
told apart as start-up. The bound is the same for all: every test once, every module fixture once, and each session
fixture in as many workers as what needs it must have, divided by all workers of all shards; no division ends earlier.

Run it with the Python of an environment that has juncture and pytest-split installed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

JUNCTURE = "juncture"
SPLITS = ("duration_based_chunks", "least_duration")
MODULES, TESTS, HUGE = 40, 400, 60
SERVICES = {"database": 2.0, "broker": 3.0}

CONFTEST = """
import json, os, time
import pytest

def _tell(**what):
    with open(os.environ["BENCH_TIMES"], "a") as file:
        file.write(json.dumps({"time": time.time(), **what}) + "\\n")

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    _tell(begins=item.nodeid)

def pytest_runtest_logfinish(nodeid):
    if "PYTEST_XDIST_WORKER" in os.environ:
        _tell(ended=nodeid)

@pytest.fixture(scope="session")
def database():
    time.sleep({database})

@pytest.fixture(scope="session")
def broker():
    time.sleep({broker})
"""


@dataclass(frozen=True, slots=True)
class Suite:
    """A generated suite: its folder, the seconds of everything in it once, and of what needs each session fixture."""

    folder: Path
    seconds: float
    behind: dict[str, float]

    def bound(self, shards: int, workers: int) -> float:
        """Return the seconds that no division can beat: the least for which there is room for all of it.

        A session fixture is set up by as many workers, at least, as it takes to run in that time what needs it.
        """
        room, bound = shards * workers, self.seconds / shards / workers
        while bound * room < self._paid(bound):
            bound += 0.001
        return bound

    def _paid(self, wall: float) -> float:
        """Return the seconds that all workers pay together, where none of them takes longer than ``wall``."""
        more = (math.ceil(seconds / (wall - SERVICES[name])) - 1 for name, seconds in self.behind.items())
        return self.seconds + sum(number * SERVICES[name] for number, name in zip(more, self.behind, strict=True))


def main() -> None:
    """Print the longest shard of each way over the bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, nargs="+", default=[2, 4, 8], help="numbers of shards (default: 2 4 8)")
    parser.add_argument("--bound", type=float, default=60.0, help="seconds of the bound (default: 60)")
    parser.add_argument("--at", type=int, default=4, help="the number of shards that --bound is for (default: 4)")
    parser.add_argument("--workers", type=int, default=2, help="workers of each shard (default: 2)")
    parser.add_argument("--ways", nargs="+", default=[JUNCTURE, *SPLITS], help="what to compare (default: all)")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in ("pytest", "pytest-xdist", "pytest-split", "juncture")))
    with tempfile.TemporaryDirectory() as name:
        suite = generate(Path(name), arguments.bound * arguments.at * arguments.workers)
        print(f"{TESTS} tests in {MODULES + 1} modules, {suite.seconds:.0f} s of sleeping; learning from one run")
        learn(suite, arguments.workers)
        print(f"\n{'shards':>6}  {'way':<22}{'bound':>8}{'longest':>9}{'ratio':>7}{'paid':>8}{'start-up':>10}  each")
        for shards in arguments.shards:
            bound = suite.bound(shards, arguments.workers)
            for way in arguments.ways:
                walls, total = run(suite, way, shards, arguments.workers)
                each = " ".join(f"{wall:.1f}" for wall in walls)
                print(
                    f"{shards:>6}  {way:<22}{bound:8.1f}{max(walls):9.1f}{max(walls) / bound:7.2f}{sum(walls):8.1f}"
                    f"{(total - sum(walls)) / shards:10.2f}  {each}",
                    flush=True,
                )


def generate(folder: Path, seconds: float) -> Suite:
    """Write a suite whose seconds, everything once, are those that were asked for."""
    dice = random.Random(20261130)  # noqa: S311 - the same suite each time
    sizes = [1] * MODULES
    for _ in range(TESTS - HUGE - MODULES):
        sizes[dice.randrange(MODULES)] += 1
    modules = [(dice.uniform(0.5, 3.0), [dice.lognormvariate(-1.0, 1.1) for _ in range(size)]) for size in sizes]
    modules.append((3.0, [dice.uniform(0.4, 1.2) for _ in range(HUGE)]))
    fixtures = sum(setup for setup, _ in modules) + sum(SERVICES.values())
    scale = (seconds - fixtures) / sum(sum(tests) for _, tests in modules)
    if scale <= 0:
        sys.exit(f"the fixtures alone take {fixtures:.0f} s: a larger --bound is needed")
    behind = dict.fromkeys(SERVICES, 0.0)
    for number, (setup, tests) in enumerate(modules):
        needs = "database" if number % 5 < 3 else "broker" if number % 5 == 3 else ""  # noqa: PLR2004 - a fifth of them
        _write_module(
            folder / "tests" / "integration" / f"test_{number:02}.py", setup, [t * scale for t in tests], needs
        )
        if needs:
            behind[needs] += setup + sum(tests) * scale
    conftest = CONFTEST
    for name, taken in SERVICES.items():
        conftest = conftest.replace(f"{{{name}}}", str(taken))
    (folder / "conftest.py").write_text(conftest)
    (folder / "pyproject.toml").write_text('[project]\nname = "suite"\nversion = "1"\n[tool.juncture]\n')
    return Suite(folder, seconds, behind)


def _write_module(path: Path, setup: float, tests: list[float], needs: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["import time", "import pytest", "", "@pytest.fixture(scope='module')", f"def thing({needs}):"]
    lines += [f"    time.sleep({setup:.4f})", ""]
    for number, seconds in enumerate(tests):
        lines += [f"def test_{number}(thing):", f"    time.sleep({seconds:.4f})", ""]
    path.write_text("\n".join(lines))


def learn(suite: Suite, workers: int, history: str = "") -> None:
    """Run the suite once; leave pytest-split's durations and juncture's history of that same run.

    ``history`` is the file that juncture's continues, empty for none.
    """
    bundle = suite.folder / f"learned-{time.time_ns()}"
    words = ["-n", str(workers), "--store-durations", "--durations-path", "durations.json", "tests/integration"]
    _pytest(suite, words, JUNCTURE_BUNDLE=str(bundle), JUNCTURE_SUITE="integration")
    continued = ["--history", history] if history else []
    call(suite, "juncture", "merge", "--seal", "--out", "merged", "--expect", "integration=1", *continued, str(bundle))


def run(suite: Suite, way: str, shards: int, workers: int) -> tuple[list[float], float]:
    """Run each shard and return its seconds in tests, and the wall seconds of all processes together."""
    options: list[str] = ["-n", str(workers)]
    environment: dict[str, str] = {}
    if way == JUNCTURE:
        plan = ["--shards", str(shards), "--workers", str(workers), "--out", "plan.json"]
        plan += ["--history", "merged/history.json"]
        call(suite, "juncture", "plan", *plan)
        options += ["--juncture-plan", "plan.json"]
        environment = {"JUNCTURE_SUITE": "integration", "JUNCTURE_HISTORY": str(suite.folder / "merged/history.json")}
    else:
        options += ["-p", "no:juncture", "--durations-path", "durations.json", "--splits", str(shards)]
        options += ["--splitting-algorithm", way]
    walls, total = [], 0.0
    for shard in range(1, shards + 1):
        mine = ["--juncture-shard", f"{shard}/{shards}"] if way == JUNCTURE else ["--group", str(shard)]
        if way == JUNCTURE:
            environment["JUNCTURE_BUNDLE"] = str(suite.folder / f"bundle-{shards}-{shard}")
        began = time.perf_counter()
        walls.append(_pytest(suite, [*options, *mine, "tests/integration"], **environment))
        total += time.perf_counter() - began
    return walls, total


def _pytest(suite: Suite, words: list[str], **environment: str) -> float:
    """Run pytest and return the seconds from its first test's setup to its last test's end."""
    times = suite.folder / "times.jsonl"
    times.unlink(missing_ok=True)
    call(suite, "pytest", "-q", *words, BENCH_TIMES=str(times), **environment)
    found = [json.loads(line)["time"] for line in times.read_text().splitlines()]
    return float(max(found) - min(found))


def call(suite: Suite, module: str, *words: str, **environment: str) -> str:
    """Run a module of this Python in the suite's folder, which must succeed; return what it printed."""
    dropped = {"CI", "JUNCTURE_SHARD", "JUNCTURE_PLAN", "JUNCTURE_BUNDLE", "JUNCTURE_HISTORY"}
    inherited = {name: value for name, value in os.environ.items() if name not in dropped}
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=suite.folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{module} {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
