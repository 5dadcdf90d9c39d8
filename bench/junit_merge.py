"""Measure the merge of JUnit files beside junitparser's, and beside what it costs to parse them at all.

    python bench/junit_merge.py [--rounds 5] [--cases 200000] [--large 1000000] [--slow-rounds 3]

Each contender is a process of its own, from start to end, on the same files: `juncture junit.merge`, `junitparser
merge`, and a Python that calls ElementTree's `parse` on each file and keeps nothing. The rounds are interleaved;
junitparser, which takes long, has fewer. Wall and processor seconds are medians; RSS is the peak of the worst round, as
the kernel has it.

Three sets of files: all cases in 8 files with one suite each; the same number in 4 files with 2,000 suites each, on
which junitparser takes the square of the time; and one million cases in 8 files, a tenth of them there twice, for
juncture alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import junitparser

import juncture

PARSE = "import sys; from xml.etree import ElementTree as ET\nfor path in sys.argv[1:]: ET.parse(path)"


@dataclass
class Samples:
    """What each round of one contender took."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)


def main() -> None:
    """Print the medians of each contender on each set of files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the median of (default: 5)")
    parser.add_argument("--slow-rounds", type=int, default=3, help="rounds of junitparser (default: 3)")
    parser.add_argument("--cases", type=int, default=200_000, help="test cases (default: 200000)")
    parser.add_argument("--large", type=int, default=1_000_000, help="test cases of the large set (default: 1000000)")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(
        f"Python {platform.python_version()}, {expat.EXPAT_VERSION}, "
        f"junitparser {junitparser.version}, juncture {juncture.__version__}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for heading, files, suites, slow in (
            ("8 files, 1 suite each", 8, 1, arguments.slow_rounds),
            ("4 files, 2,000 suites each", 4, 2000, min(arguments.slow_rounds, 1)),
        ):
            paths = _write(folder / heading, files, suites, arguments.cases)
            _compare(folder, f"{arguments.cases:,} cases in {heading}", paths, arguments.rounds, slow)
        paths = _write(folder / "large", 8, 1, arguments.large, doubled=10)
        _compare(folder, f"{arguments.large:,} cases in 8 files, a tenth there twice", paths, arguments.rounds, 0)


def _write(folder: Path, files: int, suites: int, cases: int, *, doubled: int = 0) -> list[Path]:
    """Write files with so many cases in all; one in ``doubled`` has the name of the one before it."""
    folder.mkdir()
    each = cases // files // suites
    for number in range(files):
        with (folder / f"report-{number}.xml").open("w", encoding="utf-8") as file:
            file.write('<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="pytest tests">')
            for suite in range(suites):
                counts = f'tests="{each}" failures="{-(-each // 50)}" errors="0" skipped="0" time="12.345"'
                file.write(f'<testsuite name="suite {number}.{suite}" {counts} hostname="host">')
                file.writelines(
                    _case(number, suite, at - bool(doubled and at % doubled == 1), at) for at in range(each)
                )
                file.write("</testsuite>")
            file.write("</testsuites>\n")
    return sorted(folder.iterdir())


def _case(number: int, suite: int, name: int, at: int) -> str:
    classname = f"tests.integration.module_{name % 40}.TestThing{number}"
    head = f'<testcase classname="{classname}" name="test_of_something_{suite}_{name}[param-{name}]" time="0.012"'
    if at % 50:
        return f"{head} />\n"
    text = "def test():\n&gt;  assert 1 == 2\nE   assert 1 == 2\n"
    return f'{head}><failure message="assert 1 == 2">{text}</failure></testcase>\n'


def _compare(folder: Path, heading: str, paths: list[Path], rounds: int, slow_rounds: int) -> None:
    names = [str(path) for path in paths]
    out = str(folder / "out.xml")
    ways = {
        "ET.parse alone": [sys.executable, "-c", PARSE, *names],
        "juncture": [str(Path(sys.executable).with_name("juncture")), "junit.merge", out, *names],
        "junitparser": [str(Path(sys.executable).with_name("junitparser")), "merge", *names, out],
    }
    samples = {way: Samples() for way in ways}
    for number in range(rounds):
        order = [*ways]
        for way in order[number % len(order) :] + order[: number % len(order)]:
            if way != "junitparser" or number < slow_rounds:
                _run(ways[way], samples[way])
    size = sum(path.stat().st_size for path in paths) / 1e6
    print(f"\n{heading}, {size:.0f} MB")
    print(f"{'':<20}{'wall':>8}{'fastest':>9}{'slowest':>9}{'processor':>11}{'to parse':>10}{'RSS':>9}")
    base = statistics.median(samples["ET.parse alone"].wall)
    for way, found in samples.items():
        if found.wall:
            wall, processor = statistics.median(found.wall), statistics.median(found.processor)
            print(
                f"{way:<20}{wall:8.2f}{min(found.wall):9.2f}{max(found.wall):9.2f}{processor:11.2f}"
                f"{wall / base:10.2f}{max(found.rss):6.0f} MB"
            )


def _run(command: list[str], samples: Samples) -> None:
    """Run a contender once; `os.wait4` tells what this one process took."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    samples.wall.append(time.perf_counter() - began)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with exit code {process.returncode}")
    samples.processor.append(usage.ru_utime + usage.ru_stime)
    samples.rss.append(usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
