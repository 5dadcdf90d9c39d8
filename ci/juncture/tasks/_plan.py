"""The task ``plan``: which tests each shard runs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import IncompleteError, UsageError
from juncture.tasks._common import ROOT_HELP, command, declaration, environment, note, say
from juncture.tasks._screens import counted, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config.types import Config
    from juncture.sharding import Plan, PlannedTest

__all__ = ["plan", "plan_screen"]

STDIN = "-"
_RUN_VARIABLES = frozenset(
    f"JUNCTURE_{name}" for name in ("BUNDLE", "COVERAGE", "COVERAGE_DATA", "PLAN", "RUN", "SHARD", "WORKER_PID")
)
"""What belongs to a run around this one, and not to the collection."""

COLLECTED = "JUNCTURE_COLLECTED"
"""Tells the plugin in which file to leave the plan of what it collected."""

_NO_TESTS = 5
"""Pytest's exit code for a collection without any test."""


@command(
    help={
        "shards": "divide the tests into N shards (default: as declared)",
        "nodeids": "take the node ids in FILE, one a line (default: those that pytest collects)",
        "durations": "take the seconds in FILE, as pytest-split writes it",
        "history": "take the seconds in FILE, as juncture merge writes it",
        "out": "write the plan to FILE, for --juncture-plan",
        "json": "print the plan as JSON instead of a table",
        "root": ROOT_HELP,
    },
)
def plan(  # noqa: PLR0913, PLR0917 - one parameter for each option
    _context: Any,
    shards: str = "",
    nodeids: str = "",
    durations: str = "",
    history: str = "",
    out: str = "",
    json: bool = False,  # noqa: FBT001, FBT002 - a flag of the command line
    root: str = "",
) -> None:
    """Divide the tests into shards, and say who runs what.

    The plan depends on nothing but the tests, their groups, their recorded seconds and the number of shards. FILE may
    be - for standard input.

    Examples:
        juncture plan --shards 4 --out plan.json
        pytest --collect-only -q -m slow | juncture plan --shards 4 --nodeids -

    """
    if durations and history:
        raise UsageError("one of --durations and --history is enough", where="plan")
    if [nodeids, durations, history].count(STDIN) > 1:
        raise UsageError("standard input can be read once", where="plan", hint="give one of the files its name")
    from juncture.sharding import make_plan, to_json  # noqa: PLC0415
    from juncture.sharding.files import replace_text  # noqa: PLC0415

    config = None if nodeids and shards else declaration(root)
    number = _whole(shards) if shards or config is None else config.shards
    seconds = _seconds(durations, history)
    tests = _listed(nodeids) if nodeids or config is None else _collected(config)
    made = make_plan(tests, number, seconds)
    text = to_json(made)
    if out:
        replace_text(Path(out), f"{text}\n")
    say([text] if json else plan_screen(made, seconds))


def plan_screen(made: Plan, seconds: Mapping[str, float]) -> list[str]:
    """Return a line for each shard, and what the prediction is worth."""
    known = sum(nodeid in seconds for nodeid in made.groups)
    rows = [
        (
            str(shard.index),
            str(len(shard.nodeids)),
            str(len({made.groups[nodeid] for nodeid in shard.nodeids})),
            f"{shard.predicted_seconds:.2f} s" if known else "",
        )
        for shard in made.shards
    ]
    total = counted(len(made.groups), "test", "tests")
    if not known:
        times = "no recorded times, so none are predicted"
    elif known < len(made.groups):
        times = f"recorded times for {known}, the median for the others"
    else:
        times = "recorded times for all"
    bound = [f"bound   {made.lower_bound_seconds:.2f} s: no division of whole groups ends earlier"] if known else []
    return [
        *table(("shard", "tests", "groups", "predicted"), rows),
        "",
        f"tests   {total} in {counted(len(set(made.groups.values())), 'group', 'groups')}; {times}",
        *bound,
        f"digest  {made.digest}",
    ]


def _whole(shards: str) -> int:
    try:
        return int(shards)
    except ValueError:
        hint = "juncture plan --shards 4"
        raise UsageError(f'--shards needs a whole number, not "{shards}"', where="plan", hint=hint) from None


def _seconds(durations: str, history: str) -> Mapping[str, float]:
    from juncture.sharding.inputs import parse_durations, parse_history  # noqa: PLC0415

    if durations:
        text, where = _text(durations, "the durations")
        return parse_durations(text, where=where)
    if history:
        text, where = _text(history, "the history")
        return parse_history(text, where=where)
    return {}


def _listed(nodeids: str) -> list[PlannedTest]:
    from juncture.sharding import PlannedTest, group_of  # noqa: PLC0415
    from juncture.sharding.inputs import parse_nodeids  # noqa: PLC0415

    text, where = _text(nodeids, "the list")
    return [PlannedTest(nodeid, group_of(nodeid)) for nodeid in parse_nodeids(text, where=where)]


def _text(name: str, what: str) -> tuple[str, str]:
    """Return a file's text and what to call it in messages."""
    from juncture.sharding.files import read_text  # noqa: PLC0415

    if name != STDIN:
        return read_text(Path(name), what=what), name
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig"), "standard input"
    except UnicodeDecodeError:
        raise UsageError(f"{what} is not UTF-8", where="standard input") from None


def _collected(config: Config) -> list[PlannedTest]:
    """Return the tests that pytest collects in the declared folders, with the groups that their marks give them.

    Our own plugin tells them, in the plan of a run without shards: pytest's listing would not have the marks.
    """
    from juncture.sharding import PlannedTest  # noqa: PLC0415
    from juncture.sharding.files import read_plan  # noqa: PLC0415

    variables = {
        name: value
        for name, value in environment().items()
        if name not in _RUN_VARIABLES and not name.startswith("PYTEST_XDIST_")
    }
    for folder in config.integration:
        if not (config.root / folder).is_dir():
            raise UsageError(f"there is no folder {folder}", where="pyproject.toml: tool.juncture.integration")
    with tempfile.TemporaryDirectory(prefix="juncture-plan-") as folder:
        found = Path(folder, "plan.json")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", *config.integration],
            cwd=config.root,
            env={**variables, COLLECTED: str(found)},
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
        groups = read_plan(found).groups
    return [PlannedTest(nodeid, group) for nodeid, group in groups.items()]
