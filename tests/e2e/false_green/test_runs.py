"""What pytest, its plugins and its options make of a run: docs/reference/false-green.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shards import INCOMPLETE

if TYPE_CHECKING:
    from shards import Shards

CI = Path(__file__).resolve().parents[3] / "ci"

SESSIONS = f"""
import sys
sys.path.insert(0, {str(CI)!r})
from juncture.sessions import register
register(venv_backend="none", workers=0)
"""

GATE = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid):
    if nodeid.endswith("test_known"):
        SESSION[0].{flag} = {value!r}

SESSION = []

def pytest_sessionstart(session):
    SESSION.append(session)
"""
"""A plugin that ends the run when every test has passed."""


def test_a_shard_that_collects_nothing(shards: Shards) -> None:
    """Its checkout lacks the tests, or an option selects none."""
    assert shards.run("--juncture-shard", "1/2", "-k", "nothing")[0] == 5
    verdict = shards.verdict(shards.bundles[1], expect="integration=2")
    verdict.is_red("pytest ended with exit code 5 (shard 1)", "[run-broken]", "[plan-foreign]")


def test_a_module_that_can_not_be_collected(shards: Shards) -> None:
    """All others pass, and their plan is of all that could be found."""
    shards.write("tests/unit/test_broken.py", "import nowhere\n")
    shards.run("--continue-on-collection-errors")
    shards.verdict().is_red("tests/unit/test_broken.py could not be collected  [run-broken]")


@pytest.mark.parametrize("where", [("-n", "2"), ()])
def test_pytest_exit_with_exit_code_0(shards: Shards, where: tuple[str, ...]) -> None:
    """A test ends the whole run, and the job is a success."""
    shards.write(
        "tests/unit/test_bye.py", "import pytest\n\ndef test_bye():\n    pytest.exit('enough', returncode=0)\n"
    )
    shards.run(*where)
    verdict = shards.verdict()
    # Where the other worker is quicker nothing else is left: then it is only the error of the test that was in flight.
    verdict.is_red("tests/unit/test_bye.py::test_bye", "enough", code=1 if verdict.code == 1 else INCOMPLETE)


def test_os_exit_in_a_test(shards: Shards) -> None:
    """Exit code 0, and no report of anything."""
    shards.write("tests/unit/test_bye.py", "import os\n\ndef test_bye():\n    os._exit(0)\n")
    assert shards.run()[0] == 0
    shards.verdict().is_red("tests/unit/test_bye.py::test_bye", "main came to no orderly end  [process-torn]")


@pytest.mark.parametrize("flag", ["shouldstop", "shouldfail"])
def test_a_gate_after_the_last_test(shards: Shards, flag: str) -> None:
    """Every test passed, and pytest's exit code is all that tells of it."""
    shards.write("conftest.py", GATE.format(flag=flag, value="too slow"))
    assert shards.run()[0] in {1, 2}
    shards.verdict().is_red("too slow  [run-broken]")


@pytest.mark.parametrize("way", ["-x", "a gate"])
def test_a_failure_in_quarantine_that_hides_another_reason(shards: Shards, way: str) -> None:
    """It is excused, and what else made the run red is not: tests that never ran, or another plugin's word."""
    declaration = shards.project.folder / "pyproject.toml"
    entry = """"tests/unit/test_aaa.py::test_aaa" = { until = 9999-12-31, reason = "moody" }"""
    declaration.write_text(f"{declaration.read_text()}\n[tool.juncture.quarantine]\n{entry}\n")
    shards.write("tests/unit/test_aaa.py", "def test_aaa():\n    assert False\n")
    if way == "-x":
        assert shards.run("-x")[0] == 1
        shards.verdict().is_red("[test-missing]")
    else:
        shards.write("conftest.py", GATE.format(flag="testsfailed", value=2))
        assert shards.run()[0] == 1
        shards.verdict().is_red("pytest ended with exit code 1, and no test says why  [run-broken]")


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan", "--collect-only", "-x --stepwise"])
def test_an_option_that_was_left_in_the_environment(shards: Shards, option: str) -> None:
    """Fixtures are set up, or listed, and no body of a test runs: pytest's exit code is 0."""
    if option == "-x --stepwise":
        shards.write("tests/unit/test_aaa.py", "def test_aaa():\n    assert False\n")
        option = "-x"
    shards.run(PYTEST_ADDOPTS=option)
    verdict = shards.verdict()
    if option.startswith("--setup"):
        verdict.is_red("its body never ran", code=1)
    else:
        verdict.is_red("[test-missing]")


def test_ids_that_change_from_process_to_process(shards: Shards) -> None:
    """Two workers, and two shards, each know tests that the other has never heard of."""
    text = "import random\nimport pytest\n\n@pytest.mark.parametrize('n', [random.random()])\ndef test_it(n): pass\n"
    shards.write("tests/unit/test_random.py", text)
    code, output = shards.run("-n", "2")
    assert code != 0
    assert "the processes of this run collected different tests" in output
    shards.verdict().is_red("[run-broken]")
    bundles = []
    for shard in ("1/2", "2/2"):
        assert shards.run("--juncture-shard", shard)[0] == 0
        shards.project.seal()
        bundles.append(shards.project.bundle)
    shards.merge(*bundles).is_red("the shards obeyed different plans", "[plan-foreign]")


def test_a_test_that_is_collected_twice(shards: Shards) -> None:
    """Two tests of one id: a report by names would show one of them."""
    shards.write("conftest.py", "def pytest_collection_modifyitems(items):\n    items.append(items[0])\n")
    assert shards.run()[0] != 0
    shards.verdict().is_red("[run-broken]")


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\npytest.skip('no database', allow_module_level=True)\n",
        (
            "import pytest\n\n@pytest.fixture(autouse=True)\ndef database():\n    pytest.skip('no database')\n\n"
            "@pytest.mark.parametrize('n', range(3))\ndef test_it(n): pass\n"
        ),
    ],
)
def test_a_module_that_skips_itself(shards: Shards, text: str) -> None:
    """Its service is down, and nothing of it was tested: as a whole, or test by test. Where it may, it is green."""
    shards.write("tests/unit/test_orders.py", text)
    assert shards.run()[0] == 0
    shards.verdict().is_red("tests/unit/test_orders.py was skipped as a whole: no database  [module-skipped]")
    pyproject = shards.project.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("tests/integration/windows/*.py", "tests/unit/test_orders.py"))
    assert shards.merge(shards.project.bundle, expect="integration=1").code == 0


@pytest.mark.parametrize(
    "more", [{"PYTEST_ADDOPTS": "-p no:juncture"}, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}], ids=["option", "autoload"]
)
def test_the_plugin_is_disabled(shards: Shards, more: dict[str, str]) -> None:
    """The tests pass, and nobody wrote down that they did: in a job of one's own, and in the Nox session."""
    assert shards.run(**more)[0] == 0
    code, text = shards.project.juncture("seal", str(shards.project.bundle))
    assert code == 20, text
    shards.verdict().is_red("[nothing-recorded]", "[shard-missing]")
    shards.write("noxfile.py", SESSIONS)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-s", "unit"],
        cwd=shards.project.folder,
        env=shards.project.environment(PATH=path, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the tests ran, and nothing was recorded" in done.stderr


def test_a_file_whose_name_is_no_text(shards: Shards) -> None:
    """A test that fails in a file with an odd byte in its name is told all the same, and no output breaks on it."""
    path = os.fsencode(shards.project.folder / "tests" / "unit") + b"/test_\xff.py"
    Path(os.fsdecode(path)).write_text("def test_it():\n    assert False\n")
    shards.run()
    shards.verdict().is_red("test_\\udcff.py", code=1)
