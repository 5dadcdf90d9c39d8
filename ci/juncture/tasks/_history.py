"""The tasks ``history.show``, ``history.import`` and ``history.prune``: look into what runs took, and tend it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.tasks._common import ROOT_HELP, command, declaration, say
from juncture.tasks._screens import counted, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.sharding.history import History

__all__ = ["history_screen", "import_", "prune", "show"]

_MICRO = 1_000_000


@command(
    positional=["file"],
    iterable=["file"],
    help={
        "file": "the history to show (default: as declared)",
        "top": "show the N costliest tests and fixtures",
        "root": ROOT_HELP,
    },
)
def show(_context: Any, file: Sequence[str] | None = None, top: str = "15", root: str = "") -> None:
    """Show what tests and shared fixtures take.

    `mean` weighs newer runs more; 85 % of the last eight runs took no longer than `p85`.

    Examples:
        juncture history.show reports/merged/history.json
        juncture history.show --top 50

    """
    from juncture.sharding.files import read_history  # noqa: PLC0415

    say(history_screen(read_history(_place(_only(file), root)), _number(top, "--top")))


@command(
    name="import",
    positional=["file"],
    iterable=["file"],
    help={
        "file": "a FILE of pytest-split (.test_durations), or another history",
        "out": "write the history to FILE, together with what is there (default: as declared)",
        "root": ROOT_HELP,
    },
)
def import_(_context: Any, file: Sequence[str] | None = None, out: str = "", root: str = "") -> None:
    """Make a history of pytest-split's file, or of several.

    Of a test that several know, the one that saw it last counts. To import a file twice changes nothing.

    Examples:
        juncture history.import .test_durations --out history.json
        juncture history.import nightly/history.json main/history.json --out history.json

    """
    if not file:
        hint = "juncture history.import .test_durations --out history.json"
        raise UsageError("there is no file to import", where="history.import", hint=hint)
    from juncture.sharding.files import read_history, replace_text  # noqa: PLC0415
    from juncture.sharding.history import NO_HISTORY, merge_histories  # noqa: PLC0415
    from juncture.sharding.history_document import history_to_json  # noqa: PLC0415

    place = _place(out, root)
    history = read_history(place) if place.exists() else NO_HISTORY
    before = len(history.tests)
    for each in file:
        history = merge_histories(history, read_history(Path(each)))
    replace_text(place, history_to_json(history))
    say([f"{place}: {counted(len(history.tests), 'test', 'tests')}, {len(history.tests) - before} of them new"])


@command(
    positional=["file"],
    iterable=["file"],
    help={
        "file": "the history to prune (default: as declared)",
        "nodeids": "keep only the tests in FILE, one node id a line",
        "runs": "drop what the newest N runs of the whole suite went without",
        "root": ROOT_HELP,
    },
)
def prune(_context: Any, file: Sequence[str] | None = None, nodeids: str = "", runs: str = "1", root: str = "") -> None:
    """Drop the entries of tests that are gone.

    A merge does so by itself for what ten runs of the whole suite went without. With --nodeids the list alone decides.

    Examples:
        juncture history.prune history.json
        pytest --collect-only -q > ids.txt; juncture history.prune history.json --nodeids ids.txt

    """
    from juncture.sharding.files import read_history, read_text, replace_text  # noqa: PLC0415
    from juncture.sharding.history import kept, not_seen_for  # noqa: PLC0415
    from juncture.sharding.history_document import history_to_json  # noqa: PLC0415
    from juncture.sharding.nodeids import parse_nodeids  # noqa: PLC0415

    place = _place(_only(file), root)
    history = read_history(place)
    if nodeids:
        pruned = kept(history, parse_nodeids(read_text(Path(nodeids), what="the list"), where=nodeids))
    else:
        pruned = not_seen_for(history, _number(runs, "--runs"))
    replace_text(place, history_to_json(pruned))
    gone = len(history.tests) - len(pruned.tests)
    say([f"{place}: {counted(gone, 'test', 'tests')} dropped, {len(pruned.tests)} kept"])


def history_screen(history: History, top: int) -> list[str]:
    """Return the costliest tests and fixtures, a line each, and what is known in all."""
    from juncture.sharding.history import p85  # noqa: PLC0415

    timed = {nodeid: time for nodeid in history.tests if (time := history.time_of(nodeid)) is not None}
    tests = [
        (
            nodeid,
            _seconds(timed[nodeid]),
            _seconds(p85(history.tests[nodeid].recent)) if history.tests[nodeid].recent else "",
            str(len(history.tests[nodeid].recent)),
        )
        for nodeid in sorted(timed, key=lambda nodeid: (-timed[nodeid], nodeid))[:top]
    ]
    fixtures = [
        (
            f"{key.name}[{key.param}]" if key.param else key.name,
            _seconds(entry.setup),
            _seconds(entry.teardown),
            key.scope,
            key.of or key.base,
        )
        for key, entry in sorted(history.fixtures.items(), key=lambda each: (-each[1].cost, each[0]))[:top]
    ]
    total = _seconds(sum(timed.values()))
    known = counted(len(history.tests), "test", "tests")
    instances = counted(len(history.fixtures), "instance", "instances")
    runs = counted(len(history.complete), "run", "runs")
    return [
        *(table(("test", "mean", "p85", "runs"), tests) if tests else []),
        *(["", *table(("fixture", "setup", "teardown", "scope", "of"), fixtures)] if fixtures else []),
        *([""] if tests else []),
        f"{known}, {total} in all; {instances} of shared fixtures; {runs} of the whole suite",
    ]


def _only(files: Sequence[str] | None) -> str:
    if files and len(files) > 1:
        raise UsageError("one history at a time", where="history", hint="juncture history.import makes one of several")
    return files[0] if files else ""


def _place(file: str, root: str) -> Path:
    if file:
        return Path(file)
    config = declaration(root)
    if not config.history:
        hint = 'name a file, or declare history = "tests/history.json" in [tool.juncture]'
        raise UsageError("which history?", where="history", hint=hint)
    return (Path.cwd() if config.sources["history"].layer == "environment" else config.root) / config.history


def _number(text: str, option: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text):  # noqa: PLR2004 - digits enough
        return int(text)
    raise UsageError(f'{option} needs a whole number above 0, not "{text}"', where="history")


def _seconds(time: int) -> str:
    return f"{time / _MICRO:.3f} s"
