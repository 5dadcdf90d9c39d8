"""What the conformance suite runs on: a home for each provider, and at its end the table of what passed."""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from quay import Quay
from subjects import CHECKS, SUBJECTS, Subject

from juncture.config import parse
from juncture.isolation.workspace import open_workspace, reserve_workspace
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint

NAME = "it"
"""What the service is called."""


@dataclass
class Stand:
    """One subject, ready to be declared and opened."""

    subject: Subject
    root: Path
    environ: Mapping[str, str]
    idle: str = "60s"

    @property
    def table(self) -> dict[str, object]:
        """The declaration."""
        return {"services": {NAME: self.subject.declared}, "provider": self.subject.provider, "idle": self.idle}

    def config(self, project: str = "") -> Config:
        """Return the declaration of a project that nobody else has."""
        name = project or f"p{secrets.token_hex(4)}"
        return parse(self.table, root=self.root, kinds=schemas(), project=name, environ={}, overrides={})

    def open(self, worker: str = "gw0", *, project: str = "") -> Workspace:
        """Return a started workspace."""
        return open_workspace(self.config(project), environ=self.environ, worker=worker)

    def reserve(self, worker: str, config: Config) -> Workspace:
        """Return a workspace of which nothing is started."""
        return reserve_workspace(config, environ=self.environ, worker=worker)

    def put(self, workspace: Workspace, word: str) -> None:
        """Leave a word there."""
        self.subject.client.put(workspace.endpoints[NAME], word)

    def words(self, workspace: Workspace) -> set[str]:
        """Return the words that are there."""
        return self.subject.client.words(workspace.endpoints[NAME])

    def end(self, workspace: Workspace) -> Endpoint:
        """Return where the namespace is."""
        return workspace.endpoints[NAME]


@pytest.fixture(scope="session")
def dock(request: pytest.FixtureRequest) -> Iterator[Quay]:
    """Return a home whose containers stay for the session."""
    make_home: Callable[[], AbstractContextManager[Path]] = request.getfixturevalue("make_home")
    environment_of: Callable[[Path], dict[str, str]] = request.getfixturevalue("environment_of")
    with make_home() as home:
        made = Quay(home, request.getfixturevalue("engine"), environment_of(home))
        yield made
        made.clean()


@pytest.fixture
def stand(subject: Subject, request: pytest.FixtureRequest, root: Path) -> Stand:
    """Return the subject on the home of its provider."""
    for name in subject.table.get("seed", ()):
        (root / name).write_text("CREATE TABLE words (word varchar(100));\n")
    if subject.provider == "docker":
        dock: Quay = request.getfixturevalue("dock")
        return Stand(subject, root, dock.environ)
    return Stand(subject, root, request.getfixturevalue("environ"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table: one line for each kind and provider, one column for each check."""
    found: dict[tuple[str, str], str] = defaultdict(lambda: "not run")
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            named = re.search(r"conformance/\w+\.py::test_(\w+)\[([\w-]+)\]", getattr(report, "nodeid", ""))
            if named and (outcome != "passed" or report.when == "call"):
                found[named[2], named[1]] = outcome
    if not found:
        return
    terminalreporter.section("conformance")
    rows = [
        (str(each), *("-" if check in each.without else found[str(each), check] for check in CHECKS))
        for each in SUBJECTS
        if any(name == str(each) for name, _ in found)
    ]
    for row in (("", *CHECKS), *rows):
        line = "".join(f"{cell:<{22 if not column else 9}}" for column, cell in enumerate(row))
        terminalreporter.write_line(line.rstrip())
    reasons: dict[str, list[str]] = defaultdict(list)
    for each in SUBJECTS:
        for check, reason in each.without.items():
            reasons[f"no {check}: {reason}"].append(str(each))
    terminalreporter.write_line("")
    for reason, names in sorted(reasons.items()):
        terminalreporter.write_line(f"{reason} ({', '.join(names)})")
