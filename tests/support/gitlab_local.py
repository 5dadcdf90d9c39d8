"""Run a rendered GitLab pipeline with gitlab-ci-local: jobs and services in containers, artifacts in its state."""

from __future__ import annotations

import re
import shutil
from base64 import urlsafe_b64encode
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from executed import RUNNER, Job, Pipeline, attend

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from executed import CiProject

STATE = ".gitlab-ci-local"


@dataclass
class GitLab:
    """The pipeline of a project's commit; a job that runs again takes the place of the one before."""

    project: CiProject
    work: Path
    runs: int = 0

    @property
    def artifacts(self) -> Path:
        """The folder with what all jobs left."""
        return self.project.folder / STATE / "artifacts"

    def artifact(self, job: str) -> Path:
        """Return the folder with what a job left."""
        return self.artifacts / re.sub(
            r"[^\w-]+", lambda odd: urlsafe_b64encode(odd[0].encode()).decode().rstrip("="), job
        )

    def run(
        self,
        *jobs: str,
        variables: Mapping[str, str] | None = None,
        during: Callable[[subprocess.Popen[bytes]], None] | None = None,
    ) -> Pipeline:
        """Run the whole pipeline, or these jobs of it again, with more variables; return what came of it.

        ``during`` is called while it runs.
        """
        self.runs += 1
        log = self.work / f"run-{self.runs}.log"
        attend(self._words(jobs, variables or {}), self.project, log, during)
        text = log.read_text(errors="replace")
        shown = re.search(r"([0-9.]+)% coverage", text)
        merged = self.work / f"merged-{self.runs}"
        if (left := self.artifacts / "merge" / "reports" / "merged").is_dir():  # which the next run writes over
            shutil.copytree(left, merged)
        return Pipeline(jobs=_jobs(text), coverage=shown[1] if shown else "", merged=merged)

    def _words(self, jobs: Sequence[str], variables: Mapping[str, str]) -> list[str]:
        return [
            *("gitlab-ci-local", *jobs, "--no-color", "--pull-policy", "if-not-present", "--concurrency", "1"),
            *("--helper-image", RUNNER, "--wait-image", "juncture-test/wait:1", "--no-artifacts-to-source"),
            *("--wait-for-services-timeout", "10", "--max-job-name-padding", "0"),
            *(word for name, value in variables.items() for word in ("--variable", f"{name}={value}")),
            *("--volume", f"{self.project.kit.wheel}:/juncture:ro"),
        ]


def _jobs(log: str) -> dict[str, Job]:
    """Read the log: who failed is told at the end, for each job."""
    lines: dict[str, list[str]] = defaultdict(list)
    found = re.findall(r"^ (PASS|FAIL|WARN)  (.+?)(?: +[0-9.]+% coverage)? *$", log, flags=re.MULTILINE)
    results = {name: word for word, name in found}
    for line in log.splitlines():
        for name in results:
            if line.startswith(f"{name} "):
                lines[name].append(line[len(name) :].strip())
    if not results:
        results, lines["pipeline"] = {"pipeline": "FAIL"}, log.splitlines()
    return {
        name: Job(name=name, result="success" if word == "PASS" else "failure", log="\n".join(lines[name]))
        for name, word in results.items()
    }
