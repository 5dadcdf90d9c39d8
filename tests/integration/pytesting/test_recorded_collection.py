"""What a journal says of a collection, in real runs: groups, shared fixtures, what is planned, what is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.sharding import group_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recorded import Recorded

GROUPS = """
import pytest, unittest
@pytest.fixture(scope="session")
def server(): pass
@pytest.fixture(scope="module")
def database(server): pass
@pytest.fixture
def cursor(database): pass
def test_alone(): pass
def test_deep(cursor, tmp_path): pass
@pytest.mark.xdist_group("together")
def test_marked(): pass
@pytest.mark.xdist_group(name="other")
@pytest.mark.xdist_group("together")
def test_marked_twice(): pass
class TestA:
    @pytest.mark.parametrize("x", ["p::q", "[", "a/b.py"])
    def test_in_class(self, x): pass
    class TestB:
        def test_nested(self, server): pass
class TestC(unittest.TestCase):
    @classmethod
    def setUpClass(cls): pass
    def test_unit(self): pass
"""


def test_what_is_collected_has_its_group_and_shared_fixtures(record: Callable[..., Recorded]) -> None:
    """The mark's name, else class or module, as the planner finds from the node id alone."""
    run = record(GROUPS)
    (event,) = run.events("collected")
    found = {test["id"].removeprefix("test_it.py::"): (test["group"], test["fixtures"]) for test in event["tests"]}
    assert found["test_alone"] == ("test_it.py", [])
    assert found["test_deep"] == ("test_it.py", ["database", "server", "tmp_path_factory"])
    assert found["test_marked"][0] == "together"
    assert found["test_marked_twice"][0] == "other_together"
    assert found["TestA::TestB::test_nested"] == ("test_it.py::TestA::TestB", ["server"])
    unit = found["TestC::test_unit"]
    assert (unit[0], len(unit[1])) == ("test_it.py::TestC", 1)
    unmarked = [test for test in event["tests"] if "marked" not in test["id"]]
    assert [test["group"] for test in unmarked] == [group_of(test["id"]) for test in unmarked]


def test_group_that_xdist_appends_is_left_out(record: Callable[..., Recorded]) -> None:
    """With ``--dist loadgroup`` a node id in a worker of pytest 8 ends in its group; the journal has the plan's."""
    run = record(
        "import pytest\n@pytest.mark.xdist_group('g')\ndef test_a(record_xml_attribute):\n"
        "    record_xml_attribute('name', 'x')",
        *("-n", "1", "--dist", "loadgroup"),
    )
    assert {event["test"] for name in ("started", "attribute", "phase") for event in run.events(name)} == {
        "test_it.py::test_a"
    }
    assert list(run.record.planned) == ["test_it.py::test_a"]


def test_what_is_deselected_is_not_planned(record: Callable[..., Recorded]) -> None:
    """Only what shall run can be missing."""
    run = record("def test_a(): pass\ndef test_b(): pass", "-k", "test_a")
    assert list(run.record.planned) == ["test_it.py::test_a"]


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_cannot_be_collected_is_an_error(record: Callable[..., Recorded], options: tuple[str, ...]) -> None:
    """It is named, once, also where xdist runs everything else."""
    run = record("def test_a(): pass", *options, test_broken="import nowhere_to_be_found")
    assert run.record.errors == ("test_broken.py could not be collected",)
    assert "No module named 'nowhere_to_be_found'" in run.record.collects[0].text
    assert run.record.missing == (() if options else ("test_it.py::test_a",))
    assert run.record.stopped == (() if options else ("Interrupted: 1 error during collection",))


READS_AHEAD = """
import json, pathlib, os
def pytest_xdist_node_collection_finished(node, ids):
    text = (pathlib.Path(os.environ["SEEN"]) / f"journal-{node.gateway.id}.jsonl").read_text()
    events = [json.loads(line) for line in text.splitlines()]
    found = [test["id"] for event in events if event["event"] == "collected" for test in event["tests"]]
    assert found == list(ids), "the worker told its controller before its journal"
    print("read ahead:", node.gateway.id)
"""


def test_controller_finds_what_a_worker_collected_in_its_journal(
    record: Callable[..., Recorded], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As soon as the worker says that it has collected: a scheduler may read it."""
    monkeypatch.setenv("SEEN", str(tmp_path / "b"))
    run = record("def test_a(): pass\ndef test_b(): pass", "-n", "2", "-s", into=tmp_path / "b", conftest=READS_AHEAD)
    run.result.assert_outcomes(passed=2)
    run.result.stdout.fnmatch_lines_random(["*read ahead: gw0", "*read ahead: gw1"])
