"""Shards of a suite, in real pytest processes; the project declares no service, so that nothing is started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from juncture.sharding import PlannedTest, from_json, group_of, make_plan, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFTEST = """
def pytest_runtest_call(item):
    with open(item.config.rootpath / "ran.txt", "a") as file:
        file.write(item.nodeid.removesuffix("@shared") + "\\n")
"""
TESTS = """
import os, pytest
@pytest.mark.parametrize("text", ["x::y", "[", "\\u2603"])
def test_text(text):
    assert "JUNCTURE_SHARD" not in os.environ
class TestClass:
    def test_one(self): pass
    def test_two(self): pass
@pytest.mark.xdist_group("shared")
def test_shared(): pass
"""
IDS = [
    f"tests/integration/test_{module}.py::{name}"
    for module in "abc"
    for name in (
        *("TestClass::test_one", "TestClass::test_two", "test_shared"),
        *("test_text[[]", r"test_text[\u2603]", "test_text[x::y]"),
    )
]
WAYS = pytest.mark.parametrize("way", [(), ("-n", "0"), ("-n", "2"), ("-n", "2", "--dist", "loadgroup")], ids=" ".join)
TWO_WAYS = pytest.mark.parametrize("way", [(), ("-n", "2")], ids=" ".join)


class Suite:
    """A project with three modules of six tests; one test of each is in a group across them."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        """Write the project."""
        self.pytester = pytester
        self.folder = pytester.path
        pytester.makefile(".toml", pyproject="[tool.juncture]\n")
        pytester.makeconftest(CONFTEST)
        for module in "abc":
            self.write(f"test_{module}", TESTS)

    def write(self, name: str, text: str) -> None:
        """Write one module of integration tests."""
        path = self.folder / "tests" / "integration" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *words: str) -> pytest.RunResult:
        """Run pytest."""
        return self.pytester.runpytest_subprocess("-W", "error", *words)

    def ran(self, *words: str) -> list[str]:
        """Run pytest, which must pass, and return the node ids of what ran."""
        (self.folder / "ran.txt").write_text("")
        result = self.run(*words)
        assert result.ret == pytest.ExitCode.OK, result.stdout.str()
        return sorted((self.folder / "ran.txt").read_text().splitlines())

    def plan(self, nodeids: Iterable[str], shards: int) -> str:
        """Write a plan as bare node ids give it, and return the file's name."""
        tests = [PlannedTest(nodeid, group_of(nodeid)) for nodeid in nodeids]
        (self.folder / "plan.json").write_text(to_json(make_plan(tests, shards, {})))
        return "plan.json"

    def juncture(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the juncture program."""
        return subprocess.run(
            [sys.executable, "-m", "juncture", *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Return the project, in an environment without a run around it."""
    for name in os.environ:
        if name.startswith(("JUNCTURE_", "PYTEST_XDIST_")) or name == "CI":
            monkeypatch.delenv(name)
    monkeypatch.setenv("JUNCTURE_HOME", str(pytester.path / "home"))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
    return Suite(pytester)


@WAYS
def test_shards_are_disjoint_and_complete(suite: Suite, way: tuple[str, ...]) -> None:
    """Each test runs in one shard, with its group, however the shard is spread over workers."""
    shards = [suite.ran("--juncture-shard", f"{index}/2", *way) for index in (1, 2)]
    assert sorted(shards[0] + shards[1]) == IDS
    for group in ("test_shared", "a.py::TestClass", "b.py::test_text"):
        assert sum(any(group in nodeid for nodeid in shard) for shard in shards) == 1


@TWO_WAYS
def test_variable_selects_too_and_the_option_comes_first(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    """``JUNCTURE_SHARD`` is for CI jobs; the command line overrides it; the tests' own processes don't see it."""
    monkeypatch.setenv("JUNCTURE_SHARD", "2/3")
    by_variable = suite.ran(*way)
    assert by_variable
    monkeypatch.setenv("JUNCTURE_SHARD", "3/3")
    assert suite.ran("--juncture-shard", "2/3", *way) == by_variable
    monkeypatch.setenv("JUNCTURE_SHARD", "")
    assert suite.ran(*way) == IDS


def test_a_pytest_inside_a_test_is_not_divided(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pytest that a test starts runs all that it was given, whatever shard that test is in."""
    suite.write(
        "test_d",
        """
import subprocess, sys
def test_outer():
    words = [sys.executable, "-m", "pytest", "tests/integration/test_a.py", "tests/integration/test_b.py"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert "12 passed" in done.stdout, done.stdout
""",
    )
    monkeypatch.setenv("JUNCTURE_SHARD", "1/2")
    monkeypatch.setenv("JUNCTURE_PLAN", suite.plan(["tests/integration/test_d.py::test_outer"], 2))
    suite.run("tests/integration/test_d.py", "-n", "1").assert_outcomes(passed=1)


def test_shard_and_plan_are_said_in_one_line(suite: Suite) -> None:
    """The header says which shard this is, and of which plan; a run that is not divided says nothing."""
    suite.run("--juncture-shard", "2/4").stdout.re_match_lines([r"juncture: shard 2 of 4$"])
    result = suite.run("--juncture-shard", "2/4", "--juncture-plan", suite.plan(IDS, 4), "-n", "2")
    result.stdout.re_match_lines([r"juncture: shard 2 of 4, plan plan\.json \([0-9a-f]{12}\)$"])
    assert "juncture: shard" not in suite.run().stdout.str()


@pytest.mark.parametrize("way", [(), ("-n", "0"), ("-n", "2"), ("--collect-only",)], ids=" ".join)
def test_empty_shard_is_green(suite: Suite, way: tuple[str, ...]) -> None:
    """A shard without a test of its own passes, and says so in one line."""
    result = suite.run("-q", "--juncture-shard", "9/9", *way)
    assert result.ret == pytest.ExitCode.OK
    said = [line for line in result.outlines if "juncture" in line]
    assert said == ["juncture: shard 9 of 9 is empty: the other shards run all 18 tests"]


@TWO_WAYS
def test_empty_selection_is_not_green(suite: Suite, way: tuple[str, ...]) -> None:
    """Where no shard has a test there is nothing to be green about: pytest's own exit code 5 stays."""
    result = suite.run("--juncture-shard", "1/2", "-k", "nowhere", *way)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "is empty" not in result.stdout.str()


def test_a_worker_that_dies_is_not_an_empty_shard(suite: Suite) -> None:
    """Where one worker found the shard empty and another one died, the run is not green."""
    suite.pytester.makeconftest(
        "import os\ndef pytest_collection_finish(): os.environ.get('PYTEST_XDIST_WORKER') == 'gw1' and os._exit(7)"
    )
    result = suite.run("-n", "2", "--juncture-shard", "9/9", "--max-worker-restart", "0")
    assert result.ret != pytest.ExitCode.OK
    assert "is empty" not in result.stdout.str()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-k", "test_one"), [nodeid for nodeid in IDS if "test_one" in nodeid]),
        (("-m", "xdist_group"), [nodeid for nodeid in IDS if "test_shared" in nodeid]),
        (("tests/integration/test_b.py",), IDS[6:12]),
        (("--deselect", "tests/integration/test_a.py"), IDS[6:]),
    ],
)
def test_plan_is_of_what_is_selected(suite: Suite, words: tuple[str, ...], expected: list[str]) -> None:
    """Options that narrow the run narrow what is divided: the shards together run exactly that."""
    shards = [suite.ran(*words, "--juncture-shard", f"{index}/2") for index in (1, 2)]
    assert sorted(shards[0] + shards[1]) == expected


def test_plan_is_of_what_last_failed(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--lf`` leaves out tests later than all other options; the bundle's plan has only what it leaves."""
    suite.write("test_a", "def test_good(): pass\ndef test_bad(): assert not __import__('os').environ['BAD']")
    monkeypatch.setenv("BAD", "1")
    suite.run("tests/integration/test_a.py").assert_outcomes(passed=1, failed=1)
    monkeypatch.setenv("BAD", "")
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(suite.folder / "bundle"))
    suite.run("--lf", "tests/integration/test_a.py").assert_outcomes(passed=1)
    plan = from_json((suite.folder / "bundle" / "plan.json").read_text())
    assert list(plan.groups) == ["tests/integration/test_a.py::test_bad"]


@pytest.mark.parametrize("way", [(), ("-n", "2"), ("-n", "2", "--dist", "loadgroup")], ids=" ".join)
def test_plan_is_obeyed(suite: Suite, way: tuple[str, ...]) -> None:
    """With a plan each shard runs what the plan says, whatever groups the tests' marks would give."""
    plan = from_json((suite.folder / suite.plan(IDS, 2)).read_text())
    words = ("--juncture-plan", "plan.json", "--juncture-shard", "2/2", *way)
    assert suite.ran(*words) == list(plan.shards[1].nodeids)


def test_plan_is_found_by_its_variable(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """``JUNCTURE_PLAN`` names the file where no option can be given."""
    plan = from_json((suite.folder / suite.plan(IDS, 2)).read_text())
    monkeypatch.setenv("JUNCTURE_PLAN", "plan.json")
    monkeypatch.setenv("JUNCTURE_SHARD", "1/2")
    assert suite.ran("-n", "2") == list(plan.shards[0].nodeids)


@TWO_WAYS
def test_collection_must_be_the_plans(suite: Suite, way: tuple[str, ...]) -> None:
    """What only one of plan and collection has is named, up to five of each, and no test runs."""
    suite.plan([*IDS[6:], "tests/integration/test_gone.py::test_it"], 2)
    result = suite.run("--juncture-plan", "plan.json", "--juncture-shard", "1/2", *way)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    strangers = "it lacks 6 of the tests that were collected: *test_a.py::TestClass::test_one, * and 1 more"
    absent = "1 of its tests were not collected: tests/integration/test_gone.py::test_it"
    result.stderr.fnmatch_lines([f"ERROR: juncture: plan.json: {strangers}; {absent}"])
    assert not (suite.folder / "ran.txt").exists()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--juncture-shard", "5/4"), "--juncture-shard: there is no shard 5 of 4"),
        (("--juncture-shard", "x"), '--juncture-shard: "x" is not I/N'),
        (("--juncture-plan", "plan.json"), "--juncture-plan plan.json: it has 2 shards\n  say which one*"),
        (("--juncture-plan", "plan.json", "--juncture-shard", "1/3"), "*it has 2 shards, not 3\n  take *1/2*"),
        (("--juncture-plan", "gone.json"), "*gone.json: the plan can't be read: No such file or directory"),
        (("--juncture-plan", "conftest.py"), "*conftest.py: it is torn: this is not JSON\n  make it again*"),
    ],
)
def test_wrong_words_are_refused_before_anything_starts(suite: Suite, words: tuple[str, ...], message: str) -> None:
    """A shard or plan that makes no sense is one clear message, in a run with workers too."""
    suite.plan(IDS, 2)
    result = suite.run(*words, "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: juncture: {message}".partition("\n")[0], *message.split("\n")[1:]])
    assert not (suite.folder / "ran.txt").exists()


@TWO_WAYS
def test_bundle_gets_the_plan(suite: Suite, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]) -> None:
    """A run with a bundle leaves its plan there, divided or not; marks give the groups."""
    for words, shards in (((), 1), (("--juncture-shard", "2/3"), 3)):
        bundle = suite.folder / f"bundle-{shards}"
        monkeypatch.setenv("JUNCTURE_BUNDLE", str(bundle))
        ran = suite.ran(*words, *way)
        plan = from_json((bundle / "plan.json").read_text())
        assert len(plan.shards) == shards
        assert list(plan.groups) == IDS
        assert {group for nodeid, group in plan.groups.items() if "test_shared" in nodeid} == {"shared"}
        assert ran == list(plan.shards[-2 if shards > 1 else 0].nodeids)
        assert [path.name for path in bundle.iterdir() if "plan" in path.name] == ["plan.json"]


@pytest.mark.parametrize("words", [(), ("--juncture-shard", "1/2")])
def test_processes_that_collect_different_tests_are_refused(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Parameters that change from process to process would lose tests without a word: the run ends before them."""
    suite.write("test_a", "import os, pytest\n@pytest.mark.parametrize('n', [os.getpid()])\ndef test_it(n): pass")
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(suite.folder / "bundle"))
    result = suite.run("-n", "2", *words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: juncture: *plan.json: the processes of this run collected different tests"])


@TWO_WAYS
@pytest.mark.parametrize("planned", [True, False])
def test_module_that_fails_to_import_is_pytests_to_tell(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...], *, planned: bool
) -> None:
    """A broken module is told by pytest's own error, not by its missing tests; no plan is made of the rest."""
    words = ("--juncture-plan", suite.plan(IDS, 2)) if planned else ()
    suite.write("test_b", "import nowhere_to_be_found")
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(suite.folder / "bundle"))
    result = suite.run("--juncture-shard", "1/2", *words, *way)
    assert result.ret not in {pytest.ExitCode.OK, pytest.ExitCode.USAGE_ERROR}
    result.stdout.fnmatch_lines(["*No module named 'nowhere_to_be_found'*"])
    assert not (suite.folder / "bundle" / "plan.json").exists()


def test_a_test_that_is_collected_twice_is_refused(suite: Suite) -> None:
    """Two tests of one name can't be told apart in a plan: they are named."""
    result = suite.run("--juncture-shard", "1/2", "--keep-duplicates", *["tests/integration/test_a.py"] * 2)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: juncture: a test can be planned once: tests/*TestClass::test_one, *"])


def test_shards_of_a_project_without_a_declaration_are_refused(suite: Suite) -> None:
    """Where juncture is not active each shard would run everything: the option is refused, and not ignored."""
    (suite.folder / "pyproject.toml").write_text("")
    result = suite.run("--juncture-shard", "1/2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: juncture: --juncture-shard: no pyproject.toml *has a ?tool.juncture? table"])


def test_plan_command_collects_what_the_shards_run(suite: Suite) -> None:
    """A plan that ``juncture plan`` made by itself has the groups of the marks, and its shards run everything."""
    done = suite.juncture("plan", "--shards", "2", "--out", "plan.json", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    assert (suite.folder / "plan.json").read_text() == done.stdout
    assert list(document["groups"]) == IDS
    assert "shared" in document["groups"].values()
    ran = [suite.ran("--juncture-plan", "plan.json", "--juncture-shard", f"{index}/2") for index in (1, 2)]
    assert ran == [shard["nodeids"] for shard in document["shards"]]


def test_plan_command_tells_why_pytest_could_not_collect(suite: Suite) -> None:
    """A module that fails to import is shown as pytest shows it, and there is no plan without its tests."""
    suite.write("test_b", "import nowhere_to_be_found")
    done = suite.juncture("plan", "--shards", "2", "--out", "plan.json")
    assert (done.returncode, done.stdout) == (20, "")
    assert "No module named 'nowhere_to_be_found'" in done.stderr
    assert "\njuncture: tests/integration: pytest could not collect the tests: exit code 2\n" in done.stderr
    assert not (suite.folder / "plan.json").exists()


def test_plan_command_needs_a_test(suite: Suite) -> None:
    """A folder that is not there, and one without any test, are told apart."""
    for module in "abc":
        suite.write(f"test_{module}", "")
    empty = suite.juncture("plan", "--shards", "2")
    assert (empty.returncode, empty.stderr) == (4, "juncture: tests/integration: pytest collects no test\n")
    (suite.folder / "tests" / "integration").rename(suite.folder / "tests" / "system")
    gone = suite.juncture("plan", "--shards", "2")
    assert gone.returncode == 4
    assert "there is no folder tests/integration" in gone.stderr
