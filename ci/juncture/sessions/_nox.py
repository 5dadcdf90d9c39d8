"""Register the sessions with Nox."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import nox

from juncture.errors import IncompleteError
from juncture.sessions import _arguments, _pipeline
from juncture.sessions._bundle import Bundle
from juncture.sessions._rerun import earlier_run, folder_of, named_by
from juncture.sessions._shard import shard_of
from juncture.sessions._suite import Suite, forget_result, in_project, prepare, run_juncture, run_pytest
from juncture.sessions._verdict import FAILED, NO_TESTS, USAGE_ERROR, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.config import Config

__all__ = ["register"]

WHOLE = "bundle"
"""The bundle of a run that is not divided; its name tells it from those of shards."""

BACKEND = "uv|virtualenv"
"""Nox's words for: uv where it is, else virtualenv."""


def register(  # noqa: PLR0913 - a user's one call: keywords read better there than an options object
    root: str | Path = ".",
    *,
    python: str | Sequence[str] | None = None,
    install: Sequence[str] | None = None,
    workers: int | str = "auto",
    prefix: str = "",
    venv_backend: str = BACKEND,
) -> None:
    """Give the noxfile the sessions ``unit``, ``integration``, ``plan``, ``pipeline`` and ``merge`` of a project.

    ``root`` is the folder of its pyproject.toml with the declaration, relative to the noxfile. ``python`` is one
    version or several, each with an environment of its own. ``install`` are an installer's words, relative to ``root``,
    in place of what juncture finds out: the project itself and the group or extra of its tests. ``workers`` is the
    number of xdist workers of ``integration``, by default one for each processor. ``prefix`` tells the sessions of
    several projects in one noxfile apart.

    What stands after ``--`` on Nox's command line goes to pytest, in ``plan`` and ``merge`` to the command of juncture
    of that name.
    """
    words = None if install is None else tuple(install)
    matrix = python is not None and not isinstance(python, str)
    first = python[0] if matrix and python else python
    unit = Suite(name="unit", root=Path(root), install=words, workers=0, matrix=matrix)
    integration = Suite(name="integration", root=Path(root), install=words, workers=workers, matrix=matrix)

    logging.getLogger("nox").addFilter(_matters)

    @nox.session(name=f"{prefix}unit", python=python, venv_backend=venv_backend, reuse_venv=True)
    def run_unit(session: nox.Session) -> None:
        """Run the unit tests; what stands after -- goes to pytest."""
        in_project(session, unit.root, lambda config: _run(session, unit, config))

    @nox.session(name=f"{prefix}integration", python=python, venv_backend=venv_backend, reuse_venv=True)
    def run_integration(session: nox.Session) -> None:
        """Run the integration tests against real services; what stands after -- goes to pytest."""
        in_project(session, integration.root, lambda config: _run(session, integration, config))

    @nox.session(name=f"{prefix}plan", python=python, venv_backend=venv_backend, reuse_venv=True, default=False)
    def run_plan(session: nox.Session) -> None:
        """Divide the integration tests into shards, for parallel jobs; -- --shards 4 --out plan.json."""
        in_project(session, integration.root, lambda config: _pipeline.plan(session, integration, config))

    @nox.session(name=f"{prefix}pipeline", python=first, venv_backend=venv_backend, reuse_venv=True, default=False)
    def run_pipeline(session: nox.Session) -> None:
        """Run the CI on this machine: plan, every shard, merge; -- --shards N says how many."""
        in_project(session, integration.root, lambda config: _pipeline.pipeline(session, integration, config))

    @nox.session(name=f"{prefix}merge", python=first, venv_backend=venv_backend, reuse_venv=True, default=False)
    def run_merge(session: nox.Session) -> None:
        """Merge the bundles of parallel jobs, with proof; -- --expect integration=4 BUNDLE..."""
        in_project(session, integration.root, lambda config: _pipeline.merge(session, integration, config))


def _run(session: nox.Session, suite: Suite, config: Config) -> None:
    """Install, run pytest, seal or merge its bundle, and fail the session where one of them says so."""
    arguments = _arguments.split(session.posargs, root=config.root, invoked_from=Path(session.invoked_from))
    if arguments.asks_only:
        prepare(session, suite, config)
        selected = () if arguments.selection else suite.folders(config)
        session.run("python", "-m", "pytest", *selected, *arguments.words, log=False)
        return
    reports = suite.reports(session, config)
    shard, line = shard_of(arguments.shard, suite.name, config, os.environ)
    if line:
        session.log(line)
    again = named_by(arguments.rerun, os.environ)
    name = f"shard-{shard.index}-of-{shard.total}" if shard else WHOLE
    bundle = Bundle(reports / (folder_of(shard) if again else name))
    earlier = earlier_run(again, suite.title(session), bundle.folder) if again else None
    bundle.start_afresh()  # before anything can fail: nothing older is ever to be taken for this run's
    if bundle.folder.name == WHOLE:
        forget_result(reports)
    prepare(session, suite, config)
    selected = () if arguments.selection else suite.folders(config)
    code = run_pytest(session, suite, config, bundle, arguments, shard)
    if code is None:
        return
    if code == FAILED and not bundle.holds_journals():
        code = USAGE_ERROR  # Python's own exit code where a module is missing is pytest's for failed tests
    if not code and not bundle.holds_journals():
        raise IncompleteError(
            "the tests ran, and nothing was recorded",
            where=str(bundle.folder),
            hint="is juncture's plugin switched off, by -p no:juncture or PYTEST_DISABLE_PLUGIN_AUTOLOAD?",
        )
    merged = 0
    if code not in {USAGE_ERROR, NO_TESTS}:
        merged = _finish(session, suite, bundle, reports, arguments)
        if earlier:
            prefix = session.name.partition(suite.name)[0]
            how = earlier.how_to_merge(f"{prefix}merge", suite.title(session), bundle.folder)
            session.log(f"Both runs together: {how}")
    if code or merged:
        session.error(verdict(code, merged, selected))


def _finish(session: nox.Session, suite: Suite, bundle: Bundle, reports: Path, arguments: _arguments.Arguments) -> int:
    """Seal the bundle of one shard, or make the whole result of the only one; return the exit code."""
    if bundle.folder.name != WHOLE:
        return run_juncture(session, "seal", str(bundle.folder)) or 0
    strict = ("--strict-budget",) if arguments.strict_budget else ()
    words = ("--out", str(reports), "--expect", f"{suite.title(session)}=1", "--seal", *strict, str(bundle.folder))
    return run_juncture(session, "merge", *words) or 0


def _matters(record: logging.LogRecord) -> bool:
    """Drop a line that every session prints where uv is missing, and that a newcomer takes for an error."""
    return record.getMessage() != "uv binary not found."
