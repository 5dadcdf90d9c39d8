"""Write the files of a result. The last one is ``result.json``: without it a merge was interrupted."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.host.files import replace_text
from juncture.merging import history, junit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.merging.foreign import ForeignTotals
    from juncture.merging.values import Merged, Problem, Suite
    from juncture.sharding.history import History

__all__ = ["RESULT", "begin", "write", "written_to"]

VERSION = 1
RESULT = "result.json"

EARLIER = (
    *("result.json", "summary.md", "report.html", "junit.xml", "junit.[0-9]*.xml", "history.json", "points.json"),
    *("coverage.data", "coverage.xml", "coverage-[0-9]*.xml", "coverage.json"),
    "coverage.[0-9]*.new*",  # what coverage was told to write for a merge that was killed, by its process id
)
"""What a merge writes.

All of it goes before the next one begins, with what one left that was killed: no merge that ends early, for whatever
reason, leaves an old result.
"""


def begin(out: Path) -> None:
    """Make the folder of the result, or take an earlier result out of it; see that one can be written there."""
    with written_to(out):
        out.mkdir(parents=True, exist_ok=True)
        for pattern in EARLIER:
            for path in (*out.glob(pattern), *out.glob(f"{pattern}.*.new")):
                path.unlink(missing_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass


@contextmanager
def written_to(out: Path) -> Iterator[None]:
    """Say in a `UsageError` why the files of a result can't be written to its folder."""
    try:
        yield
    except OSError as error:
        hint = "take a folder that you may write to, with room on its disk: --out, or `reports` under [tool.juncture]"
        raise UsageError(f"no result can be written there: {error.strerror}", where=str(out), hint=hint) from None


def write(out: Path, merged: Merged, known: History) -> None:
    """Write the files of the result but the summaries, each complete or not at all, and ``result.json`` last.

    ``known`` is the history of earlier runs, which this one continues.
    """
    junit.write(out / "junit.xml", merged.suites)
    records = [record for suite in merged.suites for record in suite.records]
    history.write_history(out / "history.json", known, records, complete=_is_whole(merged))
    replace_text(out / "points.json", _json(_points(merged)))
    replace_text(out / RESULT, _json(result(merged)))


def _is_whole(merged: Merged) -> bool:
    """Tell whether nothing was left out of this run, on purpose or not: what it lacks is no longer there."""
    narrowed = any(record.narrowed or record.rerun for suite in merged.suites for record in suite.records)
    return merged.verdict != "incomplete" and not narrowed


def result(merged: Merged) -> dict[str, Any]:
    """Return the whole result as plain values, for other programs."""
    return {
        "version": VERSION,
        "verdict": merged.verdict,
        "missing_let_pass": merged.verdict == "incomplete" and merged.let_pass,
        "suites": [_suite(suite) for suite in merged.suites],
        "problems": [_problem(problem) for problem in merged.all_problems],
        "others": {name: _other(totals) for name, totals in merged.others.items()},
        "coverage": {"percent": merged.coverage.percent, "files": merged.coverage.files} if merged.coverage else None,
        "gates": [
            {"name": gate.name, "required": gate.required, "actual": gate.actual, "holds": gate.holds}
            for gate in merged.gates
        ],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "text": problem.text, "tests": list(problem.tests)}


def _suite(suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.name,
        "expected": suite.expected,
        "shards": [
            {
                "shard": shard.manifest.shard,
                "attempt": shard.manifest.attempt,
                "rerun": bool(shard.manifest.rerun),
                "bundle": shard.name,
                "commit": shard.manifest.commit,
                "python": shard.manifest.python,
                "tests": len(shard.record.tests),
                "seconds": round(max((worker.wall for worker in shard.record.workers), default=0.0), 3),
            }
            for shard in suite.bundles
        ],
        "tests": dict(sorted(suite.counts.items())),
        "resolved": [_problem(problem) for problem in suite.resolved],
        "failed": [test.nodeid for test in suite.failed],
        "flaky": [test.nodeid for test in suite.flaky],
        "quarantined": {
            nodeid: {"until": entry.until.isoformat(), "reason": entry.reason}
            for nodeid, entry in suite.quarantined.items()
        },
    }


def _other(totals: ForeignTotals) -> dict[str, Any]:
    counts = ("files", "tests", "failures", "errors", "skipped", "flaky")
    return {**{name: getattr(totals, name) for name in counts}, "failed": list(totals.failed_names)}


def _points(merged: Merged) -> dict[str, Any]:
    return {
        "version": VERSION,
        "points": [
            {
                "name": point.name,
                "service": point.service,
                "lines": {name: list(lines) for name, lines in point.lines.items()},
                "run": {name: list(lines) for name, lines in point.run.items()},
            }
            for point in merged.points
        ],
    }


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1) + "\n"
