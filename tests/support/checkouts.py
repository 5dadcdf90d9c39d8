"""Run a small project in a folder of its own, as a user would, and look at what is left of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.host import keeper
from juncture.host.folders import data_folder
from juncture.sessions._arguments import Adopted
from juncture.sessions._coverage import rcfile, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

LEDGER = Path(__file__).parent / "ledger"
CROWD = Path(__file__).parent / "crowd"
TALLY = Path(__file__).parent / "tally"
"""Ten tests that start no service, in two modules."""

LOOK = """
import os
from juncture.isolation import open_workspace
from juncture.provisioning import declare
from juncture.services.postgres import connect
with open_workspace(declare(None, environ=os.environ), environ=os.environ, worker="look") as workspace:
    with connect(workspace.servers["db"].endpoint) as connection:
        names = [name for (name,) in connection.query("SELECT datname FROM pg_database")]
print(*[name for name in names if not name.endswith("_look")])
"""
"""Prints the databases of the server."""

UNWANTED = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Hypothesis imports all of itself at the end of each process: seconds where no bytecode may be written."""

TESTS = 40
"""Integration tests of the ledger."""


@dataclass
class Project:
    """One checkout of a project: ``folder`` is its root, ``home`` is juncture's own folder.

    Where it is ``measured``, coverage is set up for each run as the Nox sessions do it. ``within`` are the words of a
    program that starts pytest.
    """

    folder: Path
    home: Path
    runs: int = 0
    extra: dict[str, str] = field(default_factory=dict)
    measured: bool = False
    within: tuple[str, ...] = ()

    @classmethod
    def copy(cls, folder: Path, home: Path, source: Path = LEDGER) -> Project:
        """Copy the ledger, or another project, to ``folder``."""
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
        return cls(folder, home)

    @property
    def bundle(self) -> Path:
        """The bundle of the last run that was started."""
        return self.folder / "bundles" / str(self.runs)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables for a run: this one's, without those of a run that we may be in."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUNCTURE", "PYTEST_"))}
        for name in ("CI", "GITHUB_SHA", "GITHUB_STEP_SUMMARY", "GITHUB_RUN_ATTEMPT", "CI_COMMIT_SHA"):
            inherited.pop(name, None)
        own = {"JUNCTURE_HOME": str(self.home), "JUNCTURE_PROVIDER": "embedded", "PYTHONDONTWRITEBYTECODE": "1"}
        return {**inherited, **own, **self.extra, **more}

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start pytest with a new bundle; the caller waits."""
        self.runs += 1
        own = {"JUNCTURE_BUNDLE": str(self.bundle), "JUNCTURE_SUITE": "integration", **self._measure()}
        return subprocess.Popen(
            [*self.within, sys.executable, "-m", "pytest", "-q", *UNWANTED, *arguments],
            cwd=self.folder,
            env=self.environment(**{**own, **more}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        )

    def _measure(self) -> dict[str, str]:
        """Prepare the last bundle for coverage; return the variables that say so."""
        if not self.measured:
            return {}
        (self.bundle / "coverage").mkdir(parents=True, exist_ok=True)
        settings = self.bundle / "coverage.ini"
        settings.write_text(rcfile(read_settings(self.folder), Adopted(), context="integration", tests=["tests"]))
        return {"JUNCTURE_COVERAGE": str(settings), "JUNCTURE_COVERAGE_DATA": str(self.bundle / "coverage" / "data")}

    def run(self, *arguments: str, **more: str) -> tuple[int, str]:
        """Run pytest and return its exit code and output; a minute without an end is a hang."""
        process = self.start(*arguments, **more)
        try:
            output, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, output

    def seal(self) -> None:
        """Seal the last bundle, as the last step of a job does, whatever became of pytest."""
        self.juncture("seal", str(self.bundle))

    def merge(self, *more: Path, expect: int = 1) -> tuple[int, str]:
        """Seal the last bundle and merge it, and ``more``; return the exit code and the summary."""
        self.seal()
        bundles = [str(path) for path in (self.bundle, *more)]
        return self.juncture(
            "merge", "--out", str(self.folder / "merged"), "--expect", f"integration={expect}", *bundles
        )

    def juncture(self, *words: str) -> tuple[int, str]:
        """Run a juncture command; return its exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "juncture", *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout

    def events(self) -> list[dict[str, Any]]:
        """Return the whole events in the journals of the last bundle, whoever still writes them."""
        lines = [line for path in self.bundle.glob("journal-*.jsonl") for line in path.read_bytes().split(b"\n")[:-1]]
        return [json.loads(line) for line in lines]

    def processes(self) -> list[keeper.Running]:
        """Return the servers that run now."""
        return keeper.running(self.home)

    def python(self, code: str, *arguments: str) -> str:
        """Run Python code in the project's folder and environment; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def databases(self) -> list[str]:
        """Return the names of the databases that exist on the server."""
        return self.python(LOOK).split()

    def clean(self) -> None:
        """Stop what runs and remove what was kept."""
        for server in self.processes():
            keeper.stop(self.home, server.key)
        wait_until(lambda: not self.processes(), "the servers stop")
        shutil.rmtree(data_folder(self.home), ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until ``condition`` holds; fail with ``what`` should have happened."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s until {what}"
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """Tell whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
