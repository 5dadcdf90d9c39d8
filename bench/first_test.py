"""Measure the seconds from a command's start to the start of its first test, services warm.

    python bench/first_test.py [--rounds 10]

Compares, in one run and on one machine, interleaved: a bare ``pytest -n 2`` of one empty test, a bare one of the
reference application's integration suite (servers that are up already, no juncture: the tests then lack their fixtures,
but start), ``pytest -n 2`` on that suite with juncture, and ``nox -s integration`` on the same. The moment is the first
``started`` event in the run's journals; in the bare runs a test or a plugin writes the clock. The provider is what
JUNCTURE_PROVIDER says. Run it with the Python of an environment that has juncture and the reference application
installed, with ``nox`` on the PATH.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHOP = ROOT / "examples" / "shop"
FEW = ("-k", "users")
"""Everything is collected, but after the first tests the rest need not run."""

CLOCK = """\
import os, time
from pathlib import Path
def pytest_runtest_logstart():
    first = Path(os.environ["FIRST_TEST"])
    if not first.exists():
        first.write_text(str(time.time()))
"""

BARE = "import time\nfrom pathlib import Path\ndef test_empty():\n    Path('first').write_text(str(time.time()))\n"


def main() -> None:
    """Print the median, the fastest and the slowest of each way, and the ratio to the bare run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="rounds to take the median of (default: 10)")
    rounds = parser.parse_args().rounds
    ways = {
        "pytest -n 2, one empty test": bare,
        "pytest -n 2, shop, bare": bare_shop,
        "pytest -n 2, shop": direct,
        "nox -s integration, shop": by_nox,
    }
    for measure in ways.values():
        measure()  # warm: servers, template, environments, byte code
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, measure in ways.items():
            seconds[name].append(measure())
    base = statistics.median(seconds["pytest -n 2, one empty test"])
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'seconds to the first test':<30}{'median':>8}{'fastest':>9}{'slowest':>9}{'ratio':>7}")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:<30}{median:8.2f}{min(values):9.2f}{max(values):9.2f}{median / base:7.1f}")


def bare() -> float:
    """Time pytest with xdist alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_empty.py").write_text(BARE)
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:juncture"]
        began = _run(command, Path(folder), {})
        return float(Path(folder, "first").read_text()) - began


def bare_shop() -> float:
    """Time pytest on the reference application with servers that are up, and nothing of juncture."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "first_test_clock.py").write_text(CLOCK)
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:juncture", "-p", "first_test_clock"]
        more = {"PYTHONPATH": folder, "FIRST_TEST": f"{folder}/first", **services()}
        began = _run([*command, "tests/integration", *FEW, "-W", "ignore"], SHOP, more, passes=False)
        return float(Path(folder, "first").read_text()) - began


@cache
def services() -> dict[str, str]:
    """Return the variables of the services that are kept for a developer, which stay up."""
    command = [sys.executable, "-m", "juncture", "services.env", "--format", "json"]
    done = subprocess.run(command, cwd=SHOP, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def direct() -> float:
    """Time pytest on the reference application."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/integration", *FEW]
        began = _run(command, SHOP, {"JUNCTURE_BUNDLE": f"{folder}/bundle"})
        return _first(Path(folder, "bundle")) - began


def by_nox() -> float:
    """Time Nox on the reference application."""
    nox = shutil.which("nox", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    began = _run([nox or "nox", "-s", "integration", "--", *FEW], ROOT, {})
    return _first(SHOP / "reports" / "integration" / "bundle") - began


def _run(command: list[str], folder: Path, more: dict[str, str], *, passes: bool = True) -> float:
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTHONDONTWRITEBYTECODE"}}
    began = time.time()
    done = subprocess.run(command, cwd=folder, env=environment | more, capture_output=True, text=True, check=False)
    if done.returncode and passes:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return began


def _first(bundle: Path) -> float:
    events = (json.loads(line) for path in bundle.glob("journal-*.jsonl") for line in path.read_text().splitlines())
    return min(event["time"] for event in events if event["event"] == "started")


if __name__ == "__main__":
    main()
