"""A small project that is run as two shards, each in a checkout of its own, and what their merge says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from recorded import NO_SERVICES

from juncture.config import load
from juncture.merging.merge import Order, merge
from juncture.model import BAD_OUTCOMES
from juncture.recording.bundle import seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from juncture.merging.values import Merged, Suite

__all__ = ["Parted", "Shards"]

SHARDS = 2
DROPPED = ("CI", "COVERAGE_", "GITHUB_", "JUNCTURE", "PYTEST", "PYTHONPATH")
"""Beginnings of the variables that are not for the runs."""


@dataclass(frozen=True)
class Parted:
    """How both shards ended: exit codes and output, by shard; what the merge made of them, and the plan's file."""

    codes: tuple[int, ...]
    outputs: tuple[str, ...]
    merged: Merged
    plan: Path

    @property
    def suite(self) -> Suite:
        """The only suite."""
        return self.merged.suites[0]

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome of each test, by its node id below the folder of tests; none of them may come twice."""
        found: dict[str, str] = {test.nodeid.removeprefix("tests/"): test.outcome for test in self.suite.tests}
        assert len(found) == len(self.suite.tests), "tests ran more than once"
        return found

    @property
    def problems(self) -> list[str]:
        """The codes of what is wrong."""
        return [problem.code for problem in self.merged.all_problems]

    def is_whole(self, expected: Mapping[str, str]) -> None:
        """Check that both shards together ran exactly these tests, each once, and that the verdict is theirs."""
        screen = "\n".join(self.outputs)
        assert not self.merged.all_problems, f"{self.merged.all_problems}\n{screen}"
        assert self.outcomes == dict(expected), screen
        assert all(shard.record.tests for shard in self.suite.shards), "a shard that ran nothing proves nothing"
        bad = [bool(BAD_OUTCOMES & {test.outcome for test in shard.record.tests}) for shard in self.suite.shards]
        assert [code == pytest.ExitCode.TESTS_FAILED for code in self.codes] == bad, screen
        assert self.merged.verdict == ("failed" if any(bad) else "passed")


@dataclass
class Shards:
    """Runs a project's tests as two shards, with nothing of the session that runs these tests.

    ``site`` is a folder of more plugins, ``blocked`` are those of them that are not to be loaded. ``table`` goes on the
    declaration, ``extra`` are more variables.
    """

    folder: Path
    site: Path | None = None
    blocked: Sequence[str] = ()
    table: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    runs: int = 0

    @property
    def project(self) -> Path:
        """The folder that each shard has a copy of."""
        return self.folder / "project"

    def write(self, **modules: str) -> None:
        """Write the declaration and modules: those of tests, and others beside them."""
        (self.project / "tests").mkdir(parents=True, exist_ok=True)
        (self.project / "pyproject.toml").write_text(NO_SERVICES + self.table, encoding="utf-8")
        for name, text in modules.items():
            folder = self.project / "tests" if name.startswith("test_") else self.project
            (folder / f"{name}.py").write_text(text, encoding="utf-8")

    def run(self, *options: str, cwd: str = ".", plan: Path | None = None) -> Parted:
        """Run both shards at the same time, seal their bundles and merge them; each is to leave a whole bundle."""
        self.runs += 1
        place = self.folder / f"run-{self.runs}"
        given = [f"--juncture-plan={plan}"] if plan else []
        processes, bundles = [], [place / f"shard-{index}" for index in range(1, SHARDS + 1)]
        for index, bundle in enumerate(bundles, 1):
            checkout = place / f"job-{index}" / "project"
            shutil.copytree(self.project, checkout, ignore=shutil.ignore_patterns("__pycache__"))
            words = (f"--juncture-shard={index}/{SHARDS}", *given, *options)
            processes.append(self.start(checkout / cwd, *words, bundle=bundle))
        outputs = [process.communicate(timeout=120)[0] for process in processes]
        for bundle in bundles:
            seal(bundle, {"PATH": "/nowhere"})
        config = load(self.project, kinds={}, environ={})
        merged = merge(Order(out=place / "result", expect={"all": SHARDS}, bundles=bundles, config=config))
        plans = {(bundle / "plan.json").read_bytes() for bundle in bundles}
        assert len(plans) == 1, "the shards made different plans"
        codes = tuple(process.returncode for process in processes)
        return Parted(codes, tuple(outputs), merged, bundles[0] / "plan.json")

    def start(self, folder: Path, *options: str, bundle: Path | None = None) -> subprocess.Popen[str]:
        """Start pytest in a folder, with its whole output piped."""
        environ = {name: text for name, text in os.environ.items() if not name.startswith(DROPPED)}
        environ |= {"JUNCTURE_HOME": str(self.folder / "home"), "JUNCTURE_SUITE": "all"}
        environ |= {"JUNCTURE_BUNDLE": str(bundle)} if bundle else {}
        environ |= {"PYTHONPATH": str(self.site)} if self.site else {}
        # Hypothesis imports all of itself at the end of each process.
        without = [word for name in ("hypothesispytest", *self.blocked) for word in ("-p", f"no:{name}")]
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *without, *options],
            cwd=folder,
            env=environ | self.extra,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
