"""``juncture plan`` on lists of node ids, in real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from juncture.sharding import from_json
from juncture.sharding.history import History, KnownTest
from juncture.sharding.history_document import history_to_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Run

LISTING = "t.py::a\nt.py::b[x::y]\nu.py::TestC::c\nu.py::TestD::d\n\n4 tests collected in 0.01s\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder, outside any project, with lists and durations."""
    (tmp_path / "ids.txt").write_text(LISTING)
    (tmp_path / ".test_durations").write_text('{"t.py::a": 2.0, "t.py::b[x::y]": 1.0, "u.py::TestC::c": 1.5}')
    times = {"t.py::a": 2_000_000, "t.py::b[x::y]": 1_000_000, "u.py::TestC::c": 1_500_000}
    history = History({nodeid: KnownTest(1, time, (time,)) for nodeid, time in times.items()})
    (tmp_path / "history.json").write_text(history_to_json(history))
    return tmp_path


def test_json_is_the_contract(folder: Path, run: Run) -> None:
    """``--json`` prints the plan alone, on one line; the other options only add what is known."""
    done = run(folder, "plan", "--shards", "2", "--nodeids", "ids.txt", "--durations", ".test_durations", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    keys = ["version", "digest", "shards", "lower_bound_seconds", "bound_by", "workers", "history", "groups"]
    assert list(document) == keys
    assert document["shards"] == [
        {"index": 1, "predicted_seconds": 3.0, "nodeids": ["t.py::a", "t.py::b[x::y]"]},
        {"index": 2, "predicted_seconds": 3.0, "nodeids": ["u.py::TestC::c", "u.py::TestD::d"]},
    ]
    assert document["lower_bound_seconds"] == 3.0
    assert document["groups"]["u.py::TestC::c"] == "u.py::TestC"
    by_history = run(folder, "plan", "--shards", "2", "--nodeids", "ids.txt", "--history", "history.json", "--json")
    assert json.loads(by_history.stdout) | {"history": ""} == document | {"history": ""}


def test_declared_history_is_taken(project: Path, folder: Path, run: Run) -> None:
    """A project says once where its history is; where it is not there yet, or torn, that is noted and no more."""
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(text.replace("shards = 4", 'shards = 4\nhistory = "history.json"'))
    words = ("plan", "--shards", "2", "--nodeids", "ids.txt", "--json")
    done = run(folder, *words)
    assert done.stderr == "history of 3 tests from history.json\n"
    assert json.loads(done.stdout)["lower_bound_seconds"] == 3.0
    (folder / "history.json").write_text('{"version": 1, "tests": {"t.py::a"')
    done = run(folder, *words)
    assert done.stderr.startswith(f"no history: {folder}/history.json: not JSON: ")
    assert json.loads(done.stdout)["lower_bound_seconds"] == 0.0


def test_curve_tells_what_more_shards_bring(folder: Path, run: Run) -> None:
    """Wall time falls until something can't be divided; what all shards take together is paid. Both can be drawn."""
    done = run(folder, "plan", "--nodeids", "ids.txt", "--history", "history.json", "--curve-svg", "curve.svg")
    assert done.stdout.splitlines() == [
        "shards  wall   paid   longest  bound by",
        "1       6.0 s  6.0 s  -        -",
        "2       3.0 s  6.0 s  shard 1  -",
        "4       2.0 s  6.0 s  shard 1  t.py::a (test 2.0 s)",
        "8       2.0 s  6.0 s  shard 1  t.py::a (test 2.0 s)",
    ]
    assert ET.fromstring((folder / "curve.svg").read_text()).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert run(folder, "plan", "--nodeids", "ids.txt", "--curve").returncode == 4


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
        ("--shards 2 --nodeids ids.txt --history foreign.json", "foreign.json: it is no history"),
        ("--shards 2 --nodeids ids.txt --history gone.json", "gone.json: the history can't be read: No such file"),
        ("--shards 2 --nodeids ids.txt --workers x", 'plan: --workers needs a whole number, not "x"'),
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
    (folder / "foreign.json").write_text('{"name": "shop"}')
    (folder / "nan.json").write_text('{"a::b": NaN}')
    before = sorted(folder.iterdir())
    done = run(folder, "plan", *words.split())
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"juncture: {message}")
    assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before
