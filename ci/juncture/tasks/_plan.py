"""The task ``plan``: which tests each shard runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.tasks._collect import collected
from juncture.tasks._common import ROOT_HELP, command, declaration, declaration_if_any, note, say
from juncture.tasks._plan_screen import curve_screen, plan_screen

if TYPE_CHECKING:
    from juncture.config.types import Config
    from juncture.sharding import PlannedTest
    from juncture.sharding.history import History

__all__ = ["plan"]

STDIN = "-"


@command(
    help={
        "shards": "divide the tests into N shards (default: as declared)",
        "nodeids": "take the node ids in FILE, one a line (default: those that pytest collects)",
        "durations": "take the seconds in FILE, as pytest-split writes it",
        "history": "take the times in FILE, as juncture merge writes it (default: as declared)",
        "workers": "predict for N xdist workers in each shard",
        "out": "write the plan to FILE, for --juncture-plan",
        "json": "print the plan as JSON instead of a table",
        "curve": "show wall time and paid time for 1, 2, 4, ... shards instead",
        "curve_svg": "draw that curve into FILE",
        "root": ROOT_HELP,
    },
)
def plan(  # noqa: PLR0913, PLR0917 - one parameter for each option
    _context: Any,
    shards: str = "",
    nodeids: str = "",
    durations: str = "",
    history: str = "",
    workers: str = "1",
    out: str = "",
    json: bool = False,  # noqa: FBT001, FBT002 - a flag of the command line
    curve: bool = False,  # noqa: FBT001, FBT002
    curve_svg: str = "",
    root: str = "",
) -> None:
    """Divide the tests into shards, and say who runs what.

    The plan depends on nothing but the tests, their groups, the times of earlier runs and the number of shards. FILE
    may be - for standard input.

    Examples:
        juncture plan --shards 4 --out plan.json
        juncture plan --curve --history history.json
        pytest --collect-only -q -m slow | juncture plan --shards 4 --nodeids -

    """
    if durations and history:
        raise UsageError("one of --durations and --history is enough", where="plan")
    if [nodeids, durations, history].count(STDIN) > 1:
        raise UsageError("standard input can be read once", where="plan", hint="give one of the files its name")
    from juncture.sharding import make_plan, to_json  # noqa: PLC0415
    from juncture.sharding.files import replace_text  # noqa: PLC0415

    draws = curve or bool(curve_svg)
    from juncture.sharding.garbage import undisturbed  # noqa: PLC0415

    config = declaration_if_any(root) if nodeids and (shards or draws) else declaration(root)
    number = config.shards if config and not shards else _whole(shards or "1", "--shards")
    processes = _whole(workers, "--workers")
    with undisturbed():
        known = _known(durations, history, config)
        tests = _listed(nodeids, known) if nodeids or config is None else collected(config, known)
        if draws:
            say(_curve(tests, known, number, processes, curve_svg))
            return
        made = make_plan(tests, number, known, workers=processes)
        text = to_json(made)
    if out:
        replace_text(Path(out), f"{text}\n")
    say([text] if json else plan_screen(made, sum(nodeid in known.tests for nodeid in made.groups)))


def _curve(tests: list[PlannedTest], known: History, number: int, workers: int, svg: str) -> list[str]:
    from juncture.sharding.curve import curve, doublings  # noqa: PLC0415
    from juncture.sharding.files import replace_text  # noqa: PLC0415
    from juncture.tasks._curve_svg import curve_svg  # noqa: PLC0415

    if not any(test.nodeid in known.tests for test in tests):
        hint = "juncture merge writes a history.json; --history names it"
        raise UsageError("there are no recorded times to draw a curve of", where="plan", hint=hint)
    points = curve(tests, known, doublings(number), workers=workers)
    if svg:
        replace_text(Path(svg), curve_svg(points))
    return curve_screen(points)


def _whole(text: str, option: str) -> int:
    try:
        return int(text)
    except ValueError:
        hint = "juncture plan --shards 4"
        raise UsageError(f'{option} needs a whole number, not "{text}"', where="plan", hint=hint) from None


def _known(durations: str, history: str, config: Config | None) -> History:
    """Return the history that an option names, else the declared one."""
    from juncture.sharding.files import cached_history  # noqa: PLC0415
    from juncture.sharding.history import NO_HISTORY  # noqa: PLC0415
    from juncture.sharding.history_document import parse_durations, parse_history  # noqa: PLC0415

    if durations:
        text, where = _text(durations, "the durations")
        return parse_durations(text, where=where)
    if history:
        text, where = _text(history, "the history")
        return parse_history(text, where=where)
    if config is None or not config.history:
        return NO_HISTORY
    base = Path.cwd() if config.sources["history"].layer == "environment" else config.root
    found, line = cached_history(base / config.history)
    note([line])
    return found


def _listed(nodeids: str, known: History) -> list[PlannedTest]:
    from juncture.sharding.needs import planned_of_nodeids  # noqa: PLC0415
    from juncture.sharding.nodeids import parse_nodeids  # noqa: PLC0415

    text, where = _text(nodeids, "the list")
    return planned_of_nodeids(parse_nodeids(text, where=where), known)


def _text(name: str, what: str) -> tuple[str, str]:
    """Return a file's text and what to call it in messages."""
    from juncture.sharding.files import read_text  # noqa: PLC0415

    if name != STDIN:
        return read_text(Path(name), what=what), name
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig"), "standard input"
    except UnicodeDecodeError:
        raise UsageError(f"{what} is not UTF-8", where="standard input") from None
