"""The frozen values of the merge: what arrived, what is wrong with it, and what comes out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from juncture.model import BAD_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from juncture.config import Quarantine
    from juncture.merging.baseline import Baseline
    from juncture.merging.coverage import Measured
    from juncture.merging.foreign import ForeignTotals
    from juncture.merging.gates import Verdict as GateVerdict
    from juncture.merging.points import PointCoverage
    from juncture.recording.manifest import Manifest
    from juncture.recording.outcomes import Report, RunRecord, TestRecord
    from juncture.sharding import Plan

__all__ = ["INTEGRATION", "Arrived", "Code", "Merged", "Problem", "Suite", "Verdict", "is_integration"]

INTEGRATION = "integration"
"""The suite, and coverage's static context, that integration points are measured by."""

Code = Literal[
    "shard-missing",
    "shard-doubled",
    "shard-foreign",
    "suite-foreign",
    "plan-foreign",
    "plan-missing",
    "commit-foreign",
    "job-failed",
    "bundle-unsealed",
    "bundle-damaged",
    "process-torn",
    "test-missing",
    "test-doubled",
    "test-unplanned",
    "module-skipped",
    "coverage-missing",
    "coverage-damaged",
    "junit-refused",
    "nothing-recorded",
    "run-broken",
]
"""What can be wrong; docs/reference/merge.md tells what to do about each."""

MISSING: frozenset[Code] = frozenset({"shard-missing", "test-missing", "nothing-recorded", "job-failed"})
"""What ``--allow-missing`` lets pass: something is not there. What is there and wrong is never let pass."""

Verdict = Literal["passed", "failed", "incomplete"]


def is_integration(suite: str) -> bool:
    """Tell whether a suite of this name is of integration tests: ``integration``, or one Python's of a matrix."""
    return suite.partition("-")[0] == INTEGRATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, in a sentence, and the tests that it is about."""

    code: Code
    text: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One bundle as it arrived.

    ``unsealed`` tells why it has no manifest of its own (then ``manifest`` is taken from its journals), ``damage`` what
    differs from the manifest, and ``measured`` which processes left coverage data (None where nothing was measured).
    ``exit`` is pytest's exit status, None where it never came to one.
    """

    name: str
    folder: Path
    manifest: Manifest
    unsealed: str
    damage: tuple[str, ...]
    plan: Plan | None
    record: RunRecord
    measured: frozenset[int] | None
    exit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite's result: the newest attempt of each shard that arrived, in the order of the shards.

    ``tests`` are those of all shards, sorted by node id. ``earlier`` maps node ids to the failures in older attempts of
    their shard. ``quarantined`` maps node ids of failed and flaky tests to what excuses them today. ``reruns`` are the
    shards of a re-run, whose tests are in the place of the first run's, and ``resolved`` what was wrong without it.
    """

    name: str
    expected: int
    shards: tuple[Arrived, ...]
    problems: tuple[Problem, ...]
    tests: tuple[TestRecord, ...] = ()
    earlier: Mapping[str, tuple[Report, ...]] = field(default_factory=dict)
    quarantined: Mapping[str, Quarantine] = field(default_factory=dict)
    reruns: tuple[Arrived, ...] = ()
    resolved: tuple[Problem, ...] = ()

    @property
    def of_integration(self) -> bool:
        """Tell whether it is of integration tests."""
        return is_integration(self.name)

    @property
    def bundles(self) -> tuple[Arrived, ...]:
        """Return the bundles that count, those of a re-run last."""
        return (*self.shards, *self.reruns)

    @property
    def records(self) -> list[RunRecord]:
        """Return what each shard recorded, those of a re-run last."""
        return [bundle.record for bundle in self.bundles]

    @property
    def counts(self) -> Counter[str]:
        """Return how many tests came to each outcome."""
        return Counter(test.outcome for test in self.tests)

    @property
    def failed(self) -> list[TestRecord]:
        """Return the failed tests that nothing excuses."""
        return [test for test in self.tests if test.outcome in BAD_OUTCOMES and test.nodeid not in self.quarantined]

    @property
    def failed_before(self) -> list[TestRecord]:
        """Return the tests that had failed, with nothing to excuse them, before a re-run took their place."""
        first = (test for shard in self.shards for test in shard.record.tests) if self.reruns else ()
        return [test for test in first if test.outcome in BAD_OUTCOMES and test.nodeid not in self.quarantined]

    @property
    def flaky(self) -> list[TestRecord]:
        """Return the tests that ended well after they had failed, in an older attempt or when they were tried again."""
        return [
            test
            for test in self.tests
            if test.outcome not in BAD_OUTCOMES and (test.reruns or test.nodeid in self.earlier)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The whole result. With any problem it is incomplete, whatever the tests say.

    ``gates`` are the verdicts on what was demanded, ``baseline`` is what was covered before, ``others`` are the suites
    of other tools. ``notes`` are for the reader and change nothing. ``allow_missing`` says that what is missing was to
    be let pass: the word stays the same, and so does every line that tells of it.
    """

    suites: tuple[Suite, ...]
    problems: tuple[Problem, ...]
    coverage: Measured | None
    points: tuple[PointCoverage, ...]
    baseline: Baseline | None = None
    gates: tuple[GateVerdict, ...] = ()
    others: Mapping[str, ForeignTotals] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    allow_missing: bool = False

    @property
    def all_problems(self) -> Sequence[Problem]:
        """Return the problems of the suites and those between them."""
        return [*(problem for suite in self.suites for problem in suite.problems), *self.problems]

    @property
    def failed(self) -> bool:
        """Tell whether a test failed that nothing excuses."""
        return any(suite.failed for suite in self.suites) or any(other.failed for other in self.others.values())

    @property
    def verdict(self) -> Verdict:
        """Return the whole result in one word: ``incomplete`` comes before ``failed``, and both before ``passed``."""
        if self.all_problems:
            return "incomplete"
        return "failed" if self.failed else "passed"

    @property
    def let_pass(self) -> bool:
        """Tell whether all that is wrong is something missing, which was to be let pass; no test at all never is."""
        some = any(suite.tests for suite in self.suites)
        return self.allow_missing and some and all(problem.code in MISSING for problem in self.all_problems)
