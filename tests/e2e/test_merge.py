"""Bundles of real shards, then what can happen to them on the way: each is red, named, and has its own code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checkouts import Project
from pages import page_of, text_of

from juncture.recording.packing import pack

if TYPE_CHECKING:
    from collections.abc import Callable

INCOMPLETE = 20


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory, home: Path) -> tuple[Project, list[Path]]:
    """Return a project and the sealed bundles of its two shards."""
    project = Project.copy(tmp_path_factory.mktemp("merge") / "one", home)
    bundles = []
    for shard in ("1/2", "2/2"):
        assert project.run("-n", "2", "--juncture-shard", shard, "tests/integration")[0] == 0
        project.seal()
        bundles.append(project.bundle)
    return project, bundles


@pytest.fixture
def bundles(sharded: tuple[Project, list[Path]], tmp_path: Path) -> list[Path]:
    """Return copies of both bundles, to be damaged."""
    return [Path(shutil.copytree(path, tmp_path / f"shard-{number}")) for number, path in enumerate(sharded[1], 1)]


@pytest.fixture
def merge(sharded: tuple[Project, list[Path]], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return a function that merges bundles, two of which are expected."""

    def run(*bundles: Path, expect: int = 2) -> tuple[int, str]:
        words = ["merge", "--out", str(tmp_path / "out"), "--expect", f"integration={expect}", *map(str, bundles)]
        return sharded[0].juncture(*words)

    return run


def test_all_there_is_green(bundles: list[Path], merge: Callable[..., tuple[int, str]]) -> None:
    """Both bundles, in any order, make one green result of all tests."""
    code, summary = merge(*reversed(bundles))
    assert code == 0, summary
    assert "40 passed" in summary
    assert "2 shards, 4 workers" in summary


def test_the_report_is_written(bundles: list[Path], merge: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Green or red, one file shows the whole result, and the summary's last line leads to it."""
    report = tmp_path / "out" / "report.html"
    for given, word in ((bundles, "passed"), (bundles[:1], "incomplete")):
        _, summary = merge(*given)
        assert f"report        {report}" in summary
        page = page_of(report.read_text(encoding="utf-8"))
        assert [text_of(node) for node in page.iter("h1")] == [word]
        lanes = [row for table in page.iter("table") if table.get("class") == "timeline" for row in table.iter("tr")]
        assert len(lanes) == 1 + 2 * len(given)


def test_a_missing_shard(bundles: list[Path], merge: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """A shard without a bundle is red, with the number and the names of its tests."""
    code, summary = merge(bundles[0])
    assert code == INCOMPLETE
    assert "shard 2 of 2 never reported: 20 tests did not run  [shard-missing]" in summary
    assert "test_transfer_keeps_the_sum[0]" in summary
    assert (tmp_path / "out" / "junit.xml").read_text().count("this test never ran") == 20


def test_a_doubled_shard(bundles: list[Path], merge: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """The same shard and attempt twice is red."""
    again = Path(shutil.copytree(bundles[0], tmp_path / "again"))
    code, summary = merge(*bundles, again)
    assert code == INCOMPLETE
    assert "[shard-doubled]" in summary


def test_another_number_of_shards(bundles: list[Path], merge: Callable[..., tuple[int, str]]) -> None:
    """Bundles of two shards are not taken for those of three."""
    code, summary = merge(*bundles, expect=3)
    assert code == INCOMPLETE
    assert "[shard-foreign]" in summary
    assert "shard 3 of 3 never reported" in summary


def test_another_plan(
    sharded: tuple[Project, list[Path]], bundles: list[Path], merge: Callable[..., tuple[int, str]]
) -> None:
    """A shard that obeyed another plan is red."""
    project = sharded[0]
    extra = project.folder / "tests" / "integration" / "test_extra.py"
    extra.write_text("def test_extra(): pass\n")
    project.run("-n", "2", "--juncture-shard", "1/2", "tests/integration")
    project.seal()
    extra.unlink()
    code, summary = merge(project.bundle, bundles[1])
    assert code == INCOMPLETE
    assert "[plan-foreign]" in summary


def test_another_commit(
    sharded: tuple[Project, list[Path]], bundles: list[Path], merge: Callable[..., tuple[int, str]]
) -> None:
    """Shards of two commits are red."""
    project = sharded[0]
    for number, bundle in enumerate(bundles):
        project.extra["JUNCTURE_COMMIT"] = f"{number}" * 40
        project.juncture("seal", str(bundle))
    del project.extra["JUNCTURE_COMMIT"]
    code, summary = merge(*bundles)
    assert code == INCOMPLETE
    assert "the bundles are of different commits: 00000000 (1), 11111111 (1)  [commit-foreign]" in summary


def test_a_newer_attempt_decides(
    sharded: tuple[Project, list[Path]], bundles: list[Path], merge: Callable[..., tuple[int, str]]
) -> None:
    """A failed first attempt and a good second one are green; the summary says which attempt it was."""
    project = sharded[0]
    module = project.folder / "tests" / "integration" / "test_transfers.py"
    good = module.read_text()
    module.write_text(good.replace("(200,)", "(201,)"))
    assert project.run("-n", "2", "--juncture-shard", "2/2", "tests/integration")[0] == 1
    project.seal()
    failed = project.bundle
    module.write_text(good)
    assert merge(bundles[0], failed)[0] == 1
    project.run("-n", "2", "--juncture-shard", "2/2", "tests/integration", JUNCTURE_ATTEMPT="2")
    project.seal()
    code, summary = merge(bundles[0], failed, project.bundle)
    assert code == 0, summary
    assert "attempt 2" in summary


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda bundle: (bundle / "manifest.json").unlink(), "bundle-unsealed"),
        (lambda bundle: (bundle / "manifest.json").write_text("{"), "bundle-unsealed"),
        (lambda bundle: (bundle / "journal-gw0.jsonl").unlink(), "bundle-damaged"),
        (lambda bundle: (bundle / "journal-gw1.jsonl").write_text(""), "bundle-damaged"),
        (lambda bundle: (bundle / "more.txt").write_text("x"), "bundle-damaged"),
        (lambda bundle: (bundle / "plan.json").unlink(), "bundle-damaged"),
        (lambda bundle: [path.unlink() for path in bundle.glob("journal-*")], "nothing-recorded"),
    ],
)
def test_a_damaged_bundle(
    bundles: list[Path],
    merge: Callable[..., tuple[int, str]],
    damage: Callable[[Path], object],
    code: str,
) -> None:
    """A file that is missing, torn, added or changed on the way is red and named."""
    damage(bundles[1])
    exit_code, summary = merge(*bundles)
    assert exit_code == INCOMPLETE, summary
    assert f"[{code}]" in summary
    assert "Traceback" not in summary


def test_what_is_declared_is_expected(bundles: list[Path], sharded: tuple[Project, list[Path]], tmp_path: Path) -> None:
    """Without ``--expect`` the declaration says what must be there: here unit tests too, and one job of the others."""
    code, text = sharded[0].juncture("merge", "--out", str(tmp_path / "out"), *map(str, bundles))
    assert code == INCOMPLETE
    assert "unit: shard 1 of 1 never reported  [shard-missing]" in text
    assert "integration: shard-1 is shard 1 of 2, 1 were expected  [shard-foreign]" in text


def test_an_unexpected_suite(bundles: list[Path], sharded: tuple[Project, list[Path]], tmp_path: Path) -> None:
    """A bundle of a suite that nobody expects is red, and both are named."""
    words = ["merge", "--out", str(tmp_path / "out"), "--expect", "unit=1", str(bundles[0])]
    code, text = sharded[0].juncture(*words)
    assert code == INCOMPLETE
    assert "shard-1 is of the suite integration, which is not expected  [suite-foreign]" in text
    assert "shard 1 of 1 never reported" in text


def test_packed_bundles_are_as_good(bundles: list[Path], merge: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """As files, as a pattern that no shell expanded, and as the folder of a download of all artifacts."""
    packed = tmp_path / "packed"
    packed.mkdir()
    for bundle in bundles:
        pack(bundle).replace(packed / f"{bundle.name}.zip")
    for named in ([packed / "shard-1.zip", packed / "shard-2.zip"], [packed / "*.zip"], [packed]):
        code, summary = merge(*named)
        assert code == 0, summary
        assert "40 passed" in summary
    (packed / "shard-2.zip").write_bytes((packed / "shard-2.zip").read_bytes()[:-200])
    code, summary = merge(packed)
    assert code == INCOMPLETE
    assert "shard-2.zip: it can't be unpacked" in summary


def test_what_is_missing_may_be_let_pass(
    bundles: list[Path], sharded: tuple[Project, list[Path]], tmp_path: Path
) -> None:
    """Said in every output, and the word stays; what is there and wrong is never let pass."""
    out = tmp_path / "out"
    words = ["merge", "--out", str(out), "--expect", "integration=2", "--allow-missing"]
    code, summary = sharded[0].juncture(*words, str(bundles[0]))
    assert code == 0, summary
    assert "[shard-missing]" in summary
    assert "result        incomplete: something is missing, and --allow-missing lets it pass" in summary
    assert (out / "summary.md").read_text().startswith("### ❌ incomplete, let pass by --allow-missing")
    told = json.loads((out / "result.json").read_text())
    assert (told["verdict"], told["missing_let_pass"]) == ("incomplete", True)
    assert sharded[0].juncture(*words, str(bundles[0]), str(shutil.copytree(bundles[0], tmp_path / "again")))[0] == 20


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped"])
def test_a_job_that_did_not_succeed(
    bundles: list[Path], sharded: tuple[Project, list[Path]], tmp_path: Path, result: str
) -> None:
    """Good bundles of an older attempt are no proof where the platform says that the job did not succeed."""
    words = ["merge", "--out", str(tmp_path / "out"), "--expect", "integration=2", "--job", f"integration={result}"]
    code, summary = sharded[0].juncture(*words, *map(str, bundles))
    assert code == INCOMPLETE
    assert f"the job of integration ended as {result}, and its bundles do not say why  [job-failed]" in summary


def test_another_tools_suite_is_one_line(
    bundles: list[Path], sharded: tuple[Project, list[Path]], tmp_path: Path
) -> None:
    """Its failures make the result red, and so does a file that is not there."""
    file = tmp_path / "jest.xml"
    words = ["merge", "--out", str(tmp_path / "out"), "--expect", "integration=2", "--junit", f"jest={file}"]
    suite = '<testsuite name="a" tests="2"><testcase name="x"/><testcase name="y">{}</testcase></testsuite>'
    code, summary = sharded[0].juncture(*words, *map(str, bundles))
    assert (code, "[junit-refused]" in summary) == (INCOMPLETE, True), summary
    file.write_text(suite.format(""))
    code, summary = sharded[0].juncture(*words, *map(str, bundles))
    assert code == 0, summary
    assert any(line.startswith("jest          2 passed") for line in summary.splitlines())
    file.write_text(suite.format("<failure/>"))
    code, summary = sharded[0].juncture(*words, *map(str, bundles))
    assert code == 1
    assert "1 passed, 1 failed" in summary


def test_a_gate_that_is_not_reached(bundles: list[Path], sharded: tuple[Project, list[Path]], tmp_path: Path) -> None:
    """Everything passed, and the exit code is the gate's own; nothing measured is not reached either."""
    project = sharded[0]
    declaration = project.folder / "pyproject.toml"
    before = declaration.read_text()
    declaration.write_text(f"{before}\n[tool.juncture.gates]\ncoverage = 90\n")
    try:
        words = ["merge", "--out", str(tmp_path / "out"), "--expect", "integration=2"]
        code, summary = project.juncture(*words, *map(str, bundles))
    finally:
        declaration.write_text(before)
    assert code == 21, summary
    assert "fails  total  -  of 90 %  nothing was measured" in summary
    assert "juncture: gates: what was demanded is not reached: coverage" in summary
