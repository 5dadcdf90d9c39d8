"""One pytest process's part in a run: reserve, provision, hand out, record, give back."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

import pytest

from juncture.errors import JunctureError
from juncture.isolation.workspace import Workspace, new_run, reserve_workspace
from juncture.provisioning import declare
from juncture.pytesting.fixtures import fixtures_for
from juncture.pytesting.logs import ServiceLogs, sizes
from juncture.pytesting.measure import Measure
from juncture.pytesting.recorder import Recorder
from juncture.pytesting.selection import is_below, need
from juncture.pytesting.sharding import requested
from juncture.recording.journal import Journal
from juncture.reporting.services import service_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from juncture.config import Config
    from juncture.sharding import ShardNumber

__all__ = ["PytestRun", "activate"]

Role = Literal["single", "controller", "worker"]

WORKER_PID = "JUNCTURE_WORKER_PID"
"""Says which process is the worker: a pytest that a test starts inherits the worker's variables, but is none."""


class PytestRun:
    """The plugin object of an active run; its methods are pytest's hooks."""

    def __init__(self, config: Config, workspace: Workspace, role: Role) -> None:
        """Keep what this process reserved; ``started`` is set once its own namespaces are there."""
        self.config = config
        self.workspace = workspace
        self.role = role
        self.started = False
        self.failure: JunctureError | None = None
        self._folders = [config.root / folder for folder in config.integration]

    def start(self) -> Workspace:
        """Return the workspace with its namespaces made; a failure is kept and told to every test that asks."""
        if self.failure:
            raise self.failure
        try:
            if not self.started:
                self.workspace.start(promised=True)
                self.started = True
            self.workspace.wait()
        except JunctureError as error:
            self.failure = error
            raise
        return self.workspace

    def is_integration(self, item: pytest.Item) -> bool:
        """Tell whether a test is an integration test: by its folder, or by its mark."""
        return item.get_closest_marker("integration") is not None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the mark."""
        config.addinivalue_line("markers", "integration: needs the declared services (juncture)")

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Mark what lies in an integration folder, so that ``-m integration`` means both kinds."""
        if any(is_below(item.path, folder) for folder in self._folders):
            item.add_marker("integration")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give an integration test its services, empty where there is no transaction to roll back."""
        if not self.is_integration(item):
            return
        try:
            workspace = self.start()
            for service in self.config.services:
                workspace.reset(service.name)
        except (JunctureError, OSError) as error:
            pytest.fail(f"juncture: {error}", pytrace=False)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Give everything back; the process that has no controller above it also collects what killed ones left."""
        try:
            if self.role != "worker":
                self.workspace.collect()
        except (JunctureError, OSError) as error:
            _say(f"juncture: could not clean up: {error}", sys.stderr)
        finally:
            try:
                self.workspace.release()
            except (JunctureError, OSError) as error:
                _say(f"juncture: could not clean up: {error}", sys.stderr)


@contextmanager
def activate(early_config: pytest.Config, root: Path, environ: MutableMapping[str, str]) -> Iterator[None]:
    """Set up this process's part of the run, let the conftests load, and clean up where they fail."""
    namespace = early_config.known_args_namespace
    role = _role(early_config, environ)
    try:
        overrides = {"provider": namespace.juncture_provider} if namespace.juncture_provider else {}
        config = declare(root, environ=environ, overrides=overrides)
        sharding = requested(namespace, environ, role=role, folder=early_config.invocation_params.dir)
        run = environ["JUNCTURE_RUN"] if role == "worker" else new_run()
        worker = environ["PYTEST_XDIST_WORKER"] if role == "worker" else "main"
        workspace = reserve_workspace(config, environ=dict(environ), worker=worker, run=run)
    except JunctureError as error:
        raise pytest.UsageError(f"juncture: {error}") from None
    active = PytestRun(config, workspace, role)
    before = sizes(workspace) if "JUNCTURE_BUNDLE" in environ else {}
    try:
        try:
            _provision(active, early_config)
        except JunctureError as error:
            raise pytest.UsageError(f"juncture: {error}") from None
        environ.update(workspace.environment)
        environ["JUNCTURE_RUN"] = run
        early_config.pluginmanager.register(active, "juncture-run")
        early_config.pluginmanager.register(fixtures_for(active), "juncture-fixtures")
        early_config.pluginmanager.register(sharding, "juncture-sharding")
        # What a process that runs tests was told of its bundle is not for the pytest that one of its tests may start.
        take = environ.get if role == "controller" else environ.pop
        settings, bundle = take("JUNCTURE_COVERAGE", ""), take("JUNCTURE_BUNDLE", "")
        if settings and role != "controller":
            early_config.pluginmanager.register(Measure(settings), "juncture-measure")
        if bundle:
            journal = _journal(Path(bundle), active, sharding.number, environ)
            recorder = Recorder(journal, runs_tests=role != "controller", bare=sharding.bare)
            early_config.pluginmanager.register(recorder, "juncture-recorder")
            logs = ServiceLogs(workspace, journal, before, worker=role == "worker")
            early_config.pluginmanager.register(logs, "juncture-logs")
        yield
    except BaseException:
        workspace.release()
        raise


def _journal(bundle: Path, active: PytestRun, number: ShardNumber, environ: MutableMapping[str, str]) -> Journal:
    workspace = active.workspace
    name = "controller" if active.role == "controller" else workspace.worker
    journal = Journal(
        bundle / f"journal-{name}.jsonl",
        role=active.role,
        worker=name,
        run=workspace.run,
        suite=environ.get("JUNCTURE_SUITE", ""),
        shard=number.index,
        total=number.total,
        attempt=_attempt(environ),
        pytest=pytest.__version__,
    )
    if active.role != "worker":
        for line in service_lines(workspace, controller=active.role == "controller"):
            journal.write("note", text=line)
    return journal


def _attempt(environ: MutableMapping[str, str]) -> int:
    """Return which try of its job this is, as the environment says; 1 where it says nothing, or nonsense."""
    said = environ.get("JUNCTURE_ATTEMPT") or environ.get("GITHUB_RUN_ATTEMPT") or "1"
    return int(said) if said.isdecimal() and int(said) > 0 else 1


def _provision(active: PytestRun, early_config: pytest.Config) -> None:
    namespace = early_config.known_args_namespace
    arguments = [_path(early_config, argument) for argument in namespace.file_or_dir or _default_paths(early_config)]
    narrowed = bool(namespace.markexpr or namespace.keyword or getattr(namespace, "lf", False))
    dry = bool(
        namespace.collectonly or namespace.help or namespace.version or getattr(namespace, "showfixtures", False)
    )
    if need(active.config, arguments, narrowed=narrowed, dry=dry) == "perhaps":
        return
    workspace = active.workspace
    workspace.prepare()
    if active.role != "controller":
        workspace.start()
        active.started = True
    if active.role != "worker" and namespace.verbose >= 0:
        for line in service_lines(workspace, controller=active.role == "controller"):
            _say(line, sys.stdout)


def _say(line: str, stream: TextIO) -> None:
    # Outside pytest's capturing: before it begins, or after its end.
    stream.write(f"{line}\n")
    stream.flush()


def _role(early_config: pytest.Config, environ: MutableMapping[str, str]) -> Role:
    pid = str(os.getpid())
    if "PYTEST_XDIST_WORKER" in environ and environ.get(WORKER_PID, pid) == pid and "JUNCTURE_RUN" in environ:
        environ[WORKER_PID] = pid
        return "worker"
    environ.pop(WORKER_PID, None)
    namespace = early_config.known_args_namespace
    distributed = getattr(namespace, "numprocesses", None) or getattr(namespace, "tx", None)
    return "controller" if distributed else "single"


def _default_paths(early_config: pytest.Config) -> list[str]:
    testpaths: list[str] = early_config.getini("testpaths")
    if testpaths and early_config.invocation_params.dir == early_config.rootpath:
        return testpaths
    return [str(early_config.invocation_params.dir)]


def _path(early_config: pytest.Config, argument: str) -> Path:
    return Path(os.path.abspath(early_config.invocation_params.dir / argument.partition("::")[0]))  # noqa: PTH100
