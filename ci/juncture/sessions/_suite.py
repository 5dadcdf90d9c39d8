"""One suite in one Nox session: install, run pytest, keep its bundle."""

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
from juncture.sessions._environment import declaration, extras, fetch_servers, install_once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from juncture.config import Config
    from juncture.sessions._bundle import Bundle
    from juncture.sharding import ShardNumber

__all__ = ["Suite", "forget_result", "in_project", "prepare", "run_juncture", "run_pytest"]

STOP_TIMEOUT = 20.0
"""Seconds that pytest gets after Ctrl-C to tear down its fixtures; Nox's own 0.3 would cut them off."""

UNMEASURED = ("COVERAGE_FILE", "COVERAGE_PROCESS_START", "COVERAGE_RCFILE", "JUNCTURE_COVERAGE")
"""Variables of a measurement around this one, which would spoil it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One registered suite: which tests, of which project, and how."""

    name: Literal["unit", "integration"]
    root: Path
    install: tuple[str, ...] | None
    workers: int | str
    matrix: bool

    def folders(self, config: Config) -> tuple[str, ...]:
        """Return the folders that the declaration gives to this suite's tests, all of which exist."""
        folders = config.unit if self.name == "unit" else config.integration
        for folder in folders:
            if not Path(folder).is_dir():
                raise ConfigError(f"there is no folder {folder}", where=f"pyproject.toml: tool.juncture.{self.name}")
        return folders

    def title(self, session: nox.Session) -> str:
        """Return the name that the suite has in results; of a matrix, each Python's is a suite of its own."""
        return f"{self.name}-{session.python}" if self.matrix else self.name

    def reports(self, session: nox.Session, config: Config) -> Path:
        """Return the folder of the results."""
        return config.root / config.reports / self.title(session)


def in_project(session: nox.Session, root: Path, steps: Callable[[Config], None]) -> None:
    """Run a session's steps in the project's folder; an error of juncture's is one message, never a traceback."""
    try:
        # Relative to the noxfile, whose folder Nox has made the current one.
        folder = root.resolve()
        if not folder.is_dir():
            raise ConfigError("register() was given a root that is no folder", where=str(folder))
        with contextlib.chdir(folder):
            steps(declaration(folder))
    except JunctureError as error:
        session.error(str(error))


def prepare(session: nox.Session, suite: Suite, config: Config, *, servers: bool = True) -> None:
    """Install what the suite needs, and fetch the programs of its servers where those are wanted."""
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
    install_once(session, *words, *extras(config))
    if servers and suite.name == "integration":
        fetch_servers(session, config)


def forget_result(reports: Path) -> None:
    """Take an earlier result out of its folder."""
    from juncture.merging.results import begin  # noqa: PLC0415 - no noxfile has to wait for it

    begin(reports)


def run_pytest(  # noqa: PLR0913, PLR0917 - what a run is of
    session: nox.Session,
    suite: Suite,
    config: Config,
    bundle: Bundle,
    arguments: _arguments.Arguments,
    shard: ShardNumber | None = None,
) -> int | None:
    """Run pytest, which measures itself, and return its exit code; None where Nox runs nothing (``--install-only``).

    ``shard`` is the one to run where the arguments do not say it.
    """
    adopted = arguments.coverage
    environment: dict[str, str | None] = dict.fromkeys(UNMEASURED)
    if adopted.off:
        session.log("coverage: not measured, as --no-cov says")
    else:
        if adopted.options:
            session.log(f"coverage: juncture measures; taken over from {' '.join(adopted.options)}")
        settings = _coverage.read_settings(config.root, adopted.config)
        text = _coverage.rcfile(settings, adopted, context=suite.name, tests=(*config.unit, *config.integration))
        bundle.rcfile.write_text(text, encoding="utf-8")
        environment["JUNCTURE_COVERAGE"] = str(bundle.rcfile)
        environment["JUNCTURE_COVERAGE_DATA"] = str(bundle.folder / "coverage" / "data")
    if shard:
        environment["JUNCTURE_SHARD"] = shard.slashed
    selected = () if arguments.selection else suite.folders(config)
    return _exit_code(
        session,
        *("-m", "pytest", *selected, *_workers(suite, config, arguments), *arguments.words),
        env={**environment, "JUNCTURE_SUITE": suite.title(session), "JUNCTURE_BUNDLE": str(bundle.folder)},
    )


def run_juncture(session: nox.Session, *words: str) -> int | None:
    """Run a juncture command in the session's environment and return its exit code; None where Nox runs nothing."""
    return _exit_code(session, "-m", "juncture", *words)


def _workers(suite: Suite, config: Config, arguments: _arguments.Arguments) -> Sequence[str]:
    """Return the options that start the workers.

    There are none where the user says their number or wants one process, or where the tests that he names take less
    time, as the history tells, than a second worker takes to start.
    """
    if arguments.alone or arguments.workers:
        return ()
    if suite.workers == "auto" and arguments.selection and config.history:
        from juncture.sharding.files import cached_history  # noqa: PLC0415 - for few runs
        from juncture.sharding.tiny import is_tiny  # noqa: PLC0415 - as above

        if is_tiny(arguments.selection, cached_history(config.root / config.history)[0]):
            return ()
    number = _processors() if suite.workers == "auto" else int(suite.workers)
    return ("-n", str(number)) if number else ()


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
