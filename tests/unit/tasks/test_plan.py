"""``juncture plan`` on lists of node ids, in real processes, and its table."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from juncture.sharding import PlannedTest, from_json, make_plan
from juncture.tasks._plan import plan_screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Run

LISTING = "t.py::a\nt.py::b[x::y]\nu.py::TestC::c\nu.py::TestD::d\n\n4 tests collected in 0.01s\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder, outside any project, with lists and durations."""
    (tmp_path / "ids.txt").write_text(LISTING)
    (tmp_path / ".test_durations").write_text('{"t.py::a": 2.0, "t.py::b[x::y]": 1.0, "u.py::TestC::c": 1.5}')
    tests = {"t.py::a": {"seconds": 2.0}, "t.py::b[x::y]": {"seconds": 1.0}, "u.py::TestC::c": {"seconds": 1.5}}
    (tmp_path / "history.json").write_text(json.dumps({"version": 1, "tests": tests}))
    return tmp_path


def test_json_is_the_contract(folder: Path, run: Run) -> None:
    """``--json`` prints the plan alone, on one line; the other options only add what is known."""
    done = run(folder, "plan", "--shards", "2", "--nodeids", "ids.txt", "--durations", ".test_durations", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert list(document) == ["version", "digest", "shards", "lower_bound_seconds", "groups"]
    assert document["shards"] == [
        {"index": 1, "predicted_seconds": 4.5, "nodeids": ["t.py::a", "t.py::b[x::y]", "u.py::TestD::d"]},
        {"index": 2, "predicted_seconds": 1.5, "nodeids": ["u.py::TestC::c"]},
    ]
    assert document["lower_bound_seconds"] == 3.0
    assert document["groups"]["u.py::TestC::c"] == "u.py::TestC"
    by_history = run(folder, "plan", "--shards", "2", "--nodeids", "ids.txt", "--history", "history.json", "--json")
    assert by_history.stdout == done.stdout


def test_standard_input_is_a_dash(folder: Path, source_root: str) -> None:
    """What pytest lists can be piped in."""
    words = ["plan", "--shards", "2", "--nodeids", "-", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "juncture", *words],
        input=LISTING,
        cwd=folder,
        env={"PYTHONPATH": source_root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(from_json(done.stdout).groups) == ["t.py::a", "t.py::b[x::y]", "u.py::TestC::c", "u.py::TestD::d"]


def test_out_writes_what_json_prints(folder: Path, run: Run) -> None:
    """The file holds the plan whatever is printed; the table says its digest."""
    done = run(folder, "plan", "--shards", "2", "--nodeids", "ids.txt", "--out", "plan.json")
    plan = from_json((folder / "plan.json").read_text())
    assert done.stdout.endswith(f"digest  {plan.digest}\n")


def test_number_of_shards_is_the_declared_one_by_default(project: Path, run: Run) -> None:
    """Without ``--shards`` the declaration's number counts, and without a declaration it has to be said."""
    (project / "ids.txt").write_text(LISTING)
    done = run(project, "plan", "--nodeids", "ids.txt", "--json")
    assert len(from_json(done.stdout).shards) == 4
    (project / "pyproject.toml").unlink()
    assert run(project, "plan", "--nodeids", "ids.txt").returncode == 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--shards 0 --nodeids ids.txt", "there can be 1 to 256 shards, not 0"),
        ("--shards 257 --nodeids ids.txt", "there can be 1 to 256 shards, not 257"),
        ("--shards two --nodeids ids.txt", 'plan: --shards needs a whole number, not "two"'),
        ("--shards 2 --nodeids gone.txt", "gone.txt: the list can't be read: No such file or directory"),
        ("--shards 2 --nodeids .", ".: the list can't be read: Is a directory"),
        ("--shards 2 --nodeids empty.txt", "empty.txt: it holds no node id"),
        ("--shards 2 --nodeids twice.txt", "a test can be planned once: a::b came more than once"),
        ("--shards 2 --nodeids ids.txt --durations ids.txt", "ids.txt: not JSON: "),
        ("--shards 2 --nodeids ids.txt --durations nan.json", "nan.json: NaN is no duration in seconds, in a::b"),
        ("--shards 2 --nodeids ids.txt --history .test_durations", ".test_durations: it is no history"),
        ("--shards 2 --nodeids - --history -", "plan: standard input can be read once"),
        ("--shards 2 --durations a --history b", "plan: one of --durations and --history is enough"),
        ("--shards 2 --nodeids ids.txt --out nowhere/plan.json", "nowhere/plan.json: it can't be written: "),
        ("--shards 2 --nodeids ids.txt --out .", ".: it can't be written: "),
    ],
)
def test_bad_input_is_one_clear_error(folder: Path, run: Run, words: str, message: str) -> None:
    """Each mistake is told with its place and ends with the usage error's code; never a traceback."""
    (folder / "empty.txt").write_text("\nno tests collected in 0.01s\n")
    (folder / "twice.txt").write_text("a::b\nc::d\na::b\n")
    (folder / "nan.json").write_text('{"a::b": NaN}')
    before = sorted(folder.iterdir())
    done = run(folder, "plan", *words.split())
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"juncture: {message}")
    assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before


def test_table_tells_what_the_prediction_is_worth() -> None:
    """Seconds are shown where some are known, and how many are guessed is said beside them."""
    tests = [PlannedTest("a::1", "a"), PlannedTest("a::2", "a"), PlannedTest("b::1", "b")]
    known = {"a::1": 2.0, "b::1": 0.25}
    plan = make_plan(tests, 3, known)
    assert plan_screen(plan, known) == [
        "shard  tests  groups  predicted",
        "1      2      1       2.25 s",
        "2      1      1       0.25 s",
        "3      0      0       0.00 s",
        "",
        "tests   3 tests in 2 groups; recorded times for 2, the median for the others",
        "bound   2.25 s: no division of whole groups ends earlier",
        f"digest  {plan.digest}",
    ]


def test_table_predicts_nothing_without_times() -> None:
    """A second that nobody measured is not shown."""
    plan = make_plan([PlannedTest("a::1", "a")], 1, {})
    assert plan_screen(plan, {}) == [
        "shard  tests  groups  predicted",
        "1      1      1       -",
        "",
        "tests   1 test in 1 group; no recorded times, so none are predicted",
        f"digest  {plan.digest}",
    ]
