"""The tasks ``seal`` and ``merge``: the end of one job, and the end of all of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import FailedTestsError, GateError, IncompleteError, UsageError
from juncture.tasks._common import ROOT_HELP, command, declaration_if_any, environment, note, say
from juncture.tasks._suites import declared_shards, expected_shards, job_results, junit_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.config import Config
    from juncture.merging.values import Merged
    from juncture.sharding.history import History

__all__ = ["merge", "seal"]


@command(
    positional=["bundle"],
    iterable=["bundle"],
    help={
        "bundle": "seal BUNDLE, the folder that one shard left",
        "zip": "pack each bundle into one file beside it too, for uploading",
    },
)
def seal(
    _context: Any,
    bundle: Sequence[str] | None = None,
    zip: bool = False,  # noqa: A002, FBT001, FBT002 - a flag of the command line
) -> None:
    """Seal the bundle of a job that came to its end.

    The last step of a job: the manifest says what the bundle is of and what its files are. A bundle without one is of a
    job that ended early, and its merge is red.

    Examples:
        juncture seal reports/integration/shard-2-of-4
        juncture seal --zip reports/integration/shard-2-of-4

    """
    if not bundle:
        raise UsageError("there is no bundle to seal", where="seal", hint="juncture seal BUNDLE...")
    from juncture.recording.bundle import seal as seal_bundle  # noqa: PLC0415
    from juncture.recording.packing import pack  # noqa: PLC0415

    for each in bundle:
        manifest = seal_bundle(Path(each), environment())
        packed = pack(Path(each)) if zip else None
        shard = " re-run" if manifest.rerun else ""
        shard += f" {manifest.shard} of {manifest.total}" if manifest.total > 1 else ""
        say([f"sealed  {packed or each}  {manifest.suite}{shard}, {len(manifest.files)} files"])


@command(
    positional=["bundle"],
    iterable=["expect", "job", "junit", "bundle"],
    help={
        "out": "write the merged result to DIR",
        "expect": "take SUITE=N, and require all N shards of that suite (default: what the project declares)",
        "job": "take SUITE=RESULT, what CI says of its job (or A,B=RESULT): success, failure, cancelled, skipped",
        "junit": "take SUITE=FILE, the JUnit file of another tool's tests, as a suite of the result",
        "base": "tell the changed lines by the revision REV (default: what a CI job's environment names)",
        "history": "continue the history in FILE: what tests took in earlier runs (default: the declared one)",
        "baseline": "compare the coverage with that in FILE, the coverage.json of an earlier merge",
        "bundle": "merge BUNDLE: what one shard left, as a folder or packed, or a folder of such",
        "seal": "seal the bundles first that are not sealed yet: this job made them",
        "allow_missing": "go on where something is missing; the result is still called incomplete",
        "fail_on_flaky": "fail where a test passed only after it had failed",
        "strict_budget": "fail where the integration tests took longer than the declared budget",
        "root": ROOT_HELP,
    },
)
def merge(  # noqa: PLR0913, PLR0917 - one parameter for each option
    _context: Any,
    bundle: Sequence[str] | None = None,
    out: str = "",
    expect: Sequence[str] | None = None,
    job: Sequence[str] | None = None,
    junit: Sequence[str] | None = None,
    base: str = "",
    baseline: str = "",
    history: str = "",
    seal: bool = False,  # noqa: FBT001, FBT002 - a flag of the command line
    allow_missing: bool = False,  # noqa: FBT001, FBT002
    fail_on_flaky: bool = False,  # noqa: FBT001, FBT002
    strict_budget: bool = False,  # noqa: FBT001, FBT002
    root: str = "",
) -> None:
    """Merge the bundles of all shards, and prove completeness.

    What must be there is stated by --expect or the declaration, never taken from what arrived. Writes junit.xml,
    coverage.data, coverage.xml and coverage.json, points.json, history.json, summary.md, report.html and result.json;
    the summary is also the step summary of a GitHub job.

    Exit codes: 0 passed, 1 tests failed, 20 incomplete, 21 a gate, 4 usage, 10 the declaration, 3 a defect.

    Examples:
        juncture merge --out reports/merged --expect integration=4 bundles/*
        juncture merge --out reports/merged --expect unit=1 --expect integration=4 --job integration=failure bundles

    """
    if not bundle:
        raise UsageError("there is no bundle to merge", where="merge", hint="juncture merge --out DIR BUNDLE...")
    if not out:
        raise UsageError("--out is missing", where="merge", hint="juncture merge --out DIR BUNDLE...")
    from juncture.merging.baseline import read_baseline  # noqa: PLC0415
    from juncture.merging.changes import base_of  # noqa: PLC0415
    from juncture.merging.merge import Order  # noqa: PLC0415
    from juncture.merging.merge import merge as merge_bundles  # noqa: PLC0415
    from juncture.merging.results import begin  # noqa: PLC0415
    from juncture.recording.commit import commit_named  # noqa: PLC0415

    try:  # what an earlier merge left there may be what this one continues
        config = declaration_if_any(root)
        known, before = _history(history, config), read_baseline(Path(baseline) if baseline else None)
    finally:
        begin(Path(out))
    folders = [Path(each) for each in bundle]
    if seal:
        _seal_unsealed(folders)
    order = Order(
        out=Path(out),
        expect=expected_shards(expect) if expect else declared_shards(config),
        bundles=folders,
        config=config,
        jobs=job_results(job or ()),
        commit=commit_named(environment()),
        base=base or base_of(environment()),
        baseline=before,
        junit=junit_files(junit or ()),
        history=known,
        allow_missing=allow_missing,
    )
    merged = merge_bundles(order)
    over = _tell(merged, config, Path(out).absolute())
    _end(merged, fail_on_flaky=fail_on_flaky, over_budget=over if strict_budget else ())


def _seal_unsealed(named: Sequence[Path]) -> None:
    """Seal the folders with journals that have no seal: what was sealed already may have lost something since.

    What can't be sealed, is packed or is not there is for the proof to say.
    """
    from juncture.merging.bundles import find  # noqa: PLC0415
    from juncture.recording.bundle import MANIFEST, holds_journals  # noqa: PLC0415
    from juncture.recording.bundle import seal as seal_bundle  # noqa: PLC0415

    for folder in find(named):
        if holds_journals(folder) and not (folder / MANIFEST).exists():
            with suppress(IncompleteError):
                seal_bundle(folder, environment())


def _tell(merged: Merged, config: Config | None, place: Path) -> Sequence[str]:
    """Print and write the summaries; return what is to be said of the budget."""
    from juncture.host.files import replace_text  # noqa: PLC0415
    from juncture.merging.results import written_to  # noqa: PLC0415
    from juncture.reporting.annotations import annotation_lines  # noqa: PLC0415
    from juncture.reporting.budget import over_budget  # noqa: PLC0415
    from juncture.reporting.html.page import report_page  # noqa: PLC0415
    from juncture.reporting.markdown import summary_markdown  # noqa: PLC0415
    from juncture.reporting.terminal import summary_lines  # noqa: PLC0415

    here = Path.cwd()
    records = {suite.name: [shard.record for shard in suite.shards] for suite in merged.suites if suite.of_integration}
    over = over_budget(records, config.budget if config else 0.0)
    report = place / "report.html"
    page = report_page(merged, over)
    lines = summary_lines(merged, report.relative_to(here) if report.is_relative_to(here) else report, over)
    text = summary_markdown(merged, lines)
    with written_to(place):
        replace_text(report, page)
        replace_text(place / "summary.md", text)
    if step := environment().get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(step).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:
            note([f"juncture: the step summary can't be written: {error.strerror}"])
    say(lines)
    if environment().get("GITHUB_ACTIONS") == "true":
        say(annotation_lines(merged, _place_in_repository(config)))
    return over


def _place_in_repository(config: Config | None) -> str:
    """Return the project's folder as a GitHub job's checkout sees it; empty where they are the same, or apart."""
    checkout = Path(environment().get("GITHUB_WORKSPACE") or ".").resolve()
    if config is None or not config.root.is_relative_to(checkout):
        return ""
    path = config.root.relative_to(checkout).as_posix()
    return "" if path == "." else path


def _end(merged: Merged, *, fail_on_flaky: bool, over_budget: Sequence[str]) -> None:
    """Leave with the exit code that the result asks for."""
    if merged.verdict == "incomplete" and not merged.let_pass:
        raise Exit(code=IncompleteError.exit_code)
    if merged.failed:
        raise Exit(code=FailedTestsError.exit_code)
    if missed := [verdict for verdict in merged.gates if not verdict.holds]:
        what = ", ".join(verdict.name for verdict in missed)
        raise GateError(f"what was demanded is not reached: {what}", where="gates", hint="the rows `gates` tell more")
    flaky = [test for suite in merged.suites for test in suite.flaky if test.nodeid not in suite.quarantined]
    if flaky and fail_on_flaky:
        what = f"{len(flaky)} flaky test{'s' if len(flaky) > 1 else ''}"
        raise GateError(what, where="--fail-on-flaky", hint="they are above; mend them, or put them in quarantine")
    if over_budget:
        hint = "the costliest are above; or raise `budget` in [tool.juncture]"
        raise GateError(over_budget[0], where="budget", hint=hint)


def _history(file: str, config: Config | None) -> History:
    """Return what earlier runs took: from the named file, which has to be one, or the declared one, if it is there."""
    from juncture.sharding.files import cached_history, read_history  # noqa: PLC0415
    from juncture.sharding.history import NO_HISTORY  # noqa: PLC0415

    if file:
        return read_history(Path(file))
    return cached_history(config.root / config.history)[0] if config and config.history else NO_HISTORY
