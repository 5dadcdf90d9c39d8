"""Two bundles of one suite, and what ``juncture merge`` says of them once something befell them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from checkouts import TALLY, Project

__all__ = ["INCOMPLETE", "KILLING", "Shards", "Verdict"]

INCOMPLETE = 20
SCREEN = 40
"""Lines of a terminal; what is wrong has to be seen without scrolling."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a merge ended, what it printed, and where its result is."""

    code: int
    screen: str
    out: Path

    def is_red(self, *names: str, code: int = INCOMPLETE) -> None:
        """Check that it is red, and that one screen names what is wrong: codes, or words."""
        assert self.code == code, self.screen
        assert len(self.screen.splitlines()) <= SCREEN, self.screen
        assert "Traceback" not in self.screen
        for name in names:
            assert name in self.screen, f"{name} is not named in:\n{self.screen}"

    def is_green(self) -> None:
        """Check that it is green, with all ten tests and what they covered."""
        assert self.code == 0, self.screen
        assert "8 passed, 1 skipped, 1 xfailed" in self.screen
        assert "coverage      83.3 %" in self.screen


@dataclass(slots=True)
class Shards:
    """A project of ten tests in two modules, and the bundles of its two shards, of which each test has copies."""

    project: Project
    bundles: tuple[Path, ...]
    out: Path

    @classmethod
    def run_both(cls, folder: Path, tests: str = "tests") -> Self:
        """Run both shards of some tests below ``folder``, measured, on two workers each."""
        project = Project.copy(folder / "tally", folder / "home", TALLY)
        project.measured = True
        bundles = []
        for shard in ("1/2", "2/2"):
            code, output = project.run("-n", "2", "--juncture-shard", shard, tests)
            assert code == 0, output
            project.seal()
            bundles.append(project.bundle)
        return cls(project, tuple(bundles), folder / "out")

    def copied(self, folder: Path) -> Self:
        """Return copies of the project and of both bundles below ``folder``, to be damaged."""
        copies = [Path(shutil.copytree(path, folder / f"shard-{at}")) for at, path in enumerate(self.bundles, 1)]
        project = Project.copy(folder / "tally", self.project.home, self.project.folder)
        project.measured = True
        shutil.rmtree(project.folder / "bundles")
        return type(self)(project, tuple(copies), folder / "out")

    def merge(self, *bundles: Path | str, expect: str = "integration=2", options: tuple[str, ...] = ()) -> Verdict:
        """Merge bundles, those of the two shards where none is named."""
        words = ["merge", "--out", str(self.out), "--expect", expect, *options]
        code, screen = self.project.juncture(*words, *map(str, bundles or self.bundles))
        return Verdict(code, screen, self.out)

    def run(self, *arguments: str, **more: str) -> tuple[int, str]:
        """Run pytest on all tests of the project, in its one process where nothing else is said."""
        return self.project.run(*arguments, "tests", **more)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.project.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def verdict(self, *others: Path, expect: str = "integration=1") -> Verdict:
        """Seal the bundle of the last run, as a job's last step does whatever became of pytest, and merge it."""
        self.project.seal()
        return self.merge(self.project.bundle, *others, expect=expect)


KILLING = """
import os
import signal

WHO, _, WHEN = MOMENT.partition(" ")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

def kill(when):
    if when == WHEN and WHO == ("worker" if WORKER else "controller"):
        os.kill(os.getpid(), signal.SIGKILL)

def pytest_sessionstart():
    if WORKER in ("", "gw0"):
        kill("at the start")

def pytest_runtest_call(item):
    if item.name in ("test_add[2]", "test_not_yet"):
        kill("in the middle" if item.name == "test_add[2]" else "in the last test")

def pytest_runtest_logreport(report):
    if report.nodeid.endswith("test_add[2]") and report.when == "call":
        kill("in the middle")

def pytest_sessionfinish():
    kill("at the end")
"""
"""Lets a process of pytest's kill itself, as the kernel does it where memory runs out: it tells and saves nothing."""
