"""Measure a merge end to end: 64 bundles of 2,000 tests each, with coverage data of 300 modules.

    python bench/merge.py [--bundles 64] [--modules 20] [--repeats 3]

One shard is really run, by pytest with two workers, recorded and measured. The other bundles are that one with other
node ids, the numbers of other shards and the plan of all; each is sealed. What is timed is `juncture merge` as a
process: reading, proving, combining coverage, and writing every file of the result. Run it with the Python of an
environment that has juncture installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.recording.bundle import seal
from juncture.sharding import PlannedTest, make_plan, to_json

if TYPE_CHECKING:
    from juncture.sharding import Shard

PER_MODULE = 100
SOURCES = 300
SETTINGS = """[run]
source = app
relative_files = true
parallel = true
context = integration
data_file = ${JUNCTURE_COVERAGE_DATA-data}
"""


def main() -> None:
    """Print the median seconds and the memory of the merge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", type=int, default=64, help="shards (default: 64)")
    parser.add_argument("--modules", type=int, default=20, help="modules of 100 tests in each shard (default: 20)")
    parser.add_argument("--repeats", type=int, default=3, help="merges to take the median of (default: 3)")
    arguments = parser.parse_args()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundles = _bundles(folder, arguments.bundles, arguments.modules)
        seconds = [_merge(folder, bundles, arguments.bundles) for _ in range(arguments.repeats)]
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    tests = arguments.bundles * arguments.modules * PER_MODULE
    print(f"{arguments.bundles} bundles, {tests} tests, {arguments.bundles * 2} coverage files of {SOURCES} modules")
    print(f"median {statistics.median(seconds):.2f} s, fastest {min(seconds):.2f} s, peak {memory:.0f} MB")


def _bundles(folder: Path, number: int, modules: int) -> list[Path]:
    """Run one shard, and make a bundle of it for each shard of a plan over all."""
    project = folder / "project"
    (project / "app").mkdir(parents=True)
    (project / "pyproject.toml").write_text('[project]\nname = "large"\nversion = "1"\n[tool.juncture]\n')
    (project / "app" / "__init__.py").touch()
    for source in range(SOURCES):
        lines = "".join(f"    if x == {line}:\n        return {line}\n" for line in range(20))
        (project / "app" / f"m{source}.py").write_text(f"def f(x):\n{lines}")
    seed = folder / "seed"
    (seed / "coverage").mkdir(parents=True)
    _run_one(project, seed, modules)
    nodeids = [
        [
            f"tests/integration/part_{shard:02}/test_{module:02}.py::test_number_{test}"
            for module in range(modules)
            for test in range(PER_MODULE)
        ]
        for shard in range(number)
    ]
    plan = make_plan([PlannedTest(each, each.partition("::")[0]) for part in nodeids for each in part], number, {})
    text = to_json(plan)
    bundles = folder / "bundles"
    return [_copy(seed, bundles / f"shard-{shard.index:03}", shard, number, text) for shard in plan.shards]


def _run_one(project: Path, bundle: Path, modules: int) -> None:
    tests = project / "tests" / "integration"
    tests.mkdir(parents=True)
    for module in range(modules):
        body = "".join(
            f"def test_number_{test}(): importlib.import_module('app.m{(module * PER_MODULE + test) % SOURCES}').f(3)\n"
            for test in range(PER_MODULE)
        )
        (tests / f"test_{module:02}.py").write_text(f"import importlib\n{body}")
    settings = bundle / "coverage.ini"
    settings.write_text(SETTINGS)
    dropped = {"CI", "JUNCTURE_SHARD", "JUNCTURE_PLAN"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment |= {"JUNCTURE_BUNDLE": str(bundle), "JUNCTURE_SUITE": "integration", "PYTHONPATH": str(project)}
    environment |= {"JUNCTURE_COVERAGE": str(settings), "JUNCTURE_COVERAGE_DATA": str(bundle / "coverage" / "data")}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    (bundle / "plan.json").unlink()


def _copy(seed: Path, bundle: Path, shard: Shard, total: int, plan: str) -> Path:
    """Write the bundle of one shard: the seed's, with other tests."""
    shutil.copytree(seed, bundle, ignore=shutil.ignore_patterns("journal-*"))
    (bundle / "plan.json").write_text(plan)
    journals = {path.name: list(map(json.loads, path.read_text().splitlines())) for path in seed.glob("journal-*")}
    known = {test["id"] for events in journals.values() for event in events for test in event.get("tests", ())}
    names = dict(zip(sorted(known), shard.nodeids, strict=True)) | {"": ""}
    for name, events in journals.items():
        lines = [json.dumps(_renamed(event, names, shard.index, total), separators=(",", ":")) for event in events]
        (bundle / name).write_text("\n".join(lines) + "\n")
    seal(bundle, {"JUNCTURE_COMMIT": "c" * 40})
    return bundle


def _renamed(event: dict[str, Any], names: dict[str, str], shard: int, total: int) -> dict[str, Any]:
    more: dict[str, Any] = {"shard": shard, "total": total} if event["event"] == "opened" else {}
    if "test" in event:
        more["test"] = names[event["test"]]
    if "tests" in event:
        more["tests"] = [
            {**test, "id": names[test["id"]], "group": names[test["id"]].partition("::")[0]} for test in event["tests"]
        ]
    return {**event, **more}


def _merge(folder: Path, bundles: list[Path], expected: int) -> float:
    """Merge once, which must be green, and return the seconds."""
    words = ["merge", "--out", str(folder / "out"), "--expect", f"integration={expected}"]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "juncture", *words, *map(str, bundles)],
        cwd=folder / "project",
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"the merge failed:\n{done.stdout}{done.stderr}")
    return seconds


if __name__ == "__main__":
    main()
