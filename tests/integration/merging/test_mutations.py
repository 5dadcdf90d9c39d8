"""Random damages to good bundles: none is ever green with anything but the truth, and none is a crash."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from coverage import CoverageData
from damages import damaged
from nonsense import nonsense
from shards import Shards

from juncture.host.files import replace_text
from juncture.merging.merge import Order, merge
from juncture.provisioning import declare
from juncture.reporting.markdown import summary_markdown
from juncture.reporting.terminal import summary_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from juncture.config import Config
    from juncture.merging.values import Merged


@dataclass(frozen=True, slots=True)
class Good:
    """The bundles of two shards, and what is true of them."""

    config: Config
    bundles: tuple[Path, ...]
    truth: dict[str, Any]


def merged_of(config: Config, bundles: Iterable[Path], out: Path) -> Merged:
    """Merge bundles, two of which are expected."""
    return merge(Order(out=out, expect={"integration": 2}, bundles=list(bundles), config=config))


def told_by(merged: Merged) -> dict[str, Any]:
    """Return what a result says: the tests with their outcomes, and the lines that ran."""
    assert merged.coverage
    data = CoverageData(basename=str(merged.coverage.data))
    data.read()
    return {
        "tests": [(test.nodeid, test.outcome, test.text) for suite in merged.suites for test in suite.tests],
        "lines": {name: sorted(data.lines(name) or ()) for name in sorted(data.measured_files())},
        "points": [point.run for point in merged.points],
    }


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Good:
    """Run both shards of a measured suite, two workers each."""
    folder = tmp_path_factory.mktemp("mutations")
    shards = Shards.run_both(folder, "tests/unit")
    config = declare(shards.project.folder, environ={})
    with contextlib.chdir(shards.project.folder):
        merged = merged_of(config, shards.bundles, shards.out)
    assert merged.verdict == "passed"
    truth = told_by(merged)
    assert len(truth["tests"]) == 10
    assert truth["lines"] == {"tally.py": [1, 4, 6, 9, 11, 14]}
    return Good(config, shards.bundles, truth)


def seeds(total: int) -> Iterator[tuple[random.Random, str]]:
    """Yield a generator of random numbers for each round, and how to have this round again."""
    base = os.environ.get("JUNCTURE_SEED") or str(random.randrange(10**6))
    for number in range(total):
        yield random.Random(f"{base}-{number}"), f"JUNCTURE_SEED={base}, round {number}"


@pytest.mark.soak
def test_no_damage_is_green_with_anything_but_the_truth(
    good: Good, tmp_path: Path, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens to bundles, their merge is red or says what it would have said; JUNCTURE_SEED repeats a run."""
    monkeypatch.chdir(good.config.root)
    pen, out = tmp_path / "pen", tmp_path / "out"
    verdicts: Counter[str] = Counter()
    for rng, which in seeds(rounds(80, 2000)):
        told = "; ".join(damaged(rng, good.bundles, pen))
        try:
            merged = merged_of(good.config, [pen], out)
        except Exception as error:
            raise AssertionError(f"a crash: {which}: {told}") from error
        verdicts[merged.verdict] += 1
        if merged.verdict == "passed":
            assert told_by(merged) == good.truth, f"{which}: {told}"
        shutil.rmtree(pen)
    assert verdicts["incomplete"] > verdicts["passed"] > 0, "the damages do no damage, or no truth was looked at"


@pytest.mark.soak
def test_nonsense_is_no_crash(
    good: Good, tmp_path: Path, rounds: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value of a wrong kind, in a journal, a plan or a manifest, ends in a result with a summary."""
    monkeypatch.chdir(good.config.root)
    pen, out = tmp_path / "pen", tmp_path / "out"
    for rng, which in seeds(rounds(80, 2000)):
        pen.mkdir()
        told = ""
        try:
            told = nonsense(rng, good.bundles, pen)
            merged = merged_of(good.config, [pen], out)
            text = summary_markdown(merged, summary_lines(merged, out))
            replace_text(out / "summary.md", text)
        except Exception as error:
            raise AssertionError(f"a crash: {which}: {told}") from error
        shutil.rmtree(pen)
