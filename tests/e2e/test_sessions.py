"""The Nox front end, run by Nox itself in projects without services."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import CoverageData

CI = Path(__file__).resolve().parents[2] / "ci"

NOXFILE = f"""
import sys
sys.path.insert(0, {str(CI)!r})
from juncture.sessions import register
register({{arguments}})
"""

PYPROJECT = """
[project]
name = "sums"
version = "1"
dependencies = []
[tool.juncture]
unit = ["tests/unit"]
integration = ["tests/integration"]
"""

SOURCE = {
    "sums.py": "def add(a, b):\n    return a + b\n",
    "tests/unit/test_sums.py": "import sums\n\ndef test_one():\n    assert sums.add(1, 1) == 2\n",
    "tests/integration/test_more.py": (
        "import subprocess, sys, sums\n\ndef test_two():\n    assert sums.add(1, 2) == 3\n\n"
        "def test_child():\n    subprocess.run([sys.executable, '-c', 'import sums; sums.add(0, 0)'], check=True)\n"
    ),
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project in a folder of its own, and Nox in it."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        """Write one file."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def nox(self, *words: str, cwd: Path | None = None) -> tuple[int, str]:
        """Run Nox as a user would; return its exit code and all that it printed."""
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUNCTURE", "COV", "PYTEST"))
        }
        environ["JUNCTURE_PROVIDER"] = "embedded"
        # Without an environment of its own, a session runs the `python` of the PATH.
        environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        command = [sys.executable, "-m", "nox", "-f", str(self.folder / "noxfile.py"), *words]
        done = subprocess.run(command, cwd=cwd or self.folder, env=environ, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose sessions run in the environment of these tests."""
    made = Project(tmp_path)
    made.write("noxfile.py", NOXFILE.format(arguments="venv_backend='none', workers=2"))
    made.write("pyproject.toml", PYPROJECT)
    for name, text in SOURCE.items():
        made.write(name, text)
    return made


def verdict(output: str) -> str:
    """Return Nox's last line about the session."""
    return next(line for line in reversed(output.splitlines()) if line.startswith("nox > Session"))


def test_unit_passes_and_leaves_its_results(project: Project) -> None:
    """A passing session is a success, with one process measured."""
    code, output = project.nox("-s", "unit")
    assert code == 0, output
    assert "1 passed" in output
    reports = project.folder / "reports" / "unit"
    assert (reports / "junit.xml").is_file()
    assert len(list((reports / "bundle" / "coverage").glob("data.*"))) == 1


def test_integration_is_measured_in_workers_and_their_children(project: Project) -> None:
    """Every process that ran the code left data, with the suite as its context and paths that travel."""
    code, output = project.nox("-s", "integration")
    assert code == 0, output
    assert "2 workers" in output
    measured: dict[str, set[int]] = {}
    for path in (project.folder / "reports" / "integration" / "bundle" / "coverage").glob("data.*"):
        data = CoverageData(str(path))
        data.read()
        if lines := data.lines("sums.py"):
            measured[path.name] = set(lines)
            assert data.measured_contexts() == {"integration"}
    assert len(measured) >= 2
    assert {2} <= set().union(*measured.values())


def test_job_of_a_ci_platform_leaves_the_bundle_of_its_shard(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What GitLab says of its parallel jobs is heeded and told once; unit tests are not divided by it."""
    monkeypatch.setenv("CI_NODE_INDEX", "2")
    monkeypatch.setenv("CI_NODE_TOTAL", "2")
    code, output = project.nox("-s", "integration")
    assert code == 0, output
    assert output.count("shard 2 of 2, as GitLab (CI_NODE_INDEX, CI_NODE_TOTAL) says") == 1
    assert (project.folder / "reports" / "integration" / "shard-2-of-2" / "manifest.json").is_file()
    code, output = project.nox("-s", "unit")
    assert (code, "1 passed" in output, "GitLab" in output) == (0, True, False), output


def test_a_shard_obeys_a_plan_and_one_alone_is_not_the_whole(project: Project) -> None:
    """The folder for results is made for a plan that goes into it; a merge that misses a shard is red."""
    assert project.nox("-s", "plan", "--", "--shards", "2", "--out", "reports/plan.json")[0] == 0
    words = ("--juncture-plan=reports/plan.json", "--juncture-shard=1/2")
    assert project.nox("-s", "integration", "--", *words)[0] == 0
    merge = ("--expect", "integration=2", "--job", "integration=success", "reports/integration")
    code, output = project.nox("-s", "merge", "--", *merge)
    assert code == 1
    assert "shard 2 of 2 never reported" in output


@pytest.mark.long
def test_only_what_failed_runs_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bundle is beside the first one, sealed and not merged alone; the line that is told merges both."""
    text = "\nimport os\n\ndef test_bad():\n    assert os.environ['SHOP_MODE'] == 'good'\n"
    project.write("tests/integration/test_bad.py", text)
    monkeypatch.setenv("SHOP_MODE", "bad")
    first = "reports/integration/bundle"
    assert project.nox("-s", "integration")[0] == 1
    result = (project.folder / "reports" / "integration" / "result.json").read_text()
    monkeypatch.setenv("SHOP_MODE", "good")
    code, output = project.nox("-s", "integration", "--", "--juncture-rerun", first)
    assert code == 0, output
    assert "juncture: runs 1 test again that failed or never ran (of 3)" in output
    line = f"Both runs together: nox -s merge -- --expect integration=1 {first} reports/integration/rerun"
    assert line in output
    assert (project.folder / "reports" / "integration" / "rerun" / "manifest.json").is_file()
    assert (project.folder / "reports" / "integration" / "result.json").read_text() == result
    code, output = project.nox(*line.partition("nox ")[2].split())
    assert code == 0, output
    assert "3 passed" in output
    code, output = project.nox("-s", "integration", "--", "--juncture-rerun", "reports/integration/rerun")
    assert (code, "the re-run would empty the bundle that it reads" in output) == (1, True)
    code, output = project.nox("-s", "pipeline", "--", "--juncture-rerun", first)
    assert (code, "a pipeline runs shards" in output) == (1, True), output


def test_failure_is_one_line(project: Project) -> None:
    """A failed test fails the session, without Nox's copy of the whole command line."""
    project.write("tests/unit/test_sums.py", "def test_one():\n    assert False\n")
    code, output = project.nox("-s", "unit")
    assert code == 1
    assert verdict(output).startswith("nox > Session unit aborted: tests failed")
    assert "Command " not in output


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("-k", "nothing"), "no test was selected in tests/unit"),
        (("tests/unit/test_sum.py",), "after --: there is no tests/unit/test_sum.py"),
        (("--no-such-option",), "pytest could not start; its message is above"),
    ],
)
def test_nothing_ran(project: Project, words: tuple[str, ...], line: str) -> None:
    """A run without a test is red, and says why."""
    code, output = project.nox("-s", "unit", "--", *words)
    assert code == 1
    assert f"nox > Session unit aborted: {line}" in output
    assert "Traceback" not in output


def test_run_without_the_plugin_is_no_result(project: Project) -> None:
    """It may be green, but nothing proves what ran: one message says so, and what may be the matter."""
    code, output = project.nox("-s", "unit", "--", "-p", "no:juncture")
    assert code == 1
    assert "the tests ran, and nothing was recorded\n  is juncture's plugin switched off" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("unit =", "unti =", "pyproject.toml: tool.juncture.unti: unknown key"),
        ("tests/unit", "tests/units", "pyproject.toml: tool.juncture.unit: there is no folder tests/units"),
        ("[tool.juncture]", "[tool.juncture", "not valid TOML"),
        ("[tool.juncture]", "[tool.pytest.ini_options]\naddopts = '--cov'\n[tool.juncture]", "pyproject.toml: addopts"),
    ],
)
def test_mistake_in_the_declaration(project: Project, old: str, new: str, line: str) -> None:
    """A mistake of the user's is a message, never a traceback."""
    project.write("pyproject.toml", PYPROJECT.replace(old, new))
    code, output = project.nox("-s", "unit")
    assert code == 1
    assert line in output
    assert "Traceback" not in output


@pytest.mark.parametrize("words", [("-k", "two or child"), ("tests/integration/test_more.py",)], ids=" ".join)
def test_a_pipeline_of_some_tests_is_refused(project: Project, words: tuple[str, ...]) -> None:
    """Its plan is of all, so that it could not end well; the session that takes them is named before anything runs."""
    code, output = project.nox("-s", "pipeline", "--", *words)
    assert code == 1
    assert f"{words[0]}: a pipeline runs all integration tests" in output
    assert f"some of them: nox -s integration -- {shlex.join(words)}" in output
    assert "Shard 1" not in output
    assert not (project.folder / "reports").exists()


def test_a_merge_of_what_ran_elsewhere_says_nothing_of_its_tests(project: Project) -> None:
    """Nobody knows here whether they passed."""
    code, output = project.nox("-s", "merge", "--", "--expect", "integration=1", "nowhere")
    assert code == 1
    assert "Session merge aborted: the result is not good; the merge's message is above (exit code 20)" in output


@pytest.mark.parametrize("session", ["unit", "plan", "pipeline"])
def test_reports_that_are_a_file(project: Project, session: str) -> None:
    """The folder of the results is somebody's file: one message, and no traceback."""
    project.write("reports", "mine")
    code, output = project.nox("-s", session)
    assert code == 1
    assert "Traceback" not in output
    assert "`reports` under [tool.juncture]" in output
    assert (project.folder / "reports").read_text() == "mine"


def test_root_that_does_not_exist(project: Project) -> None:
    """A mistyped root is named."""
    project.write("noxfile.py", NOXFILE.format(arguments="root='shop', venv_backend='none'"))
    code, output = project.nox("-s", "unit")
    assert code == 1
    assert f"{project.folder / 'shop'}: register() was given a root that is no folder" in output


def test_question_to_pytest_leaves_nothing(project: Project) -> None:
    """Listing tests is no run: nothing is measured, nothing merged."""
    code, output = project.nox("-s", "integration", "--", "--collect-only", "-q")
    assert code == 0, output
    assert "tests/integration/test_more.py::test_two" in output
    assert not (project.folder / "reports").exists()


def test_words_reach_pytest(project: Project) -> None:
    """A node id takes the place of the folders, also when written in a folder below."""
    below = project.folder / "tests"
    code, output = project.nox("-s", "integration", "--", "integration/test_more.py::test_two", "-n0", cwd=below)
    assert code == 0, output
    assert "1 passed" in output
    assert "workers" not in output.partition("test session starts")[2].partition("1 passed")[0]


def test_cov_is_taken_over(project: Project) -> None:
    """What pytest-cov was asked for is measured by juncture, and said so in one line."""
    code, output = project.nox("-s", "unit", "--", "--cov=sums", "--cov-report", "term")
    assert code == 0, output
    assert "coverage: juncture measures; taken over from --cov=sums --cov-report term" in output
    assert "source = sums\n" in (project.folder / "reports" / "unit" / "bundle" / "coverage.ini").read_text()


def test_no_cov_measures_nothing(project: Project) -> None:
    """``--no-cov`` is honoured."""
    code, output = project.nox("-s", "unit", "--", "--no-cov")
    assert code == 0, output
    assert list((project.folder / "reports" / "unit" / "bundle" / "coverage").iterdir()) == []


def test_two_projects_in_one_noxfile(project: Project) -> None:
    """A monorepo's projects have sessions of their own, each in its root."""
    for name in ("a", "b"):
        project.write(f"{name}/pyproject.toml", PYPROJECT)
        for path, text in SOURCE.items():
            project.write(f"{name}/{path}", text)
    both = "; ".join(f"register(root='{name}', prefix='{name}-', venv_backend='none')" for name in ("a", "b"))
    project.write("noxfile.py", NOXFILE.format(arguments="venv_backend='none'") + both)
    code, output = project.nox("-s", "a-unit", "b-unit")
    assert code == 0, output
    assert (project.folder / "a" / "reports" / "unit" / "junit.xml").is_file()
    assert (project.folder / "b" / "reports" / "unit" / "junit.xml").is_file()
    assert not (project.folder / "reports").exists()


@pytest.mark.long
def test_environment_is_installed_once(project: Project) -> None:
    """The second run calls no installer; a new requirement brings it back; each Python has its results."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    project.write("noxfile.py", NOXFILE.format(arguments=f"python=['{version}']"))
    session = f"unit-{version}"
    code, output = project.nox("-s", session)
    assert code == 0, output
    assert "Installing" in output
    code, output = project.nox("-s", session)
    assert code == 0, output
    assert "Installing" not in output
    project.write("pyproject.toml", PYPROJECT.replace("dependencies = []", 'dependencies = ["iniconfig"]'))
    project.nox("-R", "-s", session)  # Nox's --no-install: nothing may be taken for installed by it
    code, output = project.nox("-s", session)
    assert code == 0, output
    assert "Installing" in output
    assert (project.folder / "reports" / session / "junit.xml").is_file()
