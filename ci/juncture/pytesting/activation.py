"""Set up one pytest process's part in a run: reserve, provision, hand out, record."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from juncture.errors import JunctureError, ProviderError
from juncture.isolation.workspace import Workspace, new_run, reserve_workspace
from juncture.provisioning import declare
from juncture.provisioning.handover import CHOSEN, WORKERS
from juncture.pytesting.asked import asked
from juncture.pytesting.command_line import is_integration_alone, is_part, needed
from juncture.pytesting.distribution import distribution, is_distributed
from juncture.pytesting.ending import Ending
from juncture.pytesting.fixtures import fixtures_for
from juncture.pytesting.measure import Measure
from juncture.pytesting.recorder import Recorder
from juncture.pytesting.run import PytestRun
from juncture.pytesting.sharding import Sharding
from juncture.recording.commit import commit_named
from juncture.recording.journal import Journal
from juncture.recording.masking import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from juncture.config import Config
    from juncture.pytesting.run import Role

__all__ = ["activate"]

STOPPED = 128 + signal.SIGINT

WORKER_PID = "JUNCTURE_WORKER_PID"
"""Says which process is the worker: a pytest that a test starts inherits the worker's variables, but is none."""


@contextmanager
def activate(early_config: pytest.Config, root: Path, environ: MutableMapping[str, str]) -> Iterator[None]:
    """Set up this process's part of the run, let the conftests load, and clean up where they fail."""
    namespace = early_config.known_args_namespace
    role = _role(early_config, environ)
    try:
        config = declare(root, environ=environ, overrides=_overrides(namespace, role))
        sharding = Sharding(
            asked(
                namespace,
                environ,
                role=role,
                folder=early_config.invocation_params.dir,
                config=config,
                integration=is_integration_alone(config, early_config),
            )
        )
        with _stoppable(role):
            active = _reserve(early_config, config, role, environ)
    except JunctureError as error:
        raise pytest.UsageError(f"juncture: {error}") from None
    workspace = active.workspace
    before = _marks(workspace) if "JUNCTURE_BUNDLE" in environ else {}
    try:
        try:
            with _stoppable(role):
                early = not active.failure and _provision(active, early_config)
        except JunctureError as error:
            raise pytest.UsageError(f"juncture: {error}") from None
        _hand_out(active, environ)
        register = early_config.pluginmanager.register
        ending = Ending(worker=role == "worker")
        _register(active, sharding, early_config, environ)
        # What a process that runs tests was told of its bundle is not for the pytest that one of its tests may start.
        take = environ.get if role == "controller" else environ.pop
        settings, bundle = take("JUNCTURE_COVERAGE", ""), take("JUNCTURE_BUNDLE", "")
        if settings and role != "controller":
            ending.add(Measure(settings).save)
        recorder = None
        if bundle:
            narrowed = role != "worker" and is_part(config, early_config)
            more: dict[str, object] = {"narrowed": True} if narrowed else {}
            more |= {"rerun": sharding.rerun.name} if sharding.rerun else {}
            journal = active.journal = _journal(Path(bundle), active, sharding, environ, **more)
            recorder = Recorder(journal, Secrets(workspace), runs_tests=role != "controller", bare=sharding.bare)
            register(recorder, "juncture-recorder")
            if workspace.namespaces:
                from juncture.pytesting.logs import ServiceLogs  # noqa: PLC0415 - where there are services

                left = early and role == "worker"  # to the controller, which had them first
                ending.add(ServiceLogs(workspace, journal, before, worker=role == "worker", shared=not left).copy)
        ending.add(active.release)
        if recorder:
            ending.add(recorder.close)
        register(ending, "juncture-ending")
        yield
    except BaseException:
        workspace.release()
        raise


@contextmanager
def _stoppable(role: Role) -> Iterator[None]:
    """Say in one line that Ctrl-C ended the run: there is no session yet, which would do so in place of a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        if role == "worker":  # its controller says so
            raise
        sys.stderr.write("juncture: stopped while services were made ready\n")
        raise SystemExit(STOPPED) from None


def _register(
    active: PytestRun, sharding: Sharding, early_config: pytest.Config, environ: MutableMapping[str, str]
) -> None:
    """Register what takes part in every run, recorded or not."""
    register = early_config.pluginmanager.register
    role = active.role
    register(active, "juncture-run")
    if role != "controller" and active.config.integration:
        from juncture.pytesting.timeouts import Begin, Timeouts  # noqa: PLC0415 - not for a controller

        timeouts = Timeouts(active)
        register(timeouts, "juncture-timeouts")
        register(Begin(timeouts), "juncture-timeouts-begin")  # before the preparation, so that it comes after that
    if active.config.services:
        from juncture.pytesting.clean_state import CleanState  # noqa: PLC0415 - where there is something to clean

        clean = CleanState(active)
        register(clean, "juncture-clean-state")
        if role != "controller":
            from juncture.pytesting.preparation import Preparation  # noqa: PLC0415 - where there is something to do

            register(Preparation(active, clean), "juncture-preparation")
    register(fixtures_for(active), "juncture-fixtures")
    register(sharding, "juncture-sharding")
    part = distribution(early_config.known_args_namespace, environ, role=role, history=sharding.history)
    register(part, "juncture-distribution")
    if active.config.quarantine and role != "worker":
        from juncture.pytesting.quarantine import Quarantined  # noqa: PLC0415 - for projects that have one

        register(Quarantined(active.config.quarantine), "juncture-quarantine")


def _reserve(early_config: pytest.Config, config: Config, role: Role, environ: MutableMapping[str, str]) -> PytestRun:
    """Reserve the services; where they can't be had, only the tests that need one are to fail for it."""
    known = dict(environ)
    environ.pop(CHOSEN, None)  # not for what a test starts
    if role != "worker":  # nor is it ours where it came from a run around this one
        known.pop(CHOSEN, None)
    processes = getattr(early_config.known_args_namespace, "numprocesses", None)
    if role == "controller" and isinstance(processes, int):
        known[WORKERS] = str(processes)
    run = environ["JUNCTURE_RUN"] if role == "worker" else new_run()
    worker = environ["PYTEST_XDIST_WORKER"] if role == "worker" else "main"
    try:
        workspace = reserve_workspace(
            config,
            environ=known,
            worker=worker,
            run=run,
            passive=role == "controller",
            tell=_tell if role != "worker" else _tell_nobody,
        )
    except ProviderError as error:
        if needed(config, early_config) == "now":
            raise
        workspace = Workspace(config=config, environ=known, run=run, worker=worker, kept=False)
        active = PytestRun(config, workspace, role)
        active.failure = error
        return active
    return PytestRun(config, workspace, role)


def _marks(workspace: Workspace) -> dict[str, float]:
    """Return where the log of each service's server is now."""
    return {name: each.log.mark() for name, each in workspace.namespaces.items() if each.log}


def _hand_out(active: PytestRun, environ: MutableMapping[str, str]) -> None:
    """Set the variables of the declaration, and what workers have to know of the run."""
    workspace = active.workspace
    if not active.failure:
        environ.update(workspace.environment)
    environ["JUNCTURE_RUN"] = workspace.run
    if active.role == "controller" and (choices := workspace.choices):
        from juncture.provisioning.choose import told  # noqa: PLC0415 - where something was chosen

        environ[CHOSEN] = told(choices.items())


def _journal(
    bundle: Path, active: PytestRun, sharding: Sharding, environ: MutableMapping[str, str], **more: object
) -> Journal:
    workspace = active.workspace
    name = "controller" if active.role == "controller" else workspace.worker
    journal = Journal(
        bundle / f"journal-{name}.jsonl",
        role=active.role,
        worker=name,
        run=workspace.run,
        suite=environ.get("JUNCTURE_SUITE", ""),
        shard=sharding.number.index,
        total=sharding.number.total,
        attempt=_attempt(environ),
        commit=commit_named(environ),
        pytest=pytest.__version__,
        **more,
    )
    if active.role != "worker" and not active.failure:
        for line in _service_lines(active):
            journal.write("note", text=line)
    return journal


def _attempt(environ: MutableMapping[str, str]) -> int:
    """Return which try of its job this is, as the environment says; 1 where it says nothing, or nonsense."""
    said = environ.get("JUNCTURE_ATTEMPT") or environ.get("GITHUB_RUN_ATTEMPT") or "1"
    return int(said) if said.isdecimal() and int(said) > 0 else 1


def _provision(active: PytestRun, early_config: pytest.Config) -> bool:
    """Start what is certainly needed, and tell whether anything is: else it starts with the first integration test."""
    if needed(active.config, early_config) == "perhaps":
        return False
    workspace = active.workspace
    workspace.prepare()
    if active.role != "controller":
        workspace.start()
        active.started = True
    if active.role != "worker" and getattr(early_config.known_args_namespace, "verbose", 0) >= 0:
        for line in _service_lines(active):
            _say(line)
    return True


def _service_lines(active: PytestRun) -> list[str]:
    if not (active.config.services or active.config.notes):
        return []
    from juncture.reporting.services import service_lines  # noqa: PLC0415 - where there is something to tell

    return service_lines(active.workspace, controller=active.role == "controller")


def _overrides(namespace: Any, role: Role) -> dict[str, str]:
    """Return what the command line says in place of the declaration; a worker hears it from its controller."""
    found = {"provider": namespace.juncture_provider or ""}
    found["history"] = "" if role == "worker" else namespace.juncture_history or ""
    return {key: text for key, text in found.items() if text}


def _tell_nobody(_: str) -> None:
    """Say nothing: a worker has no terminal."""


def _tell(line: str) -> None:
    _say(f"{'services':<11}{line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")  # pytest's capturing has not begun
    sys.stdout.flush()


def _role(early_config: pytest.Config, environ: MutableMapping[str, str]) -> Role:
    pid = str(os.getpid())
    if "PYTEST_XDIST_WORKER" in environ and environ.get(WORKER_PID, pid) == pid and "JUNCTURE_RUN" in environ:
        environ[WORKER_PID] = pid
        return "worker"
    environ.pop(WORKER_PID, None)
    return "controller" if is_distributed(early_config.known_args_namespace, environ) else "single"
