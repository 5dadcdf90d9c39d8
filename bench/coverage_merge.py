"""Measure what it takes to combine coverage data and to report on it, beside coverage's own commands.

    python bench/coverage_merge.py [--rounds 5] [--files 64] [--modules 300] [--branch]

Compares, in one run and on one machine, interleaved: `coverage combine --keep`, the same with `coverage xml` and
`coverage json` after it, and juncture's merge of the same files, first the combining alone, then all of it. Each is a
process of its own (coverage's commands one each), so that what a user waits for is measured, start included. After
each round both results must have the same lines of the same files, and the XML reports the same totals. Run it with
the Python of an environment that has juncture installed.
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
from pathlib import Path
from xml.etree import ElementTree as ET

import coverage
from coverage import CoverageData

FUNCTION = "def f{0}(x):\n    if x:\n        return 1\n    return 2\n\n\n"
HEIGHT = FUNCTION.count("\n")

IMPORT = "from pathlib import Path; from juncture.merging.coverage.combining import combine, join; "
JOIN = f"{IMPORT}join(sorted(Path('data').absolute().iterdir()), Path('out').absolute(), Path('c.ini'))"
MERGE = f"{IMPORT}combine([Path('data')], Path('out'), Path('c.ini'))"

COMBINE = ("combine", "--keep", "-q", "--data-file=theirs/data", "data")
XML = ("xml", "-q", "--data-file=theirs/data", "-o", "theirs/coverage.xml")
JSON = ("json", "-q", "--data-file=theirs/data", "-o", "theirs/coverage.json")


def coverage_command(words: tuple[str, ...]) -> list[str]:
    """Return the command line of one of coverage's commands."""
    return [sys.executable, "-m", "coverage", words[0], "--rcfile=c.ini", *words[1:]]


WAYS: dict[str, list[list[str]]] = {
    "coverage combine": [coverage_command(COMBINE)],
    "juncture combines": [[sys.executable, "-c", JOIN]],
    "coverage combine, xml": [coverage_command(words) for words in (COMBINE, XML)],
    "coverage combine, xml, json": [coverage_command(words) for words in (COMBINE, XML, JSON)],
    "juncture: all three": [[sys.executable, "-c", MERGE]],
}


def main() -> None:
    """Print the median of each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the median of (default: 5)")
    parser.add_argument("--files", type=int, default=64, help="data files (default: 64)")
    parser.add_argument("--modules", type=int, default=300, help="modules of the program (default: 300)")
    parser.add_argument("--branch", action="store_true", help="measure branches too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        statements = _write(folder, arguments.files, arguments.modules, branch=arguments.branch)
        size = sum(path.stat().st_size for path in (folder / "data").iterdir()) / 1e6
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
        print(f"{platform.system()} {platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f} at the start")
        print(f"Python {platform.python_version()}, coverage {coverage.__version__}, {arguments.rounds} rounds")
        print(f"{arguments.files} data files, {size:.0f} MB, {arguments.modules} modules, {statements} statements")
        _compare(folder, arguments.rounds)


def _compare(folder: Path, rounds: int) -> None:
    samples: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(rounds + 1):
        order = [*WAYS]
        for way in order[number % len(order) :] + order[: number % len(order)]:
            for place in ("theirs", "out"):
                (folder / place).mkdir(exist_ok=True)
            started = time.perf_counter()
            for command in WAYS[way]:
                subprocess.run(command, cwd=folder, check=True)
            if number:  # the first round warms the files
                samples[way].append(time.perf_counter() - started)
        _check(folder)
    print(f"\n{'':<30}{'median':>8}{'fastest':>9}{'slowest':>9}")
    for way, found in samples.items():
        print(f"{way:<30}{statistics.median(found):8.2f}{min(found):9.2f}{max(found):9.2f}")


def _check(folder: Path) -> None:
    """Fail where the two results differ."""
    ours, theirs = (_lines(folder / place) for place in ("out/coverage.data", "theirs/data"))
    if ours != theirs:
        sys.exit("the combined data differ")
    totals = [ET.parse(folder / place / "coverage.xml").getroot() for place in ("out", "theirs")]  # noqa: S314
    names = ("lines-valid", "lines-covered", "branches-valid", "branches-covered", "line-rate", "branch-rate")
    if len({tuple(root.get(name) for name in names) for root in totals}) > 1:
        sys.exit("the reports differ")


def _lines(path: Path) -> dict[str, tuple[list[int], list[tuple[int, int]]]]:
    data: CoverageData = CoverageData(str(path))
    data.read()
    names = data.measured_files()
    found = {name: (sorted(data.lines(name) or ()), sorted(data.arcs(name) or ())) for name in names}
    data.close()
    return found


def _write(folder: Path, files: int, modules: int, *, branch: bool) -> int:
    """Write a program and data files that each have some of it; return how many statements it has."""
    dice = random.Random(1)  # noqa: S311 - the same program each time
    names = {f"app/p{module % 12}/m{module:03}.py": dice.randint(10, 60) for module in range(modules)}
    for name, functions in names.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("".join(map(FUNCTION.format, range(functions))))
    (folder / "data").mkdir()
    (folder / "c.ini").write_text(f"[run]\nrelative_files = true\nbranch = {str(branch).lower()}\n")
    for number in range(files):
        data: CoverageData = CoverageData(str(folder / "data" / f"data.host.pid{number}.Xa"))
        data.set_context("integration")
        lines = {name: _ran(dice, functions) for name, functions in names.items()}
        if branch:
            data.add_arcs({name: list(zip([-1, *ran], [*ran, -1], strict=True)) for name, ran in lines.items()})
        else:
            data.add_lines(lines)
        data.write()
        data.close()
    return sum(4 * functions for functions in names.values())


def _ran(dice: random.Random, functions: int) -> list[int]:
    """Return the lines that ran: every definition, and some of the bodies."""
    found = []
    for first in range(1, HEIGHT * functions, HEIGHT):
        found.append(first)
        if dice.random() < 0.05:  # noqa: PLR2004
            found += [first + 1, first + dice.choice((2, 3))]
    return found


if __name__ == "__main__":
    main()
