"""Shards with pytest's own ways to select and name tests, and with xdist's to start workers: each test ran once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from parted import Shards

if TYPE_CHECKING:
    from pathlib import Path

WAYS = pytest.mark.parametrize("way", [(), ("-n", "2")], ids=["alone", "workers"])

TEST_A = """
import pytest

class TestOne:
    def test_bad(self): assert 0
    @pytest.mark.slow
    def test_good(self): pass

@pytest.mark.parametrize("number", [1, 2])
def test_number(number): pass
"""
TEST_B = "import pytest\n@pytest.mark.slow\ndef test_bad(): assert 0\ndef test_good(): pass\n"
TEST_C = "def test_good(): pass\ndef test_good_too(): pass\n"
ALL = {
    "test_a.py::TestOne::test_bad": "failed",
    "test_a.py::TestOne::test_good": "passed",
    "test_a.py::test_number[1]": "passed",
    "test_a.py::test_number[2]": "passed",
    "test_b.py::test_bad": "failed",
    "test_b.py::test_good": "passed",
    "test_c.py::test_good": "passed",
    "test_c.py::test_good_too": "passed",
}

UNESCAPED = """
[tool.pytest.ini_options]
disable_test_id_escaping_and_forfeit_all_rights_to_community_support = true
"""

IDS = r"""
import pytest

IDS = [
    "caf\u00e9", "e\u0301", "\U0001f600", "\u202e", "\u2028", "line\nbreak", "\x1b[31m", "null\x00", "a::b", "[x]",
    "a]b[c", "x@y", "-k", "", " ", "(setup)", "sl/ash", "C:\\folder\\test_a.py::it", "<&>\"'", "%s{}", "long" * 1000,
    *MORE
]

@pytest.mark.parametrize("text", IDS, ids=IDS)
def test_it(text): assert text != "a::b"

@pytest.mark.parametrize("text", IDS, ids=IDS)
class TestIn:
    def test_it(self, text): pass

@pytest.mark.parametrize("number", [1, 2, 3], ids=["same", "same", "same0"])
def test_same(number): pass
"""


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    """Return a project of eight tests, two of which fail."""
    shards = Shards(tmp_path, table='[tool.pytest.ini_options]\nmarkers = ["slow"]\n')
    shards.write(test_a=TEST_A, test_b=TEST_B, test_c=TEST_C)
    return shards


def of(*words: str) -> dict[str, str]:
    """Return the outcomes of the tests that have one of the words in their node ids."""
    return {name: outcome for name, outcome in ALL.items() if any(word in name for word in words)}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-k", "good"), of("test_good")),
        (("-m", "slow"), of("TestOne::test_good", "test_b.py::test_bad")),
        (("--deselect", "tests/test_a.py::TestOne::test_bad"), of("good", "number", "test_b.py")),
        (("tests/test_a.py::TestOne", "tests/test_b.py", "tests/test_b.py"), of("TestOne", "test_b.py")),
        (("--ff", "-p", "no:terminal"), ALL),
        (("--maxfail=2", "-p", "no:cacheprovider"), ALL),
    ],
    ids=["keyword", "mark", "deselect", "paths", "failed-first", "no-cache"],
)
def test_what_is_selected_is_divided(shards: Shards, options: tuple[str, ...], expected: dict[str, str]) -> None:
    """All jobs select alike, and divide what is left: with workers, and by that plan alone too."""
    first = shards.run(*options)
    first.is_whole(expected)
    shards.run(*options, "-n", "2", plan=first.plan).is_whole(expected)


@WAYS
def test_last_failed_is_divided(shards: Shards, way: tuple[str, ...]) -> None:
    """Where every job has the same cache; a plan of all tests refuses what it leaves."""
    process = shards.start(shards.project, *way)
    process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.TESTS_FAILED
    shards.run("--lf", *way).is_whole(of("bad"))


@WAYS
@pytest.mark.parametrize("option", ["-x", "--sw"])
def test_a_run_that_stops_early_is_never_whole(shards: Shards, option: str, way: tuple[str, ...]) -> None:
    """What ran counts, and what did not is named: the merge is red and no test is run elsewhere instead."""
    shards.write(test_a="".join(f"def test_{number}(): assert {number}\n" for number in range(9)))
    parted = shards.run(option, *way)
    assert parted.merged.verdict == "incomplete"
    assert set(parted.problems) == {"test-missing"}
    missing = {nodeid for problem in parted.merged.all_problems for nodeid in problem.tests}
    assert len(missing) + len(parted.outcomes) == 9 + 2 + 2
    assert parted.outcomes["test_a.py::test_0"] == "failed"


@pytest.mark.parametrize(
    ("table", "more", "way"),
    [
        pytest.param("", r'"\ud800", "\udc80"', ("-n", "2"), id="escaped"),
        pytest.param(UNESCAPED, "", (), id="raw"),
        pytest.param(UNESCAPED, "", ("-n", "2", "--dist=loadgroup"), id="raw-loadgroup"),
    ],
)
def test_any_text_may_be_a_parameters_id(tmp_path: Path, table: str, more: str, way: tuple[str, ...]) -> None:
    """Ids keep their text through plan, journal, merge and JUnit."""
    shards = Shards(tmp_path, table=table)
    module = IDS.replace("*MORE", more)
    shards.write(test_a=module, test_b=module)
    first = shards.run(*way)
    assert (first.problems, len(first.outcomes)) == ([], 2 * (2 * (21 + 2 * bool(more)) + 3)), first.outputs
    failed = [name for name, outcome in first.outcomes.items() if outcome != "passed"]
    assert failed == [f"test_{letter}.py::test_it[a::b]" for letter in "ab"]
    assert ("test_a.py::test_it[\N{GRINNING FACE}]" in first.outcomes) is bool(table)
    if way:
        shards.run("-n", "2", plan=first.plan).is_whole(first.outcomes)


@WAYS
def test_what_xdist_cannot_send_is_red(tmp_path: Path, way: tuple[str, ...]) -> None:
    """A lone surrogate in an id that is not escaped is no UTF-8: xdist's workers and pytest's cache fail for it."""
    shards = Shards(tmp_path, table=UNESCAPED)
    module = "import pytest\n@pytest.mark.parametrize('x', [1], ids=[chr(0xdc80)])\ndef test_it(x): pass\n"
    shards.write(test_a=module, test_b=module)
    parted = shards.run("-p", "no:cacheprovider", *way)
    if way:
        assert parted.merged.verdict == "incomplete"
        assert set(parted.problems) == {"run-broken", "test-missing"}
    else:
        parted.is_whole({f"test_{letter}.py::test_it[\udc80]": "passed" for letter in "ab"})


@WAYS
def test_tests_that_are_collected_twice_are_refused(shards: Shards, way: tuple[str, ...]) -> None:
    """Two tests of one name can't be told apart: no shard runs any."""
    words = ("--juncture-shard=1/2", "--keep-duplicates", "tests/test_a.py", "tests/test_a.py")
    process = shards.start(shards.project, *words, *way)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert "a test can be planned once: tests/test_a.py::TestOne::test_bad, " in output


@pytest.mark.parametrize(
    "options",
    [
        ("-n", "auto", "--maxprocesses=2"),
        ("-n", "logical", "--maxprocesses=2"),
        ("-n", "0"),
        ("--tx", "2*popen"),
        ("-p", "no:xdist"),
    ],
    ids=" ".join,
)
def test_any_number_of_workers_runs_all(shards: Shards, options: tuple[str, ...]) -> None:
    """Who runs the tests records them, also where xdist starts no worker though an option names some."""
    shards.run(*options).is_whole(ALL)


def test_workers_that_a_debugger_or_the_environment_forbids(shards: Shards) -> None:
    """``--pdb`` turns ``-n auto`` off, and so does a variable: the process itself runs and records the tests."""
    shards.run("-n", "auto", "--pdb", "-k", "good").is_whole(of("test_good"))
    shards.extra["PYTEST_XDIST_AUTO_NUM_WORKERS"] = "0"
    shards.run("-n", "auto").is_whole(ALL)


@WAYS
def test_node_ids_count_from_the_root_wherever_pytest_starts(shards: Shards, way: tuple[str, ...]) -> None:
    """From a folder of the project, and from one above it, where ``--rootdir`` names the project."""
    shards.run("test_a.py", "./test_b.py", *way, cwd="tests").is_whole(of("test_a.py", "test_b.py"))
    shards.run("--rootdir=project", "project/tests", *way, cwd="..").is_whole(ALL)


def test_a_relative_bundle_counts_from_where_pytest_starts(shards: Shards) -> None:
    """A conftest that changes the folder takes neither the journal nor the plan along."""
    shards.write(conftest="import os, tempfile\ndef pytest_collection_modifyitems(): os.chdir(tempfile.mkdtemp())\n")
    shards.extra["JUNCTURE_BUNDLE"] = "bundle"
    shards.start(shards.project).communicate(timeout=120)
    assert sorted(path.name for path in (shards.project / "bundle").iterdir()) == ["journal-main.jsonl", "plan.json"]


@pytest.mark.parametrize("option", ["--juncture-plan", "--juncture-history"])
def test_a_file_elsewhere_that_leads_pytest_astray_is_told(shards: Shards, option: str) -> None:
    """Pytest takes such a word for a path of tests, and its folder for the root, where nothing is declared."""
    file = shards.folder / "elsewhere" / "file.json"
    file.parent.mkdir()
    file.write_text("{}")
    process = shards.start(shards.project, option, str(file))
    output = process.communicate(timeout=120)[0]
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"when pytest looks for its root: write {option}=FILE" in output
