"""The controller's knowledge of its workers: what they collected, and what became of what a dead one held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.pytesting.controller import Controller, is_part
from juncture.recording.journal import Journal
from juncture.sharding.history import NO_HISTORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUN = "run-1"


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    """Return a controller whose bundle is the test's folder."""
    return Controller({"JUNCTURE_BUNDLE": str(tmp_path), "JUNCTURE_RUN": RUN}, NO_HISTORY)


@pytest.fixture
def journal(tmp_path: Path) -> Callable[..., Journal]:
    """Return a function that opens a worker's journal."""

    def opened(worker: str = "gw0", run: str = RUN) -> Journal:
        return Journal(tmp_path / f"journal-{worker}.jsonl", role="worker", worker=worker, run=run)

    return opened


def run_test(journal: Journal, nodeid: str, *phases: str, outcome: str = "passed") -> None:
    """Record the phases of a test."""
    journal.write("started", test=nodeid)
    for phase in phases:
        journal.write("phase", test=nodeid, phase=phase, outcome=outcome, seconds=0.1)


def test_the_journal_tells_what_was_in_flight(controller: Controller, journal: Callable[..., Journal]) -> None:
    """The first of what it held had ended, though xdist did not hear of it; the second had not."""
    mine = journal()
    run_test(mine, "test_a.py::test_1", "setup", "call", "teardown")
    run_test(mine, "test_a.py::test_2", "setup")
    held = ["test_a.py::test_1", "test_a.py::test_2", "test_a.py::test_3"]
    assert controller._fate("gw0", held) == ("test_a.py::test_2", ("test_a.py::test_1",))


def test_a_worker_that_died_between_two_tests_had_none_in_flight(
    controller: Controller, journal: Callable[..., Journal]
) -> None:
    """What it held had not begun."""
    run_test(journal(), "test_a.py::test_1", "setup", "call", "teardown")
    assert controller._fate("gw0", ["test_a.py::test_2"]) == ("", ())


def test_a_test_that_was_to_be_tried_again_was_in_flight(
    controller: Controller, journal: Callable[..., Journal]
) -> None:
    """Its last attempt asked for another one, which never came."""
    run_test(journal(), "test_a.py::test_1", "setup", "call", "teardown", outcome="rerun")
    assert controller._fate("gw0", ["test_a.py::test_1"]) == ("test_a.py::test_1", ())


@pytest.mark.parametrize(("worker", "run"), [("gw1", RUN), ("gw0", "another"), ("gw01", RUN)])
def test_other_journals_say_nothing(
    controller: Controller, journal: Callable[..., Journal], worker: str, run: str
) -> None:
    """Not that of another worker, and not one that an earlier run left in the bundle."""
    run_test(journal(worker, run), "test_a.py::test_1", "setup")
    assert controller._fate("gw0", ["test_a.py::test_1"]) is None


def test_a_damaged_journal_says_nothing(controller: Controller, tmp_path: Path) -> None:
    """It is the merge that complains of it."""
    (tmp_path / "journal-gw0.jsonl").write_text("{}\nnonsense\n{}\n")
    assert controller._fate("gw0", ["test_a.py::test_1"]) is None
    assert controller._collected() == []


def test_the_first_journal_with_a_collection_counts(controller: Controller, journal: Callable[..., Journal]) -> None:
    """A worker may have died before it had collected."""
    journal("gw0")
    tests = [{"id": "test_a.py::test_1", "group": "g", "fixtures": ["db"]}]
    journal("gw1").write("collected", tests=tests)
    assert controller._collected() == tests


@pytest.mark.parametrize(
    ("group", "part"),
    [("test_a.py", True), ("test_a.py::TestOne", True), ("test_a.py::TestOne::test_1", True), ("test_a", False)],
)
def test_a_group_that_is_no_part_of_the_node_id_is_a_marks(group: str, part: bool) -> None:  # noqa: FBT001 - a parameter
    """It is never divided."""
    assert is_part(group, "test_a.py::TestOne::test_1[x]") is part
