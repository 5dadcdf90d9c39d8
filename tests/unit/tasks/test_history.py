"""``juncture history.*`` in real processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from juncture.sharding.files import read_history
from juncture.sharding.history import FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.history_document import history_to_json
from juncture.tasks._history import history_screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Run


def history(*nodeids: str, seen: int = 1, complete: tuple[int, ...] = ()) -> History:
    """Return a history of these tests."""
    return History({nodeid: KnownTest(seen, 1_500_000, (1_500_000,)) for nodeid in nodeids}, {}, complete)


def test_show_has_the_costliest_first() -> None:
    """Tests, then fixtures with what they belong to, then what is known in all."""
    tests = {f"t.py::{n}": KnownTest(1, n * 1000, (n * 1000,)) for n in range(1, 4)}
    tests["t.py::new"] = KnownTest(1)
    fixtures = {
        FixtureKey("tests", "db", "module", "1", "tests/a.py"): KnownFixture(1, 61_000_000, 250_000),
        FixtureKey("tests", "app", "session"): KnownFixture(1, 1_000),
    }
    assert history_screen(History(tests, fixtures, (1,)), 2) == [
        "test     mean     p85      runs",
        "t.py::3  0.003 s  0.003 s  1",
        "t.py::2  0.002 s  0.002 s  1",
        "",
        "fixture  setup     teardown  scope    of",
        "db[1]    61.000 s  0.250 s   module   tests/a.py",
        "app      0.001 s   0.000 s   session  tests",
        "",
        "4 tests, 0.006 s in all; 2 instances of shared fixtures; 1 run of the whole suite",
    ]


def test_import_takes_pytest_splits_durations(tmp_path: Path, run: Run) -> None:
    """To import twice changes nothing; histories of several jobs are put together in one file."""
    (tmp_path / ".test_durations").write_text('{"a": 1.0, "b": 2.5}')
    (tmp_path / "other.json").write_text(history_to_json(history("b", "c")))
    words = ("history.import", ".test_durations", "other.json", "--out", "history.json")
    assert run(tmp_path, *words).stdout == "history.json: 3 tests, 3 of them new\n"
    found = read_history(tmp_path / "history.json")
    assert [found.time_of(nodeid) for nodeid in "abc"] == [1_000_000, 1_500_000, 1_500_000]
    assert run(tmp_path, *words).stdout == "history.json: 3 tests, 0 of them new\n"
    shown = run(tmp_path, "history.show", "history.json", "--top", "1").stdout
    assert shown.splitlines()[:2] == ["test  mean     p85      runs", "b     1.500 s  1.500 s  1"]


def test_prune_drops_what_is_gone(tmp_path: Path, run: Run) -> None:
    """By a list of tests, or by the newest runs of the whole suite."""
    path = tmp_path / "history.json"
    both = History({**history("a", seen=1).tests, **history("b", "c", seen=5).tests}, {}, (1, 5))
    path.write_text(history_to_json(both))
    (tmp_path / "ids.txt").write_text("a\nb\n")
    done = run(tmp_path, "history.prune", "history.json", "--nodeids", "ids.txt")
    assert done.stdout == "history.json: 1 test dropped, 2 kept\n"
    assert run(tmp_path, "history.prune", "history.json").stdout == "history.json: 1 test dropped, 1 kept\n"
    assert list(read_history(path).tests) == ["b"]


def test_declared_history_is_meant_by_default(project: Path, run: Run) -> None:
    """Where the declaration names a file, no command has to."""
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(text.replace("shards = 4", 'history = "h.json"'))
    (project / "d.json").write_text('{"a": 1.0}')
    assert run(project, "history.import", "d.json").returncode == 0
    assert json.loads((project / "h.json").read_text())["tests"]["a"]["mean"] == 1_000_000
    assert run(project, "history.show").stdout.endswith(
        "1 test, 1.000 s in all; 0 instances of shared fixtures; 0 runs of the whole suite\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("history.show", "history: which history?"),
        ("history.show a b", "history: one history at a time"),
        ("history.show gone.json", "gone.json: the history can't be read: No such file"),
        ("history.show torn.json", "torn.json: not JSON"),
        ("history.show torn.json --top x", "torn.json: not JSON"),
        ("history.import", "history.import: there is no file to import"),
        ("history.import torn.json --out h.json", "torn.json: not JSON"),
        ("history.import h.json --out torn.json", "torn.json: not JSON"),
        ("history.prune h.json --runs 0", 'history: --runs needs a whole number above 0, not "0"'),
        ("history.prune h.json --nodeids gone.txt", "gone.txt: the list can't be read"),
    ],
)
def test_bad_input_is_one_clear_error(project: Path, run: Run, words: str, message: str) -> None:
    """Each mistake is told with its place, ends with the usage error's code and changes no file."""
    (project / "torn.json").write_text('{"version": 1, "te')
    (project / "h.json").write_text(history_to_json(history("a")))
    before = {path.name: path.read_bytes() for path in project.iterdir()}
    done = run(project, *words.split())
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"juncture: {message}")
    assert {path.name: path.read_bytes() for path in project.iterdir()} == before
