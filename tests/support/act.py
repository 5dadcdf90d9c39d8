"""Run a rendered GitHub workflow with act: jobs and services in containers, with what stands for GitHub's own actions.

Matrix legs run at the same time, and `job.services` is always empty: on runner jobs, whose services have fixed ports
on one machine, they run one by one here.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from engines import docker
from executed import RUNNER, Job, Pipeline, attend

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping

    from executed import CiProject, Result

ACTIONS = Path(__file__).parent / "actions"
WORKFLOW = ".github/workflows/juncture.yml"


@dataclass
class GitHub:
    """One run of a project's workflow, with its artifacts and caches in ``store``, and as many attempts as are made."""

    project: CiProject
    work: Path
    attempt: int = 0
    run_id: str = field(default_factory=lambda: str(uuid.uuid4().int % 10**10))

    @property
    def store(self) -> Path:
        """The folder that all jobs have as /store."""
        return self.work / "store"

    def artifacts(self, pattern: str = "*", attempt: int | None = None) -> list[Path]:
        """Return the folders of an attempt's artifacts."""
        return sorted((self.store / "artifacts" / str(attempt or self.attempt)).glob(pattern))

    def run(
        self,
        *,
        reused: Mapping[str, Result] | None = None,
        legs: Mapping[str, str] | None = None,
        change: Callable[[dict[str, Any]], None] | None = None,
        during: Callable[[subprocess.Popen[bytes]], None] | None = None,
    ) -> Pipeline:
        """Run the next attempt; return what came of it.

        ``reused`` are jobs that do not run again, with what became of them; ``legs`` chooses of the matrix;
        ``change`` edits the parsed workflow; ``during`` is called while it runs.
        """
        self.attempt += 1
        self.store.mkdir(parents=True, exist_ok=True)
        workflow = self._workflow(reused or {}, change)
        log = self.work / f"attempt-{self.attempt}{'-rest' if reused else ''}.jsonl"
        try:
            attend(self._words(workflow, legs or {}), self.project, log, during)
        finally:
            self._tidy()
        jobs = _jobs(log)
        if "merge" not in jobs:
            return self._go_on(jobs, reused or {}, change)
        name = f"merged-attempt-{self.attempt}"
        return Pipeline(jobs=jobs, merged=self.store / "artifacts" / str(self.attempt) / name)

    def _go_on(
        self,
        jobs: dict[str, Job],
        reused: Mapping[str, Result],
        change: Callable[[dict[str, Any]], None] | None,
    ) -> Pipeline:
        """Run what needs these jobs: where one can't be set up act ends the whole run, and GitHub does not."""
        ended: dict[str, Result] = {}
        for name, job in jobs.items():
            of_legs = name.partition(" ")[0]
            ended[of_legs] = "failure" if "failure" in {job.result, ended.get(of_legs)} else "success"
        assert not reused, f"act went on with nothing: {jobs}"
        assert "act" not in ended, jobs["act"].log
        self.attempt -= 1
        rest = self.run(reused=ended, change=change)
        return replace(rest, jobs={**rest.jobs, **jobs})

    def _tidy(self) -> None:
        """Remove what act leaves of jobs that it could not set up."""
        ours = f"name=^act-juncture-{self.run_id}-"
        if containers := docker("ps", "--all", "--quiet", "--filter", ours):
            docker("rm", "--force", "--volumes", *containers.splitlines())
        if networks := docker("network", "ls", "--quiet", "--filter", ours):
            docker("network", "rm", *networks.splitlines())

    def _workflow(self, reused: Mapping[str, Result], change: Callable[[dict[str, Any]], None] | None) -> Path:
        """Write the workflow to run, outside of the repository: the rendered one, and what only act needs in it."""
        document = yaml.safe_load((self.project.folder / WORKFLOW).read_text())
        document["on"] = document.pop(True)  # YAML 1.1 has a truth there
        document["name"] += f" {self.run_id}"  # act names its containers by it, and those of another run are not ours
        for name, result in reused.items():
            kept = {key: value for key, value in document["jobs"][name].items() if key in {"needs", "if", "outputs"}}
            end = [{"run": "true" if result == "success" else "false"}]
            document["jobs"][name] = {"runs-on": "ubuntu-24.04", **kept, "steps": end}
        for job in document["jobs"].values():
            if "container" in job:  # act's own option for mounts is for the other jobs
                job["container"]["volumes"] = self._mounts()
            elif "strategy" in job:
                job["strategy"]["max-parallel"] = 1
        if change:
            change(document)
        path = self.work / f"workflow-{self.attempt}.yml"
        path.write_text(yaml.safe_dump(document, sort_keys=False, width=10_000))
        return path

    def _mounts(self) -> list[str]:
        return [f"{self.store}:/store", f"{self.project.kit.wheel}:/juncture:ro"]

    def _words(self, workflow: Path, legs: Mapping[str, str]) -> list[str]:
        mounts = " ".join(f"-v {mount}" for mount in self._mounts())
        return [
            *("act", "push", "--workflows", str(workflow), "--json", "--rm", "--pull=false", "--no-cache-server"),
            *("--platform", f"ubuntu-24.04={RUNNER}", "--container-daemon-socket", "-", "--container-options", mounts),
            *("--secret", "GITHUB_TOKEN=stands-for-one", "--action-cache-path", str(self.work / "act")),
            *("--env", f"GITHUB_RUN_ATTEMPT={self.attempt}", "--env", f"GITHUB_RUN_ID={self.run_id}"),
            *(word for action in _actions(workflow) for word in ("--local-repository", action)),
            *(word for name, value in legs.items() for word in ("--matrix", f"{name}:{value}")),
        ]


def _actions(workflow: Path) -> list[str]:
    """Return what stands for each action that the workflow uses, as act wants it."""
    document = yaml.safe_load(workflow.read_text())
    used = {step["uses"] for job in document["jobs"].values() for step in job.get("steps", ()) if "uses" in step}
    places = []
    for action in sorted(used):
        name, _, _reference = action.partition("@")
        folder = name.removeprefix("actions/").partition("/")[0]
        if folder == "checkout":  # act does that itself
            continue
        assert (ACTIONS / folder).is_dir(), f"nothing stands for {action}"
        places.append(f"{'/'.join(name.split('/')[:2])}@{_reference}={ACTIONS / folder}")
    return sorted(set(places))


def _jobs(log: Path) -> dict[str, Job]:
    """Read act's log: a leg failed where one of its own steps did, whatever act says of the whole matrix."""
    lines: dict[str, list[str]] = defaultdict(list)
    failed: set[str] = set()
    for line in log.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"msg": line}
        name = entry.get("jobID", "act")
        if matrix := entry.get("matrix"):
            name += " " + " ".join(str(value) for value in matrix.values())
        lines[name].append(str(entry["msg"]).rstrip())
        if entry.get("stepResult") == "failure" and len(entry.get("stepID", ())) <= 1:
            failed.add(name)
    return {
        name: Job(name=name, result="failure" if name in failed else "success", log="\n".join(text))
        for name, text in lines.items()
        if name != "act" or len(lines) == 1
    }
