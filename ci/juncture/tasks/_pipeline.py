"""The tasks ``run``, ``merge`` and ``config.show``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import FailedTestsError, GateError, IncompleteError, UsageError
from juncture.tasks._child import run_child
from juncture.tasks._common import ROOT_HELP, command, declaration, declaration_if_any, environment, lines_of, note, say
from juncture.tasks._configuration import config_rows
from juncture.tasks._screens import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["exact_words", "expected_shards", "merge", "run", "run_with", "seal", "show"]

_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


@command(remainder="-- CMD...", help={"root": ROOT_HELP})
def run(context: Any, root: str = "") -> None:
    """Run a command with the services up and the environment set.

    The services are those of this one call: databases and keys are the command's own and are gone after it. Its exit
    code is passed on, and so are signals.

    Examples:
        juncture run -- python -m shop.report --month 2026-10
        juncture run -- sh -c 'psql "$DATABASE_URL" -c "select 1"'

    """
    words = exact_words(context.remainder, sys.argv)
    if not words:
        raise UsageError("there is no command to run", where="run", hint="It goes after --: juncture run -- CMD...")
    from juncture.isolation import open_workspace  # noqa: PLC0415

    with open_workspace(declaration(root), environ=environment()) as workspace:
        note(lines_of(workspace))
        code = run_with(words, workspace.environment)
    raise Exit(code=code)


@command(positional=["bundle"], iterable=["bundle"], help={"bundle": "seal BUNDLE, the folder that one shard left"})
def seal(_context: Any, bundle: Sequence[str] | None = None) -> None:
    """Seal the bundle of a job that came to its end.

    The last step of a job: the manifest says what the bundle is of and what its files are. A bundle without one is of a
    job that ended early, and its merge is red.

    Examples:
        juncture seal reports/integration/shard-2-of-4

    """
    if not bundle:
        raise UsageError("there is no bundle to seal", where="seal", hint="juncture seal BUNDLE...")
    from juncture.recording.bundle import seal as seal_bundle  # noqa: PLC0415

    for each in bundle:
        manifest = seal_bundle(Path(each), environment())
        shard = f" {manifest.shard} of {manifest.total}" if manifest.total > 1 else ""
        say([f"sealed  {each}  {manifest.suite}{shard}, {len(manifest.files)} files"])


@command(
    positional=["bundle"],
    iterable=["expect", "bundle"],
    help={
        "out": "write the merged result to DIR",
        "expect": "take SUITE=N, and require all N shards of that suite",
        "bundle": "merge BUNDLE, the folder that one shard left",
        "seal": "seal the bundles first: this job made them",
        "strict_budget": "fail where the integration tests took longer than the declared budget",
        "root": ROOT_HELP,
    },
)
def merge(  # noqa: PLR0913, PLR0917 - one parameter for each option
    _context: Any,
    bundle: Sequence[str] | None = None,
    out: str = "",
    expect: Sequence[str] | None = None,
    seal: bool = False,  # noqa: FBT001, FBT002 - a flag of the command line
    strict_budget: bool = False,  # noqa: FBT001, FBT002
    root: str = "",
) -> None:
    """Merge the bundles of all shards, and prove completeness.

    What must be there is stated by --expect, never taken from what arrived. Writes junit.xml, timings.json,
    coverage.data and coverage.xml, points.json and summary.md; the summary is also the step summary of a GitHub job.

    Exit codes: 0 passed, 1 tests failed, 20 incomplete, 21 over budget, 4 usage, 3 a defect.

    Examples:
        juncture merge --out reports/merged --expect integration=4 bundles/*

    """
    if not bundle:
        raise UsageError("there is no bundle to merge", where="merge", hint="juncture merge --out DIR BUNDLE...")
    if not out:
        raise UsageError("--out is missing", where="merge", hint="juncture merge --out DIR BUNDLE...")
    from juncture.merging import INTEGRATION  # noqa: PLC0415
    from juncture.merging import merge as merge_bundles  # noqa: PLC0415
    from juncture.recording.bundle import seal as seal_bundle  # noqa: PLC0415
    from juncture.reporting.budget import over_budget  # noqa: PLC0415
    from juncture.reporting.markdown import summary_markdown  # noqa: PLC0415
    from juncture.reporting.terminal import summary_lines  # noqa: PLC0415

    config = declaration_if_any(root)
    folders = [Path(each) for each in bundle]
    if seal:
        for folder in folders:
            seal_bundle(folder, environment())
    merged = merge_bundles(Path(out), expected_shards(expect or ()), folders, config)
    here, place = Path.cwd(), Path(out).absolute()
    records = [shard.record for suite in merged.suites if suite.name == INTEGRATION for shard in suite.shards]
    over = over_budget(records, config.budget if config else 0.0)
    lines = summary_lines(merged, place.relative_to(here) if place.is_relative_to(here) else place, over)
    text = summary_markdown(merged, lines)
    _publish(place / "summary.md", text)
    if step := environment().get("GITHUB_STEP_SUMMARY"):
        with Path(step).open("a", encoding="utf-8") as file:
            file.write(text)
    say(lines)
    if merged.all_problems:
        raise Exit(code=IncompleteError.exit_code)
    if merged.failed:
        raise Exit(code=FailedTestsError.exit_code)
    if over and strict_budget:
        raise GateError(over[0], where="budget", hint="the costliest are above; or raise `budget` in [tool.juncture]")


@command(help={"root": ROOT_HELP})
def show(_context: Any, root: str = "") -> None:
    """Show every setting, its value and its source.

    Passwords and tokens that are written into the declaration are hidden.

    Examples:
        juncture config.show
        JUNCTURE_PROVIDER=embedded juncture config.show

    """
    config = declaration(root)
    found = ("root", str(config.root), "command line --root" if root else "the nearest pyproject.toml")
    say(table(("key", "value", "source"), [found, *config_rows(config)]))


def _publish(path: Path, text: str) -> None:
    """Write a file in one step."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def exact_words(remainder: str, argv: Sequence[str]) -> list[str]:
    """Return what stood after ``--``, word by word.

    Plain Invoke joins it by spaces, so its words are taken from ``argv``; `juncture.program.Program` quotes it, so
    that it can be split again.
    """
    tail = list(argv[argv.index("--") + 1 :]) if "--" in argv else []
    return tail if " ".join(tail) == remainder else shlex.split(remainder)


def run_with(words: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command with these variables added to the environment; return its exit code.

    A command that is not there gives 127, one that may not be run 126, as in a shell.
    """
    try:
        return run_child(words, {**environment(), **variables})
    except FileNotFoundError:
        message, code = f"there is no command {words[0]}", _NOT_FOUND
    except PermissionError:
        message, code = f"{words[0]} may not be executed", _NOT_EXECUTABLE
    raise Exit(f"juncture: {message}", code=code)


def expected_shards(texts: Sequence[str]) -> dict[str, int]:
    """Return how many shards each suite must have, from ``suite=N`` texts."""
    expected: dict[str, int] = {}
    for text in texts:
        suite, _, number = text.partition("=")
        if not suite or not number.isdecimal() or int(number) < 1:
            hint = "Write the suite and its number of shards: --expect integration=4"
            raise UsageError(f'"{text}" is not SUITE=N', where="--expect", hint=hint)
        if suite in expected:
            raise UsageError(f'the suite "{suite}" is given twice', where="--expect")
        expected[suite] = int(number)
    return expected
