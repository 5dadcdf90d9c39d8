"""The sessions themselves: register them, run pytest, merge, tell the verdict."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import nox
import nox.project
from nox.command import CommandFailed

from juncture.errors import ConfigError, JunctureError
from juncture.sessions import _arguments, _coverage, _requirements
from juncture.sessions._bundle import Results
from juncture.sessions._environment import declaration, fetch_servers, install_once
from juncture.sessions._verdict import FAILED, NO_TESTS, USAGE_ERROR, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from juncture.config import Config

__all__ = ["register"]

BACKEND = "uv|virtualenv"
"""Nox's words for: uv where it is, else virtualenv."""

STOP_TIMEOUT = 20.0
"""Seconds that pytest gets after Ctrl-C to tear down its fixtures; Nox's own 0.3 would cut them off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suite:
    """One registered session: which tests, of which project, and how."""

    name: Literal["unit", "integration"]
    root: Path
    install: tuple[str, ...] | None
    workers: int | str
    matrix: bool

    def folders(self, config: Config) -> tuple[str, ...]:
        """Return the folders that the declaration gives to this suite's tests."""
        return config.unit if self.name == "unit" else config.integration

    def results(self, session: nox.Session, config: Config) -> Results:
        """Return where the results go; each Python of a matrix has its own place."""
        label = f"{self.name}-{session.python}" if self.matrix else self.name
        return Results(config.root / config.reports / label)


def register(  # noqa: PLR0913 - a user's one call: keywords read better there than an options object
    root: str | Path = ".",
    *,
    python: str | Sequence[str] | None = None,
    install: Sequence[str] | None = None,
    workers: int | str = "auto",
    prefix: str = "",
    venv_backend: str = BACKEND,
) -> None:
    """Give the noxfile the sessions ``unit`` and ``integration`` of the project in ``root``.

    ``root`` is the folder of the pyproject.toml with the declaration, relative to the noxfile. ``python`` is one
    version or several, each with an environment of its own. ``install`` are an installer's words, relative to ``root``,
    in place of what juncture finds out: the project itself and the group or extra of its tests. ``workers`` is the
    number of xdist workers of ``integration``, by default one for each processor. ``prefix`` tells the sessions of
    several projects in one noxfile apart.

    What stands after ``--`` on Nox's command line goes to pytest.
    """
    words = None if install is None else tuple(install)
    matrix = python is not None and not isinstance(python, str)
    unit = _Suite(name="unit", root=Path(root), install=words, workers=0, matrix=matrix)
    integration = _Suite(name="integration", root=Path(root), install=words, workers=workers, matrix=matrix)

    logging.getLogger("nox").addFilter(_matters)

    @nox.session(name=f"{prefix}unit", python=python, venv_backend=venv_backend, reuse_venv=True)
    def run_unit(session: nox.Session) -> None:
        """Run the unit tests; what stands after -- goes to pytest."""
        _run(session, unit)

    @nox.session(name=f"{prefix}integration", python=python, venv_backend=venv_backend, reuse_venv=True)
    def run_integration(session: nox.Session) -> None:
        """Run the integration tests against real services; what stands after -- goes to pytest."""
        _run(session, integration)


def _run(session: nox.Session, suite: _Suite) -> None:
    """Run one suite's session; an error of juncture's is one message, never a traceback."""
    try:
        # Relative to the noxfile, whose folder Nox has made the current one.
        root = suite.root.resolve()
        if not root.is_dir():
            raise ConfigError("register() was given a root that is no folder", where=str(root))
        with contextlib.chdir(root):
            _run_steps(session, suite, declaration(root))
    except JunctureError as error:
        session.error(str(error))


def _run_steps(session: nox.Session, suite: _Suite, config: Config) -> None:
    """Install, run pytest, merge, and fail the session where one of them says so."""
    arguments = _arguments.split(session.posargs, root=config.root, invoked_from=Path(session.invoked_from))
    if where := _coverage.addopts_with_cov(config.root, os.environ):
        raise ConfigError(
            "juncture measures coverage itself, and pytest-cov beside it would measure nothing",
            where=where,
            hint="take the --cov options out; what they say belongs under [tool.coverage]",
        )
    words = suite.install
    if words is None:
        pyproject = _requirements.read_pyproject(config.root)
        words = _requirements.project_requirements(config.root, pyproject, nox.project.dependency_groups)
    install_once(session, *words)
    if suite.name == "integration":
        fetch_servers(session, config)

    selected = () if arguments.selects else _existing(suite.folders(config), suite.name)
    if arguments.asks_only:
        session.run("python", "-m", "pytest", *selected, *arguments.words, log=False)
        return
    results = suite.results(session, config)
    results.start_afresh()
    code = _run_pytest(session, suite, config, results, arguments)
    if code is None:
        return
    if code == FAILED and not results.junit.exists():
        code = USAGE_ERROR  # Python's own exit code where a module is missing is pytest's for failed tests
    merged = 0 if code in {USAGE_ERROR, NO_TESTS} else _merge(session, suite, results)
    if code or merged:
        session.error(verdict(code, merged, selected))


def _run_pytest(
    session: nox.Session,
    suite: _Suite,
    config: Config,
    results: Results,
    arguments: _arguments.Arguments,
) -> int | None:
    """Run pytest, which measures itself, and return its exit code; None where Nox runs nothing (``--install-only``)."""
    adopted = arguments.coverage
    environment: dict[str, str | None] = dict.fromkeys(
        ("COVERAGE_FILE", "COVERAGE_PROCESS_START", "COVERAGE_RCFILE", "JUNCTURE_COVERAGE")
    )
    if adopted.off:
        session.log("coverage: not measured, as --no-cov says")
    else:
        if adopted.options:
            session.log(f"coverage: juncture measures; taken over from {' '.join(adopted.options)}")
        settings = _coverage.read_settings(config.root, adopted.config)
        text = _coverage.rcfile(settings, adopted, context=suite.name, tests=(*config.unit, *config.integration))
        results.rcfile.write_text(text, encoding="utf-8")
        environment["JUNCTURE_COVERAGE"] = str(results.rcfile)
        environment["JUNCTURE_COVERAGE_DATA"] = str(results.bundle / "coverage" / "data")
    selected = () if arguments.selects else suite.folders(config)
    return _exit_code(
        session,
        *("-m", "pytest", *selected, *_workers(suite, arguments), f"--junit-xml={results.junit}", *arguments.words),
        env={**environment, "JUNCTURE_SUITE": suite.name, "JUNCTURE_BUNDLE": str(results.bundle)},
    )


def _workers(suite: _Suite, arguments: _arguments.Arguments) -> tuple[str, ...]:
    """Return the options that start the workers; none where the user says their number, or wants one process."""
    if arguments.alone or arguments.workers:
        return ()
    number = _processors() if suite.workers == "auto" else int(suite.workers)
    return ("-n", str(number)) if number else ()


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _merge(session: nox.Session, suite: _Suite, results: Results) -> int:
    """Merge what the run recorded, print the summary, and return the merge's exit code."""
    words = ("--out", str(results.folder), "--expect", f"{suite.name}=1", str(results.bundle))
    return _exit_code(session, "-m", "juncture", "merge", *words) or 0


def _exit_code(session: nox.Session, *words: str, env: Mapping[str, str | None] | None = None) -> int | None:
    """Run Python in the session's environment; None where Nox runs nothing.

    Nox's own line about a failed command, with all its words, is left out: the verdict follows.
    """
    logger = logging.getLogger("nox")
    logger.addFilter(_says_more)
    try:
        done = session.run("python", *words, env=env, log=False, interrupt_timeout=STOP_TIMEOUT)
    except CommandFailed as failure:
        if failure.return_code is None:
            raise
        return failure.return_code
    finally:
        logger.removeFilter(_says_more)
    return None if done is None else 0


def _says_more(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Command ")


def _matters(record: logging.LogRecord) -> bool:
    """Drop a line that every session prints where uv is missing, and that a newcomer takes for an error."""
    return record.getMessage() != "uv binary not found."


def _existing(folders: Sequence[str], suite: str) -> Sequence[str]:
    """Return the folders, all of which exist."""
    for folder in folders:
        if not Path(folder).is_dir():
            raise ConfigError(f"there is no folder {folder}", where=f"pyproject.toml: tool.juncture.{suite}")
    return folders
