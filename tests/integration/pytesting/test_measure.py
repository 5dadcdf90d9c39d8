"""What is measured of workers and of the processes that tests start, through real processes of every kind of end."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from coverage import CoverageData

from juncture.sessions._arguments import Adopted
from juncture.sessions._coverage import rcfile

if TYPE_CHECKING:
    from pathlib import Path

WORK = """
def in_the_test():
    return 1
def before_the_fork():
    return 2
def in_the_child():
    return 3
def after_exec():
    return 4
"""
LINES = {"in_the_test": 3, "before_the_fork": 5, "in_the_child": 7, "after_exec": 9}

ENDS = {
    "returns": "work.in_the_child()",
    "sys.exit": "work.in_the_child(); import sys; sys.exit(3)",
    "raises": "work.in_the_child(); raise RuntimeError",
    "os._exit": "work.in_the_child(); import os; os._exit(7)",
    "SIGTERM": "work.in_the_child(); import os, signal; os.kill(os.getpid(), signal.SIGTERM); signal.pause()",
    "SIGINT": "work.in_the_child(); import os, signal; os.kill(os.getpid(), signal.SIGINT); signal.pause()",
    "exec": "import os, sys; work.in_the_child(); os.execv(sys.executable, [sys.executable, '-c', 'import work; "
    "work.after_exec()'])",
    "a fork that ends by os._exit": """
import os
work.before_the_fork()
child = os.fork()
if not child:
    work.in_the_child()
    os._exit(0)
os.waitpid(child, 0)
""",
    "a fork that returns": """
import os
work.before_the_fork()
child = os.fork()
if child:
    os.waitpid(child, 0)
else:
    work.in_the_child()
""",
    "multiprocessing by fork": """
import multiprocessing
def main():
    work.before_the_fork()
    child = multiprocessing.get_context("fork").Process(target=work.in_the_child)
    child.start()
    child.join()
main()
""",
    "multiprocessing by spawn": """
import multiprocessing
if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=work.in_the_child)
    child.start()
    child.join()
""",
}
"""How a process can come to its end."""

TEST = """
import pathlib, subprocess, sys, pytest, work
@pytest.mark.parametrize("program", sorted(pathlib.Path().glob("program_*.py")), ids=str)
def test_child(program):
    work.in_the_test()
    subprocess.run([sys.executable, program])
"""


@dataclass(frozen=True, slots=True)
class Measure:
    """One process: the context it was measured in, and the lines that ran by file."""

    contexts: set[str]
    lines: dict[str, set[int]]


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> list[Measure]:
    """Run a test that starts a process for each kind of end, on one worker as a session does; return what each left."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text("[tool.juncture]\n")
    (folder / "work.py").write_text(WORK)
    for number, text in enumerate(ENDS.values()):
        own = text.replace("import work", f"import work_{number} as work")
        (folder / f"program_{number}.py").write_text(f"import work_{number} as work\n{own}\n")
        (folder / f"work_{number}.py").write_text(WORK)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text(TEST)
    ini = folder / "coverage.ini"
    ini.write_text(rcfile({}, Adopted(), context="integration", tests=["tests"]))
    environ = {key: text for key, text in os.environ.items() if not key.startswith(("JUNCTURE", "COV", "PYTEST"))}
    environ |= {"JUNCTURE_COVERAGE": str(ini), "JUNCTURE_COVERAGE_DATA": str(folder / "data" / "data")}
    environ |= {"PYTHONPATH": str(folder), "JUNCTURE_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "1", "tests"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [_read(path) for path in sorted((folder / "data").iterdir())]


def _read(path: Path) -> Measure:
    data: CoverageData = CoverageData(str(path))
    data.read()
    lines = {name: set(data.lines(name) or ()) for name in data.measured_files()}
    contexts = data.measured_contexts()
    data.close()
    return Measure(contexts, lines)


def _ran(measures: list[Measure], file: str) -> set[str]:
    """Return the functions of one file that ran in any process."""
    lines = set().union(*(each.lines.get(file, set()) for each in measures))
    return {name for name, line in LINES.items() if line in lines}


@pytest.mark.parametrize("end", ENDS)
def test_child_is_measured_however_it_ends(measures: list[Measure], end: str) -> None:
    """What a process ran that a test started, and what its own children ran, is there."""
    number = list(ENDS).index(end)
    assert _ran(measures, f"work_{number}.py") == {name for name in LINES if name in ENDS[end]}


def test_worker_is_measured_with_the_suite_as_context(measures: list[Measure]) -> None:
    """Every process's data is of the suite, and what the tests themselves ran is there too."""
    assert _ran(measures, "work.py") == {"in_the_test"}
    assert set().union(*(each.contexts for each in measures)) == {"integration"}


def test_names_travel(measures: list[Measure]) -> None:
    """No file's name tells where it was measured."""
    assert not [name for each in measures for name in each.lines if name.startswith("/")]
