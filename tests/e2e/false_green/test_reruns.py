"""A run that broke, and a re-run of what it owes: green together, and red wherever they are not the whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from checkouts import TALLY, Project
from shards import KILLING, Shards

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = f"""
import os
import pytest

MOMENT = os.environ.get("MOMENT", "")
{KILLING}
@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    assert pyfuncitem.name not in os.environ.get("FAILS", "").split(), "as it was told"
"""

ONE = ("--juncture-shard", "1/2")
TWO = ("--juncture-shard", "2/2")
FAILING = "test_double[1]"


class Reruns(Shards):
    """Two shards of which one was killed and one has a failed test, and re-runs of them."""

    def again(self, *words: str, of: tuple[Path, ...] = (), fails: str = "", **more: str) -> Path:
        """Run again what ``of`` owes, the two shards where none are named; return the sealed bundle."""
        options = [word for bundle in of or self.bundles for word in ("--juncture-rerun", str(bundle))]
        code, output = self.run(*words, *options, FAILS=fails, **more)
        assert code == (1 if fails or more.get("MOMENT") else 0), output
        self.project.seal()
        return self.project.bundle


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Reruns:
    """Run two shards, measured: the first is killed in the middle and never sealed, in the second a test fails."""
    folder = tmp_path_factory.mktemp("broken")
    project = Project.copy(folder / "tally", folder / "home", TALLY)
    project.measured = True
    (project.folder / "conftest.py").write_text(CONFTEST)
    project.run(*ONE, "tests", MOMENT="controller in the middle")
    killed = project.bundle
    assert project.run("-n", "2", *TWO, "tests", FAILS=FAILING)[0] == 1
    project.seal()
    return Reruns(project, (killed, project.bundle), folder / "out")


@pytest.fixture
def broken(origin: Reruns, tmp_path: Path) -> Reruns:
    """Give copies of the project and of both bundles."""
    return origin.copied(tmp_path)


def test_both_runs_together_are_green(broken: Reruns) -> None:
    """Whatever the platform says of the job that failed; every output tells that some tests ran twice."""
    broken.merge().is_red("[bundle-unsealed]", "[process-torn]")
    rerun = broken.again("-n", "2")
    verdict = broken.merge(*broken.bundles, rerun, options=("--job", "integration=failure"))
    verdict.is_green()
    assert "re-run        1 of 1       6 tests" in verdict.screen
    assert "resolved" in verdict.screen
    assert f"tests/unit/test_double.py::{FAILING}  passed, and failed in 1 older attempt" in verdict.screen
    told = json.loads((verdict.out / "result.json").read_text())["suites"][0]
    assert [(each["shard"], each["rerun"]) for each in told["shards"]] == [(1, False), (2, False), (1, True)]
    assert {problem["code"] for problem in told["resolved"]} >= {"bundle-unsealed", "process-torn"}
    junit = (verdict.out / "junit.xml").read_text()
    assert junit.count("<testcase ") == 10
    assert junit.count("<flakyFailure ") + junit.count("<flakyError ") >= 1
    assert junit.count('"juncture.rerun"') == 6
    assert json.loads((verdict.out / "history.json").read_text())["complete"] == []
    assert "re-run 1 of 1" in (verdict.out / "report.html").read_text()


def test_a_rerun_over_two_shards(broken: Reruns) -> None:
    """It is whole with both, and red without one: none of it can be let pass as missing."""
    one, two = (broken.again(*shard) for shard in (ONE, TWO))
    broken.merge(*broken.bundles, two, one).is_green()
    lost = broken.merge(*broken.bundles, one)
    lost.is_red("re-run: shard 2 of 2 never reported", "[shard-missing]", "[process-torn]")
    broken.merge(*broken.bundles, one, options=("--allow-missing",)).is_red("[process-torn]")


def test_a_rerun_that_fails_again(broken: Reruns) -> None:
    """It is a failed run, until its next attempt ends well; a re-run of both runs is one of the first."""
    failed = broken.again(fails=FAILING)
    broken.merge(*broken.bundles, failed).is_red(
        "1 failed", f"failed        tests/unit/test_double.py::{FAILING}", code=1
    )
    other = broken.again(of=(*broken.bundles, failed), JUNCTURE_ATTEMPT="2")
    broken.merge(*broken.bundles, failed, other).is_green()
    broken.merge(*broken.bundles, other).is_green()


def test_a_rerun_of_other_bundles(broken: Reruns) -> None:
    """Of another run of the same tests, or of a shard that was run once more since, and failed in another test."""
    rerun = broken.again()
    broken.run(*TWO, FAILS="test_double[2]", JUNCTURE_ATTEMPT="2")
    broken.project.seal()
    newer = broken.project.bundle
    foreign = "is a re-run of other bundles than those that arrived  [plan-foreign]"
    broken.merge(*broken.bundles, newer, rerun).is_red(foreign, "test_double[2]")
    broken.merge(broken.bundles[0], newer, rerun).is_red(foreign, "test_double[2]")
    of_newer = broken.again(of=(*broken.bundles, newer))
    broken.merge(*broken.bundles, newer, of_newer).is_green()


def test_a_shard_that_passed_after_the_rerun(broken: Reruns) -> None:
    """The re-run knows nothing of it: without the re-run both shards are what they are."""
    rerun = broken.again()
    for shard in (ONE, TWO):
        assert broken.run(*shard, JUNCTURE_ATTEMPT="2")[0] == 0
        broken.project.seal()
    newer = [broken.project.bundle.with_name(str(broken.project.runs - at)) for at in (1, 0)]
    broken.merge(*broken.bundles, *newer).is_green()
    broken.merge(*broken.bundles, *newer, rerun).is_red("[plan-foreign]")


def test_a_rerun_alone(broken: Reruns) -> None:
    """Without the run that it is of it proves nothing, whatever number of shards is expected."""
    rerun = broken.again()
    for expect in ("integration=1", "integration=2"):
        broken.merge(rerun, expect=expect).is_red("[shard-missing]", "[plan-foreign]")
    broken.merge(broken.bundles[1], rerun).is_red("shard 1 of 2 never reported", "[plan-foreign]")


def test_a_rerun_that_crashed(broken: Reruns) -> None:
    """Killed in the middle it is no more than the first run was, sealed or not."""
    options = [word for bundle in broken.bundles for word in ("--juncture-rerun", str(bundle))]
    broken.run(*options, MOMENT="controller in the middle")
    broken.merge(*broken.bundles, broken.project.bundle).is_red("re-run: ", "[bundle-unsealed]", "[process-torn]")
    broken.project.seal()
    broken.merge(*broken.bundles, broken.project.bundle).is_red("re-run: main came to no orderly end  [process-torn]")


def test_bundles_that_are_damaged(broken: Reruns) -> None:
    """Of the first run or of the re-run: what was lost on the way is resolved by nothing."""
    rerun = broken.again()
    for bundle in (broken.bundles[1], rerun):
        path = next(bundle.glob("journal-*"))
        whole = path.read_bytes()
        path.write_bytes(whole[:-20])
        broken.merge(*broken.bundles, rerun).is_red("[bundle-damaged]")
        path.write_bytes(whole)
    broken.merge(*broken.bundles, rerun).is_green()
    (rerun / "manifest.json").unlink()
    broken.merge(*broken.bundles, rerun).is_red("re-run: ", "[bundle-unsealed]")


def test_a_rerun_that_measured_nothing(broken: Reruns) -> None:
    """What its tests covered is lost."""
    broken.project.measured = False
    rerun = broken.again()
    broken.merge(*broken.bundles, rerun).is_red("was not measured, other shards were  [coverage-missing]")


def test_a_rerun_of_another_commit(broken: Reruns) -> None:
    """Mended code is another commit, of which the rest proves nothing."""
    for name, bundle in (("0", broken.bundles[0]), ("0", broken.bundles[1])):
        broken.project.extra["JUNCTURE_COMMIT"] = name * 40
        broken.project.juncture("seal", str(bundle))
    broken.project.extra["JUNCTURE_COMMIT"] = "1" * 40
    rerun = broken.again()
    broken.project.extra.clear()
    broken.merge(*broken.bundles, rerun).is_red("[commit-foreign]")


def test_a_shard_that_never_came(broken: Reruns) -> None:
    """All its tests run again; a bundle of it that arrives after all makes the re-run one of other bundles."""
    rerun = broken.again(of=(broken.bundles[1],))
    broken.merge(broken.bundles[1], rerun).is_green()
    broken.merge(*broken.bundles, rerun).is_red("[plan-foreign]")
