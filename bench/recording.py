"""Measure what recording costs: 2,000 tiny tests with and without a journal.

    python bench/recording.py [--rounds 10] [--tests 2000] [--workers 0 2]

Compares, in one run and on one machine, interleaved: pytest without juncture, pytest with juncture's plugin active but
no bundle, and the same with a bundle, where the recorder is all that differs. The project declares no service. Wall
seconds are what a user waits, processor seconds what other programs on the machine disturb less. The order of the ways
changes from round to round. Run it with the Python of an environment that has juncture installed.
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
from dataclasses import dataclass, field
from pathlib import Path

import pytest

MODULES = 20
BASE = "without juncture"
WAYS = {BASE: ("-p", "no:juncture"), "plugin, no bundle": (), "recorded": ()}


@dataclass
class Samples:
    """The seconds of each round of one way."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def main() -> None:
    """Print the medians of each way, and the ratios to pytest without juncture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="rounds to take the median of (default: 10)")
    parser.add_argument("--tests", type=int, default=2000, help="tests in the project (default: 2000)")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="numbers of workers (default: 0 2)")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores")
    print(f"Python {platform.python_version()}, pytest {pytest.__version__}, {arguments.tests} tests")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_project(folder, arguments.tests)
        for workers in arguments.workers:
            _compare(folder, workers, arguments.rounds)


def _compare(folder: Path, workers: int, rounds: int) -> None:
    samples = {way: Samples() for way in WAYS}
    for way in WAYS:
        _run(folder, way, workers, 0)  # warm: byte code
    for number in range(1, rounds + 1):
        order = [*WAYS]
        for way in order[number % len(order) :] + order[: number % len(order)]:
            wall, processor = _run(folder, way, workers, number)
            samples[way].wall.append(wall)
            samples[way].processor.append(processor)
    base = samples[BASE]
    print(f"\n{f'-n {workers}':<20}{'wall':>8}{'ratio':>8}{'fastest':>9}{'slowest':>9}{'processor':>11}{'ratio':>8}")
    for way, found in samples.items():
        wall, processor = statistics.median(found.wall), statistics.median(found.processor)
        print(
            f"{way:<20}{wall:8.3f}{wall / statistics.median(base.wall):8.3f}{min(found.wall):9.3f}"
            f"{max(found.wall):9.3f}{processor:11.3f}{processor / statistics.median(base.processor):8.3f}"
        )


def _write_project(folder: Path, tests: int) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "1"\n[tool.juncture]\n')
    for module in range(MODULES):
        lines = (f"def test_number_{number}(): pass\n" for number in range(module, tests, MODULES))
        (folder / f"test_{module}.py").write_text("".join(lines))


def _run(folder: Path, way: str, workers: int, number: int) -> tuple[float, float]:
    """Run the project's tests once and return the wall and processor seconds of all its processes."""
    dropped = {"CI", "JUNCTURE_BUNDLE", "PYTHONDONTWRITEBYTECODE"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    if way == "recorded":
        environment["JUNCTURE_BUNDLE"] = str(folder / f"bundle-{workers}-{number}")
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), *WAYS[way]]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    main()
