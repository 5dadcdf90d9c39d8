"""Let pytest collect the integration tests, for a plan of them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import IncompleteError, UsageError
from juncture.tasks._common import environment, note

if TYPE_CHECKING:
    from juncture.config.types import Config
    from juncture.sharding import PlannedTest
    from juncture.sharding.history import History

__all__ = ["collected"]

COLLECTED, HISTORY = "JUNCTURE_COLLECTED", "JUNCTURE_HISTORY"
"""Tell the plugin in which file to leave what it collected, and by which history to look for fixtures."""

_RUN_VARIABLES = frozenset(
    f"JUNCTURE_{name}"
    for name in ("BUNDLE", "COVERAGE", "COVERAGE_DATA", "PLAN", "RERUN", "RUN", "SHARD", "SUITE", "WORKER_PID")
)
"""What belongs to a run around this one, and not to the collection."""

_NO_TESTS = 5
"""Pytest's exit code for a collection without any test."""


def collected(config: Config, history: History) -> list[PlannedTest]:
    """Return the tests that pytest collects in the declared folders, with their marks' groups and shared fixtures.

    Our own plugin tells them: pytest's listing has neither.
    """
    from juncture.sharding.collection import collection_from_json  # noqa: PLC0415
    from juncture.sharding.history_document import history_to_json  # noqa: PLC0415

    variables = {
        name: value
        for name, value in environment().items()
        if name not in _RUN_VARIABLES and not name.startswith("PYTEST_XDIST_")
    }
    for folder in config.integration:
        if not (config.root / folder).is_dir():
            raise UsageError(f"there is no folder {folder}", where="pyproject.toml: tool.juncture.integration")
    with tempfile.TemporaryDirectory(prefix="juncture-plan-") as folder:
        found, known = Path(folder, "collected.json"), Path(folder, "history.json")
        known.write_text(history_to_json(history), encoding="ascii")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", "--juncture-shard=1/1", *config.integration],
            cwd=config.root,
            env={**variables, COLLECTED: str(found), HISTORY: str(known)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode == _NO_TESTS:
            raise UsageError("pytest collects no test", where=", ".join(config.integration))
        if done.returncode or not found.exists():
            note(done.stdout.splitlines())
            what = f"pytest could not collect the tests: exit code {done.returncode}"
            raise IncompleteError(what, where=", ".join(config.integration), hint="its output is above")
        return collection_from_json(found.read_text(encoding="ascii"))
