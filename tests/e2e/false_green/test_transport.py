"""What happens to bundles between a job and the merge, and which bundles arrive: docs/reference/false-green.md."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.recording.packing import pack

if TYPE_CHECKING:
    from collections.abc import Callable

    from shards import Shards


def test_both_shards_are_green(shards: Shards) -> None:
    """Undamaged, so that everything below is red for its own reason; the order in which they come is nothing."""
    shards.merge(*reversed(shards.bundles)).is_green()


def test_a_shard_that_never_started(shards: Shards) -> None:
    """It uploads nothing: what is there is whole, and says nothing of the rest."""
    verdict = shards.merge(shards.bundles[0])
    verdict.is_red("shard 2 of 2 never reported: 5 tests did not run  [shard-missing]", "test_double.py::test_known")
    assert (verdict.out / "junit.xml").read_text().count("this test never ran") == 5


def test_nothing_arrived(shards: Shards, tmp_path: Path) -> None:
    """A pattern that matches nothing, and a download of no artifact, are no bundles."""
    (tmp_path / "downloads").mkdir()
    shards.merge(tmp_path / "nowhere" / "*", tmp_path / "downloads").is_red("[shard-missing]", "[nothing-recorded]")
    allowed = shards.merge(tmp_path / "downloads", options=("--allow-missing",))
    allowed.is_red("[shard-missing]")


def test_a_shard_that_was_uploaded_twice(shards: Shards, tmp_path: Path) -> None:
    """The same attempt of the same shard."""
    again = Path(shutil.copytree(shards.bundles[0], tmp_path / "again"))
    shards.merge(*shards.bundles, again).is_red("shard 1 arrived 2 times: shard-1 and again  [shard-doubled]")


def test_two_jobs_with_one_index(shards: Shards) -> None:
    """A slip in the matrix: both jobs ran the first shard, and nobody the second."""
    assert shards.run("--juncture-shard", "1/2")[0] == 0
    shards.project.seal()
    verdict = shards.merge(shards.bundles[0], shards.project.bundle)
    verdict.is_red("[shard-doubled]", "shard 2 of 2 never reported: 5 tests did not run  [shard-missing]")


def test_more_shards_than_are_expected(shards: Shards) -> None:
    """Whoever expects one gets two halves."""
    shards.merge(expect="integration=1").is_red("[shard-foreign]")


def test_a_shard_of_another_commit(shards: Shards) -> None:
    """And shards that agree on a commit which is not the one that the merge's job is of."""
    for number, bundle in enumerate(shards.bundles):
        shards.project.extra["JUNCTURE_COMMIT"] = f"{number}" * 40
        shards.project.juncture("seal", str(bundle))
    shards.merge().is_red("the bundles are of different commits: 00000000 (1), 11111111 (1)  [commit-foreign]")
    shards.project.juncture("seal", str(shards.bundles[0]))
    shards.merge().is_green()
    shards.project.extra["JUNCTURE_COMMIT"] = "2" * 40
    shards.merge().is_red("the bundles are of the commit 11111111 (2), this job is of 22222222  [commit-foreign]")


def test_an_older_bundle_that_a_later_job_seals(shards: Shards) -> None:
    """A runner keeps its folders, pytest never starts, and the last step of the job seals what was there."""
    shards.run("--juncture-shard", "2/2", JUNCTURE_COMMIT="0" * 40)
    shards.project.extra["JUNCTURE_COMMIT"] = "1" * 40
    shards.project.juncture("seal", str(shards.bundles[0]))
    shards.verdict(shards.bundles[0], expect="integration=2").is_red("00000000 (1), 11111111 (1)  [commit-foreign]")


def test_a_shard_of_another_plan(shards: Shards) -> None:
    """One job collected a test more than the other."""
    shards.write("tests/unit/test_extra.py", "def test_extra(): pass\n")
    shards.run("--juncture-shard", "1/2")
    verdict = shards.verdict(shards.bundles[1], expect="integration=2")
    verdict.is_red("the shards obeyed different plans: shard 1", "[plan-foreign]")


def test_only_an_older_attempt(shards: Shards) -> None:
    """The re-run failed before it uploaded anything, and the green bundles of the first try are still there."""
    verdict = shards.merge(options=("--job", "integration=failure"))
    verdict.is_red("the job of integration ended as failure, and its bundles do not say why  [job-failed]")


def test_a_gate_job_that_was_skipped(shards: Shards) -> None:
    """A platform calls a skipped job a success of those that need it; here it is none."""
    shards.merge(options=("--job", "integration=skipped")).is_red("ended as skipped", "[job-failed]")


def test_a_suite_that_never_ran(shards: Shards) -> None:
    """Expected in words, or by a declaration of services whose tests are nowhere to be found."""
    words = ("--expect", "unit=1")
    shards.merge(options=words).is_red("unit: shard 1 of 1 never reported  [shard-missing]")
    code, screen = shards.project.juncture("merge", "--out", str(shards.out), str(shards.bundles[0]))
    assert code == 20
    assert "unit: shard 1 of 1 never reported  [shard-missing]" in screen
    assert "integration: shard-1 is shard 1 of 2, 1 were expected  [shard-foreign]" in screen


def test_hidden_files_that_an_upload_drops(shards: Shards) -> None:
    """No file of a bundle is hidden: to delete all that are, as upload actions do, loses nothing."""
    files = [path for bundle in shards.bundles for path in bundle.rglob("*")]
    for path in files:
        if path.name.startswith("."):
            path.unlink()
    assert files
    shards.merge().is_green()


def lose_coverage(bundle: Path) -> None:
    """Lose the folder that holds what coverage measured."""
    shutil.rmtree(bundle / "coverage")


def lose_one_process(bundle: Path) -> None:
    """Lose the data of one worker, and seal again."""
    next((bundle / "coverage").glob("data.*")).unlink()
    (bundle / "manifest.json").unlink()


def spoil_coverage(bundle: Path) -> None:
    """Spoil the data of both workers, as a full disk does: where both ran the same lines, one of them is enough."""
    for path in (bundle / "coverage").glob("data.*"):
        path.write_bytes(path.read_bytes()[:5000])
    (bundle / "manifest.json").unlink()


def tear_the_journal(bundle: Path) -> None:
    """Lose the end of a journal, within a line."""
    path = bundle / "journal-gw0.jsonl"
    path.write_bytes(path.read_bytes()[:-20])


def tear_before_the_seal(bundle: Path) -> None:
    """Tear a journal, and seal that."""
    tear_the_journal(bundle)
    (bundle / "manifest.json").unlink()


def empty(bundle: Path) -> None:
    """Lose every file."""
    shutil.rmtree(bundle)
    bundle.mkdir()


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        (lambda bundle: (bundle / "manifest.json").unlink(), ["[bundle-unsealed]"]),
        (lambda bundle: (bundle / "manifest.json").write_text("{"), ["[bundle-unsealed]"]),
        (lambda bundle: (bundle / "more.txt").touch(), ["more.txt was added  [bundle-damaged]"]),
        (lambda bundle: [path.unlink() for path in bundle.glob("journal-*")], ["[nothing-recorded]"]),
        (empty, ["[shard-missing]"]),
        (lose_coverage, ["[bundle-damaged]", "gw0 left no coverage data (shard 2)  [coverage-missing]"]),
        (tear_the_journal, ["journal-gw0.jsonl was changed  [bundle-damaged]", "[process-torn]"]),
        (lambda bundle: (bundle / "journal-gw0.jsonl").unlink(), ["journal-gw0.jsonl is missing  [bundle-damaged]"]),
        (lambda bundle: (bundle / "plan.json").unlink(), ["plan.json is missing  [bundle-damaged]"]),
    ],
)
def test_a_bundle_that_was_damaged_on_the_way(
    shards: Shards, damage: Callable[[Path], object], names: list[str], tmp_path: Path
) -> None:
    """What its manifest says is not what is there."""
    folder = tmp_path / "downloads"
    for bundle in shards.bundles:
        shutil.copytree(bundle, folder / bundle.name)
    damage(folder / "shard-2")
    shards.merge(folder).is_red(*names)


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        (lose_one_process, ["left no coverage data (shard 2)  [coverage-missing]"]),
        (spoil_coverage, ["is torn: ", "[coverage-damaged]"]),
        (tear_before_the_seal, ["gw0 came to no orderly end (shard 2)  [process-torn]"]),
    ],
)
def test_a_bundle_that_was_damaged_before_it_was_sealed(
    shards: Shards, damage: Callable[[Path], object], names: list[str]
) -> None:
    """The manifest is right, and what it lists is not whole."""
    damage(shards.bundles[1])
    assert shards.project.juncture("seal", str(shards.bundles[1]))[0] == 0
    shards.merge().is_red(*names)


def test_a_source_of_a_point_that_is_no_python(shards: Shards) -> None:
    """Its lines can't be counted, so that nobody can tell which share of them ran."""
    declaration = shards.project.folder / "pyproject.toml"
    declaration.write_text(declaration.read_text().replace('"tally.py"', '"tally.py", "later.py"'))
    shards.write("later.py", "def later(:\n")
    shards.merge().is_red("the point sums is not known: later.py is no Python", "[coverage-damaged]")


def test_a_damaged_bundle_that_is_sealed_again(shards: Shards) -> None:
    """``merge --seal`` seals what was not sealed yet, and covers up nothing."""
    lose_coverage(shards.bundles[1])
    shards.merge(options=("--seal",)).is_red("[bundle-damaged]", "[coverage-missing]")


def test_bundles_that_were_poured_together(shards: Shards, tmp_path: Path) -> None:
    """A download that merges artifacts writes one shard's files over the other's."""
    for bundle in shards.bundles:
        shutil.copytree(bundle, tmp_path / "all", dirs_exist_ok=True)
    shards.merge(tmp_path / "all").is_red("[bundle-damaged]", "[shard-missing]")


def test_a_packed_bundle_that_was_cut_off(shards: Shards) -> None:
    """An upload that broke off; whole, packed bundles are as good as folders."""
    packed = [pack(bundle) for bundle in shards.bundles]
    shards.merge(*packed).is_green()
    packed[1].write_bytes(packed[1].read_bytes()[:-300])
    shards.merge(*packed).is_red("shard-2.zip: it can't be unpacked", "[bundle-damaged]", "[shard-missing]")
