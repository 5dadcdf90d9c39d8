"""What executes rendered pipelines: its programs and images, a project with its pipelines, and what came of a run."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engines import SCRIPTS, Registry, docker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
PIER = Path(__file__).parent / "pier"
"""Three unit tests, and three modules of three integration tests with a database and a cache."""

SHOP = ROOT / "examples" / "shop"
SERVICES = {"postgres": "juncture-test/postgres:15", "redis": "juncture-test/redis:7", "nats": "juncture-test/nats:2"}
RUNNER = "juncture-test/runner:1"
MUTE = "juncture-test/mute:1"
"""An image that starts, says that it has the ports of PostgreSQL, and never answers on them."""

FAILS_AT_FIRST = (
    "        assert fits(metres, berths=1)\n",
    "        assert metres != 4 or '2' in {os.environ.get(f'{by}_ATTEMPT') for by in ('GITHUB_RUN', 'JUNCTURE')}\n",
)
"""What makes a test of the pier one that fails in the first attempt, and what stands there now comes first."""

LONGEST = 1500.0
"""Seconds that a pipeline may take, on a machine where much else runs."""

Result = Literal["success", "failure"]


@dataclass(frozen=True)
class Kit:
    """What every executed pipeline needs: ``programs`` has act and gitlab-ci-local, ``wheel`` juncture's own wheel."""

    programs: Path
    wheel: Path
    registry: Registry

    def image(self, name: str) -> str:
        """Return the reference of a test's image in the registry."""
        return f"{self.registry.address}/{name}"

    def forget(self) -> None:
        """Remove what was pulled from the registry; the images themselves stay, under their own names."""
        names = docker("images", "--digests", "--format", "{{.Repository}}@{{.Digest}}", f"{self.registry.address}/*/*")
        if names:
            docker("rmi", "--force", *names.splitlines())

    def environment(self) -> dict[str, str]:
        """Return the variables for a program that runs pipelines: this process's, but for what tells of a CI."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUNCTURE", "PYTEST", "GITHUB", "CI_", "ACT", "COVERAGE")) and name != "CI"
        }
        return {**own, "PATH": f"{self.programs}{os.pathsep}{own['PATH']}"}


def make_kit(folder: Path, registry: Registry) -> Kit:
    """Install the programs, build the images and the wheel, and push the images to a registry that runs."""
    done = subprocess.run([SCRIPTS / "runners"], capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "mute").mkdir()
    program = "#!/bin/sh\\nexec sleep infinity\\n"  # which GitLab's services are started with
    text = f"FROM juncture-test/base:12\nRUN printf '{program}' >/usr/bin/postgres && chmod 0755 /usr/bin/postgres\n"
    text += 'EXPOSE 5432\nCMD ["postgres"]\n'
    (folder / "mute" / "Dockerfile").write_text(text)
    docker("build", "--quiet", "--tag", MUTE, str(folder / "mute"))
    for image in (*SERVICES.values(), RUNNER, MUTE):
        registry.push(image)
    wheel = folder / "wheel"
    words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheel), str(ROOT))
    subprocess.run([sys.executable, *words], check=True, timeout=300)
    return Kit(programs=Path(done.stdout.strip().splitlines()[-1]), wheel=wheel, registry=registry)


def attend(
    words: Sequence[str],
    project: CiProject,
    log: Path,
    during: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> None:
    """Run a program in the project's folder to its end, all that it writes in ``log``; it cleans up in any case.

    ``during`` is called while it runs.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(
            words,
            cwd=project.folder,
            env=project.kit.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            if during:
                during(process)
            process.wait(timeout=LONGEST)
        except BaseException:
            process.send_signal(signal.SIGINT)  # on which both programs remove their containers
            process.wait(timeout=60)
            raise


@dataclass
class CiProject:
    """A git repository with a project, its declaration and the pipelines that are rendered from that.

    Its services and, in a ``container``, its jobs are of the registry's images, by their digests.
    """

    folder: Path
    kit: Kit
    container: bool = True
    services: dict[str, str] = field(default_factory=lambda: dict(SERVICES))

    def make(self, source: Path) -> None:
        """Copy the project, declare the images, lock them, render, and commit all of it."""
        leave = shutil.ignore_patterns("__pycache__", "reports", ".*", "juncture.lock")
        shutil.copytree(source, self.folder, ignore=leave)
        shutil.copy(ROOT / "templates" / "scaffold" / "noxfile.py", self.folder)
        (self.folder / ".gitignore").write_text(".nox/\nreports/\n__pycache__/\n.gitlab-ci-local/\n*.egg-info/\n")
        pyproject = self.folder / "pyproject.toml"
        text = pyproject.read_text()
        for kind, image in self.services.items():
            text = text.replace(f'kind = "{kind}"\n', f'kind = "{kind}"\nimage = "{self.kit.image(image)}"\n')
        text = re.sub(r'^version = "1[6-9]"$', 'version = "15"', text, flags=re.MULTILINE)
        text = re.sub(r"^\[tool\.juncture\.ci\b[^\n]*\n((?!\[)[^\n]*\n)*", "", text, flags=re.MULTILINE)
        pyproject.write_text(f"{text}\n[tool.juncture.ci]\n{self.ci_table()}")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", "https://gitlab.example/pier/pier.git")
        self.juncture("ci.lock")
        self.juncture("ci.render")
        self.commit()

    def pinned(self, kind: str) -> str:
        """Return the reference, with its digest, that a service of that kind is rendered with."""
        name = self.services[kind]
        return f"{self.kit.image(name)}@{self.kit.registry.digest(name)}"

    def ci_table(self) -> str:
        """Return what the declaration says of CI jobs."""
        container = f'container = "{self.kit.image(RUNNER)}"\n' if self.container else ""
        return (
            'platforms = ["github", "gitlab"]\npython = ["3.11"]\ninstall = ["python -m pip install -q juncture[ci]"]\n'
            + container
        )

    def juncture(self, command: str) -> None:
        """Run a juncture command that has to succeed."""
        words = [sys.executable, "-m", "juncture", command, "--root", str(self.folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def commit(self) -> None:
        """Commit what is in the folder."""
        self.git("add", "--all")
        self.git("-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "Change it")

    def git(self, *words: str) -> None:
        """Run git, which has to succeed."""
        subprocess.run(["git", "-C", str(self.folder), *words], check=True, timeout=60)

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a file of the project, and commit that."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        self.commit()


@dataclass(frozen=True)
class Job:
    """One job that ran: how it ended, and its log."""

    name: str
    result: Result
    log: str


@dataclass(frozen=True)
class Pipeline:
    """What came of a pipeline: its jobs, the folder with what the merge left, and the coverage that GitLab shows."""

    jobs: Mapping[str, Job]
    merged: Path
    coverage: str = ""

    @property
    def results(self) -> dict[str, Result]:
        """How each job ended."""
        return {name: job.result for name, job in self.jobs.items()}

    @property
    def result(self) -> Any:
        """The merge's ``result.json``; None where there is none."""
        path = self.merged / "result.json"
        return json.loads(path.read_text()) if path.is_file() else None

    @property
    def exit_code(self) -> int:
        """What `juncture merge` ended with, as Nox tells it."""
        said = re.search(r"Session merge (was successful|aborted: .*)", self.jobs["merge"].log)
        assert said, self.log
        code = re.search(r"\(exit code (\d+)\)", said[1])
        return int(code[1]) if code else int("tests failed" in said[1])

    @property
    def tests(self) -> dict[str, int]:
        """How many tests of each suite passed."""
        return {suite["name"]: suite["tests"].get("passed", 0) for suite in self.result["suites"]}

    @property
    def problems(self) -> set[tuple[str, str]]:
        """Each problem's code, and which shard its sentence names."""
        found = set()
        for problem in self.result["problems"]:
            shard = re.search(r"(?:shard|integration)[ -]([0-9]+)[ -]of", problem["text"])
            found.add((problem["code"], f"shard {shard[1]}" if shard else ""))
        return found

    @property
    def failed(self) -> set[str]:
        """The tests of the result that failed."""
        return {test for suite in self.result["suites"] for test in suite["failed"]}

    @property
    def flaky(self) -> set[str]:
        """The tests of the result that failed in an older attempt alone."""
        return {test for suite in self.result["suites"] for test in suite["flaky"]}

    @property
    def attempts(self) -> dict[int, int]:
        """The attempt that counts of each shard of the integration tests."""
        (suite,) = (suite for suite in self.result["suites"] if suite["name"] == "integration")
        return {shard["shard"]: shard["attempt"] for shard in suite["shards"]}

    @property
    def log(self) -> str:
        """The logs of all jobs, for a test that fails."""
        return "\n".join(f"== {job.name}: {job.result}\n{job.log}" for job in self.jobs.values())
