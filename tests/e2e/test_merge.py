"""Bundles of real shards with services, merged: what makes them one result. What makes it red is in ``false_green``."""

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


def test_a_merge_continues_what_lies_in_its_own_folder(
    bundles: list[Path], sharded: tuple[Project, list[Path]], tmp_path: Path
) -> None:
    """History and baseline are read before the earlier result goes; another tool's file in that folder stays."""
    out = tmp_path / "out"
    words = ["merge", "--out", str(out), "--expect", "integration=2", *map(str, bundles)]
    assert sharded[0].juncture(*words)[0] == 0
    history = out / "history.json"
    gone = '"a.py::test_gone": {"seen": 1, "mean": 5, "recent": [5]}'
    history.write_text(history.read_text().replace('"tests": {', f'"tests": {{{gone},', 1))
    (out / "junit-jest.xml").write_text('<testsuite name="a" tests="1"><testcase name="x"/></testsuite>')
    (out / "coverage.json").write_text('{"totals": {"percent_covered": 50}}')
    more = ["--history", str(history), "--baseline", str(out / "coverage.json")]
    code, summary = sharded[0].juncture(*words, *more, "--junit", f"jest={out / 'junit-jest.xml'}")
    assert code == 0, summary
    assert "test_gone" in history.read_text()
    assert (out / "junit-jest.xml").exists()
