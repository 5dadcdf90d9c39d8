"""Measure what dividing costs at collection: 10,000 tests, with a history of all of them and of 200 fixtures.

    python bench/collection.py [--rounds 9] [--tests 10000]

Compares ``pytest --collect-only`` in one run and on one machine, interleaved: without juncture, with its plugin and no
shard, with a shard, and with a shard and a history. Collection is what pytest spends in its hook of that name, wall
what a user waits for the whole process, processor seconds what other programs on the machine disturb less. Run it with
the Python of an environment that has juncture installed.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import pytest

from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.history_document import history_to_json

MODULES = 200
FOLDER = "tests/integration"
BASE = "plugin, no shard"
SHARD = ("--juncture-shard", "2/4")
WAYS: dict[str, tuple[str, ...]] = {
    "without juncture": ("-p", "no:juncture"),
    BASE: (),
    "a shard": SHARD,
    "a shard by history": (*SHARD, "--juncture-history", "history.json"),
}

CONFTEST = """
import time
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    began = time.perf_counter()
    result = yield
    with open("seconds.txt", "w") as file:
        file.write(str(time.perf_counter() - began))
    return result
"""


def main() -> None:
    """Print the medians of each way, and what they add to the run with the plugin and no shard."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="rounds to take the median of (default: 9)")
    parser.add_argument("--tests", type=int, default=10_000, help="tests in the project (default: 10000)")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {platform.python_version()}, pytest {pytest.__version__}, {arguments.tests} tests")
    samples: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_project(folder, arguments.tests)
        for number in range(arguments.rounds + 1):
            order = [*WAYS]
            for way in order[number % len(order) :] + order[: number % len(order)]:
                found = _run(folder, way)
                if number:  # the first is warm-up
                    samples[way].append(found)
    medians = {way: [statistics.median(each) for each in zip(*found, strict=True)] for way, found in samples.items()}
    heads = "".join(f"{head:>12}{'added':>9}" for head in ("collection", "wall", "processor"))
    print(f"{'':<20}{heads}")
    for way in WAYS:
        pairs = zip(medians[way], medians[BASE], strict=True)
        print(f"{way:<20}" + "".join(f"{value:12.3f}{value / base - 1:9.1%}" for value, base in pairs))


def _write_project(folder: Path, tests: int) -> None:
    (folder / FOLDER).mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "many"\nversion = "1"\n[tool.juncture]\n')
    known: dict[str, KnownTest] = {}
    fixtures: dict[FixtureKey, KnownFixture] = {}
    for module in range(MODULES):
        path = f"{FOLDER}/test_{module:03}.py"
        fixtures[FixtureKey(path, "rows", "module", "", path)] = KnownFixture(1, 1_000_000 + 7_919 * module)
        lines = ['import pytest\n@pytest.fixture(scope="module")\ndef rows(): return []\n']
        for number in range(module, tests, MODULES):
            lines.append(f"def test_number_{number}(rows): pass\n")
            times = tuple(10_000 + (number * 104_729 + run * 7_919) % 90_000 for run in range(8))
            known[f"{path}::test_number_{number}"] = KnownTest(1, sum(times) // 8, times, uses=("rows",))
        (folder / path).write_text("".join(lines))
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "history.json").write_text(history_to_json(History(known, fixtures)))


def _run(folder: Path, way: str) -> tuple[float, float, float]:
    """Collect the project's tests once and return its seconds of collection, wall and processor."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUNCTURE_", "CI"))}
    command = [sys.executable, "-m", "pytest", "-qq", "--collect-only", FOLDER, *WAYS[way]]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    seconds = float((folder / "seconds.txt").read_text())
    return seconds, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
