"""The scheduler with real workers of pytest-xdist: what runs where, and what becomes of it when workers die.

Crashes that hang or repeat tests under xdist's own schedulers are known as pytest-xdist#1323, #1327, #1371 and #1378.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from juncture.recording.journal import read
from juncture.recording.outcomes import read_run
from juncture.sharding.history import history_of_seconds
from juncture.sharding.history_document import history_to_json

if TYPE_CHECKING:
    from collections.abc import Callable

DECLARATION = '[project]\nname = "small"\nversion = "1"\n[tool.juncture]\n'

DROPPED = (
    "CI",
    "COVERAGE_PROCESS_CONFIG",
    "COVERAGE_PROCESS_START",
    "JUNCTURE_BUNDLE",
    "JUNCTURE_COVERAGE",
    "JUNCTURE_RUN",
    "JUNCTURE_SUITE",
    "PYTEST_XDIST_AUTO_NUM_WORKERS",
    "PYTEST_XDIST_WORKER",
)

PASSES = "def test_{}(): pass\n"
CRASHES = "import os\ndef test_{}(): os._exit(1)\n"


@pytest.fixture
def run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., pytest.RunResult]:
    """Return a function that writes modules and runs them; a run that hangs fails."""
    for name in DROPPED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
    pytester.makefile(".toml", pyproject=DECLARATION)

    def run(*options: str, **modules: str) -> pytest.RunResult:
        pytester.makepyfile(**modules)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-v", *options, timeout=150)

    return run


def workers_of(result: pytest.RunResult) -> dict[str, str]:
    """Return which worker each passed test ran on."""
    found = re.findall(r"^\[(gw\d+)\] \[ *\d+%\] PASSED (\S+)", result.stdout.str(), flags=re.MULTILINE)
    return {nodeid: worker for worker, nodeid in found}


@pytest.mark.parametrize(
    ("workers", "modules", "passed"),
    [
        pytest.param(1, {"test_a": PASSES.format(1) + CRASHES.format(2)}, 1, id="the last test, #1323"),
        pytest.param(1, {"test_a": CRASHES.format(1) + PASSES.format(2)}, 1, id="all but the last test, #1327"),
        pytest.param(
            1,
            {"test_a": PASSES.format(1) + PASSES.format(2), "test_b": CRASHES.format(3) + PASSES.format(4)},
            3,
            id="not run again, #1371",
        ),
        pytest.param(
            2,
            {f"test_{number}": PASSES.format(1) + PASSES.format(2) for number in range(8)}
            | {"test_z": PASSES.format(1) + CRASHES.format(2) + PASSES.format(3)},
            18,
            id="after many groups, #1378",
        ),
    ],
)
def test_a_crash_fails_one_test_and_the_rest_runs_elsewhere(
    run: Callable[..., pytest.RunResult], workers: int, modules: dict[str, str], passed: int
) -> None:
    """The test in flight fails once, all others pass, and the run ends."""
    result = run("-n", str(workers), **modules)
    result.assert_outcomes(passed=passed, failed=1)
    result.stdout.fnmatch_lines(["replacing crashed worker *", "*crashed while running*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_worker_killed_in_a_fixture_is_replaced(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module's fixture kills its worker at its first setup: the first test is in flight, by the journal too."""
    bundle = pytester.path / "bundle"
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(bundle))
    module = """
        import os, pathlib, signal, pytest
        @pytest.fixture(scope="module")
        def thing():
            path = pathlib.Path("seen")
            if not path.exists():
                path.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        def test_1(thing): pass
        def test_2(thing): pass
        def test_3(thing): pass
    """
    result = run("-n", "2", test_a=module, test_b=PASSES.format(1))
    result.assert_outcomes(passed=3, failed=1)
    record = read_run([read(path) for path in sorted(bundle.glob("journal-*.jsonl"))])
    assert [test.nodeid for test in record.tests if not test.ended] == ["test_a.py::test_1"]
    assert len(record.tests) == 4
    assert record.missing == ()


def test_a_worker_that_dies_after_its_last_test_makes_the_run_red(run: Callable[..., pytest.RunResult]) -> None:
    """No test is lost, but what the worker had to clean up and to report may be: exit code 1."""
    hook = "import os\ndef pytest_sessionfinish(session):\n    if hasattr(session.config, 'workerinput'): os._exit(0)\n"
    result = run("-n", "1", "--max-worker-restart=0", conftest=hook, test_a=PASSES.format(1))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["juncture: gw0 died between two tests"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_no_worker_is_left_for_is_named(run: Callable[..., pytest.RunResult]) -> None:
    """Where dead workers are not replaced, the run ends, and says what never ran."""
    result = run("-n", "1", "--max-worker-restart=0", test_a=CRASHES.format(1) + PASSES.format(2))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["juncture: 1 test never ran, such as test_a.py::test_2"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_replacement_that_collects_other_tests_is_refused(run: Callable[..., pytest.RunResult]) -> None:
    """Node ids that change from process to process are told, not waited for."""
    module = """
        import os, pathlib, pytest
        names = ["a", "b"] if not pathlib.Path("seen").exists() else ["a", "c"]
        @pytest.mark.parametrize("name", names)
        def test_it(name):
            pathlib.Path("seen").touch()
            os._exit(1)
    """
    result = run("-n", "1", test_a=module)
    result.stdout.fnmatch_lines(["*Different tests*between the first workers and gw1*", "juncture: 1 test never ran*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_x_ends_at_the_first_failure(run: Callable[..., pytest.RunResult]) -> None:
    """With ``-x`` the workers stop, whatever they still hold."""
    module = "import pytest\n@pytest.mark.parametrize('n', range(40))\ndef test_it(n): assert n != 3"
    result = run("-n", "2", "-x", test_a=module, test_b=PASSES.format(1))
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    assert result.parseoutcomes()["passed"] < 40


def test_marked_groups_stay_together_and_spare_workers_do_no_harm(run: Callable[..., pytest.RunResult]) -> None:
    """Marks are known to the workers alone, and yet a group stays on one; idle workers are no trouble."""
    module = "import pytest\n@pytest.mark.xdist_group('shared')\ndef test_it(): pass\n"
    result = run("-n", "3", test_a=module, test_b=module)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["scheduling tests via CostScheduling"])
    assert len(set(workers_of(result).values())) == 1


def test_marked_groups_are_known_from_journals_too(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is a bundle, nothing is handed over but the journals."""
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(pytester.path / "bundle"))
    module = "import pytest\n@pytest.mark.xdist_group('shared')\ndef test_it(): pass\n"
    result = run("-n", "2", test_a=module, test_b=module)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    assert len(set(workers_of(result).values())) == 1


@pytest.mark.parametrize(
    ("options", "scheduler"), [(("--dist", "load"), "Load"), (("--dist=worksteal",), "WorkStealing")]
)
def test_who_says_dist_gets_it(run: Callable[..., pytest.RunResult], options: tuple[str, ...], scheduler: str) -> None:
    """An explicit ``--dist`` is obeyed, also ``load``, which is what ``-n`` alone means to xdist."""
    result = run("-n", "1", *options, test_a=PASSES.format(1))
    result.stdout.fnmatch_lines([f"scheduling tests via {scheduler}Scheduling"])


@pytest.mark.parametrize(("options", "code"), [((), 5), (("--juncture-shard", "2/2"), 0)])
def test_a_run_without_tests_ends(run: Callable[..., pytest.RunResult], options: tuple[str, ...], code: int) -> None:
    """No test at all is exit code 5, an empty shard 0."""
    modules = {"test_a": PASSES.format(1) if options else ""}
    assert run("-n", "2", *options, **modules).ret == code


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="auto is one worker here anyway")
@pytest.mark.parametrize(("seconds", "workers"), [(0.01, 1), (5, 2)])
def test_auto_is_one_worker_for_a_tiny_selection(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester, seconds: float, workers: int
) -> None:
    """Where earlier runs took less than a second worker needs to start, ``-n auto`` means one."""
    history = history_of_seconds({"test_a.py::test_1": seconds})
    pytester.path.joinpath("history.json").write_text(history_to_json(history), encoding="utf-8")
    conftest = """
        import pytest
        @pytest.hookimpl(trylast=True, optionalhook=True)
        def pytest_xdist_setupnodes(specs):
            print("workers:", len(specs))
    """
    options = ("-n", "auto", "--maxprocesses=2", "--juncture-history=history.json", "-s", "test_a.py")
    result = run(*options, conftest=conftest, test_a=PASSES.format(1))
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines([f"workers: {workers}"])
