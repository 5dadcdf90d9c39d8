"""Measure the scheduler inside a job beside those of pytest-xdist, on the same suites.

    python bench/schedule.py [--rounds 3] [--scale 1.0] [--workers 2 4] [--suites fixtures tail huge]

The suites are made of sleeps, so that two cores carry four workers: modules with fixtures of 0.5 to 3 s, tests with a
heavy tail, and one huge module beside small ones. ``--scale 0.2`` makes all sleeps five times shorter. Ways take turns,
and their order changes from round to round. juncture runs twice: with nothing known, as in a first run, and with the
costs known, as after it. For loadgroup the modules are marked as groups.

"span" are the seconds from the first test's begin to the last one's end; the bound, which no scheduler can beat, is to
be compared with it. "wall" are those of the whole run, with the start of pytest and of its workers, which is the same
for all. Run it with the Python of an environment that has juncture installed.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from juncture.sharding.history import FixtureKey, History, KnownFixture, timed
from juncture.sharding.history_document import history_to_json

WAYS = {
    "juncture, costs known": ("--juncture-history=history.json",),
    "juncture, first run": (),
    "load": ("--dist=load",),
    "loadscope": ("--dist=loadscope",),
    "loadfile": ("--dist=loadfile",),
    "loadgroup": ("--dist=loadgroup",),
    "worksteal": ("--dist=worksteal",),
}

MODULE = """
import os, time
import pytest

def note(what):
    with open(os.environ["BENCH_NOTES"], "a") as file:
        file.write(f"{{what}} {{time.time()}}\\n")

if os.environ.get("BENCH_GROUPS"):
    pytestmark = pytest.mark.xdist_group({name!r})

@pytest.fixture(scope="module")
def thing():
    note("setup")
    time.sleep({setup})

@pytest.mark.parametrize("seconds", {seconds})
def test_it(thing, seconds):
    time.sleep(seconds)
    note("end")
"""


@dataclass
class Module:
    """A module of a suite: seconds of its fixture, and of each test."""

    setup: float
    seconds: list[float]


@dataclass
class Samples:
    """What was measured of one way."""

    span: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    setups: list[int] = field(default_factory=list)


def suites(scale: float) -> dict[str, list[Module]]:
    """Return the suites by name; they are the same in each run of this program."""
    dice = random.Random(1)  # noqa: S311 - no secret

    def usual(number: int, mean: float) -> list[float]:
        return [round(scale * dice.expovariate(1 / mean), 4) for _ in range(number)]

    def tailed(number: int) -> list[float]:
        return [round(scale * min(4.0, 0.03 * dice.paretovariate(1.1)), 4) for _ in range(number)]

    return {
        "fixtures": [Module(scale * dice.uniform(0.5, 3.0), usual(6, 0.15)) for _ in range(12)],
        "tail": [Module(scale * dice.choice([0.0, 0.0, 1.0]), tailed(dice.randint(4, 20))) for _ in range(15)],
        "huge": [Module(scale, usual(80, 0.15)), *(Module(scale * 0.5, usual(5, 0.1)) for _ in range(6))],
    }


def main() -> None:
    """Print the medians of each way, suite by suite."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds to take the median of (default: 3)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor for all sleeps (default: 1)")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4], help="numbers of workers (default: 2 4)")
    parser.add_argument("--suites", nargs="+", default=[*suites(1)], help="which suites (default: all)")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"pytest {pytest.__version__}, scale {arguments.scale}, median of {arguments.rounds} rounds")
    for name, modules in suites(arguments.scale).items():
        if name in arguments.suites:
            with tempfile.TemporaryDirectory() as folder:
                _write(Path(folder), modules)
                for workers in arguments.workers:
                    _compare(Path(folder), name, modules, workers, arguments.rounds)


def _compare(folder: Path, name: str, modules: list[Module], workers: int, rounds: int) -> None:
    samples = {way: Samples() for way in WAYS}
    for number in range(rounds):
        order = [*WAYS]
        for way in order[number % len(order) :] + order[: number % len(order)]:
            _run(folder, way, workers, samples[way])
    total = sum(module.setup + sum(module.seconds) for module in modules)
    longest = max(module.setup + max(module.seconds) for module in modules)
    print(f"\n{name} -n {workers}: bound {max(total / workers, longest):.2f} s")
    print(f"{'':<24}{'span':>8}{'fastest':>9}{'slowest':>9}{'wall':>8}{'setups':>8}")
    for way, found in samples.items():
        span, wall, setups = (statistics.median(each) for each in (found.span, found.wall, found.setups))
        print(f"{way:<24}{span:8.2f}{min(found.span):9.2f}{max(found.span):9.2f}{wall:8.2f}{setups:8.0f}")


def _write(folder: Path, modules: list[Module]) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "slept"\nversion = "1"\n[tool.juncture]\n')
    (folder / "tests").mkdir()
    tests, fixtures = {}, {}
    for number, module in enumerate(modules):
        # Names that are no hint: the order of the files says nothing of what they cost.
        name = f"tests/test_{number:02}.py"
        (folder / name).write_text(MODULE.format(name=name, setup=module.setup, seconds=module.seconds))
        key = FixtureKey(name, "thing", "module", "", name)
        fixtures[key] = KnownFixture(0, round(module.setup * 1_000_000))
        for position, identity in enumerate(_identities(module.seconds)):
            tests[f"{name}::test_it[{identity}]"] = timed(round(module.seconds[position] * 1_000_000))
    (folder / "history.json").write_text(history_to_json(History(tests, fixtures)))


def _identities(seconds: list[float]) -> list[str]:
    """Return pytest's own names of parameters: equal ones are numbered."""
    found = [str(each) for each in seconds]
    return [f"{each}_{found[:n].count(each)}" if found.count(each) > 1 else each for n, each in enumerate(found)]


def _run(folder: Path, way: str, workers: int, samples: Samples) -> None:
    notes = folder / "notes"
    notes.write_text("")
    environ = {**os.environ, "BENCH_NOTES": str(notes), "PYTHONDONTWRITEBYTECODE": "1"}
    if way == "loadgroup":
        environ["BENCH_GROUPS"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers), *WAYS[way], "tests"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{way} failed:\n{done.stdout}{done.stderr}")
    noted = [line.split() for line in notes.read_text().splitlines()]
    moments = [float(moment) for _, moment in noted]
    samples.span.append(max(moments) - min(moments))
    samples.wall.append(wall)
    samples.setups.append(sum(what == "setup" for what, _ in noted))


if __name__ == "__main__":
    main()
