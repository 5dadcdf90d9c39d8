"""Tests of ``juncture.merging.junit``: the file as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import junitparser
import pytest

from juncture.merging import junit
from juncture.recording.outcomes import CollectRecord, Report, RunRecord, TestRecord, WorkerRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.model import Outcome


def one(nodeid: str, outcome: Outcome = "passed", worker: str = "gw0") -> TestRecord:
    """Return a test that passed or failed in a second."""
    reports = (Report(phase="call", outcome="failed", message="m", text="t"),) if outcome == "failed" else ()
    passes = int(outcome == "passed")
    return TestRecord(
        nodeid=nodeid, worker=worker, outcome=outcome, seconds={"call": 1.0}, reports=reports, passes=passes
    )


def run(*tests: TestRecord, workers: int = 1) -> RunRecord:
    """Return a run that took two seconds, on so many workers."""
    names = [f"gw{number}" for number in range(workers)]
    return RunRecord(
        tests=tests,
        workers=tuple(WorkerRecord(name=name, pid=1, closed=True, wall=2.0) for name in names),
        missing=(),
        torn=(),
        notes=(),
        began=1_700_000_000.25,
    )


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., ET.Element]:
    """Return a function that writes a file as ``junit.write`` does, and reads the suite back."""

    def write(*records: RunRecord, lost: tuple[str, ...] = ()) -> ET.Element:
        path = tmp_path / "junit.xml"
        junit.write(path, "integration", records, lost=lost)
        assert [each.name for each in tmp_path.iterdir()] == ["junit.xml"]
        (suite,) = ET.parse(path).getroot()  # noqa: S314 - written above
        return suite

    return write


def test_suite_has_the_counters_time_and_start(written: Callable[..., ET.Element]) -> None:
    """The counters are pytest's, the time is the longest process's, the start is in UTC."""
    assert written(run(one("a.py::test_a"), one("a.py::test_b", "failed"))).attrib == {
        "name": "integration",
        "errors": "0",
        "failures": "1",
        "skipped": "0",
        "tests": "2",
        "time": "2.000",
        "timestamp": "2023-11-14T22:13:20.250000+00:00",
    }


def test_cases_are_sorted_whatever_ran_first(written: Callable[..., ET.Element]) -> None:
    """Two merges of the same bundles give the same file."""
    records = [replace(run(one("b"), one("a")), shard=2, total=2), replace(run(one("c")), shard=1, total=2)]
    assert [case.get("name") for case in written(*records)] == ["a", "b", "c"]
    assert [case.get("name") for case in written(*reversed(records))] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("workers", "shard", "attempt", "group"),
    [
        (1, (1, 1), 1, None),
        (2, (1, 1), 1, "gw0"),
        (1, (2, 4), 1, "shard 2"),
        (2, (2, 4), 3, "shard 2, gw0, attempt 3"),
        (1, (1, 1), 2, "attempt 2"),
    ],
)
def test_case_says_what_ran_it_where_there_were_several(
    written: Callable[..., ET.Element], workers: int, shard: tuple[int, int], attempt: int, group: str | None
) -> None:
    """Shard, worker and attempt are told where they could have been others."""
    record = replace(run(one("a"), workers=workers), shard=shard[0], total=shard[1], attempt=attempt)
    assert written(record)[0].get("group") == group


def test_tests_of_one_name_get_numbers(written: Callable[..., ET.Element]) -> None:
    """GitLab takes the first of a name only; two tests are two."""
    suite = written(run(one("a/b.py::test_it"), one("a.b.py::test_it"), one("a.b.py::test_it", worker="gw1")))
    assert [case.get("name") for case in suite] == ["test_it", "test_it (2)", "test_it (3)"]
    assert {case.get("classname") for case in suite} == {"a.b"}


def test_two_cases_of_one_test_keep_their_name(written: Callable[..., ET.Element]) -> None:
    """A failed call and its failed teardown are one test, as in pytest's file."""
    teardown = Report(phase="teardown", outcome="failed", message="t", text="t")
    failed = one("a.py::test_it", "failed")
    suite = written(run(replace(failed, reports=(*failed.reports, teardown))))
    assert [case.get("name") for case in suite] == ["test_it", "test_it"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")


def test_tests_that_never_ran_are_errors(written: Callable[..., ET.Element]) -> None:
    """Whoever reads this file alone sees what is missing; a test that did run is not among it."""
    suite = written(run(one("a.py::test_a")), lost=("b.py::test_c", "b.py::test_b", "a.py::test_a"))
    assert [(case.get("classname"), case.get("name")) for case in suite][1:] == [("b", "test_b"), ("b", "test_c")]
    assert [child.get("message") for case in suite for child in case] == ["this test never ran"] * 2
    assert (suite.get("tests"), suite.get("errors")) == ("3", "2")


def test_what_went_wrong_outside_of_tests_is_told_once(written: Callable[..., ET.Element]) -> None:
    """Each shard collects everything, and so tells of the same errors."""
    collects = (CollectRecord(nodeid="tests/a.py", outcome="failed", text="boom"),)
    records = [replace(run(), shard=number, total=2, collects=collects) for number in (1, 2)]
    suite = written(*records, replace(run(), internal=("Traceback ...",)))
    assert [(case.get("name"), case[0].get("message")) for case in suite] == [
        ("tests.a", "collection failure"),
        ("internal", "internal error"),
    ]


def test_properties_of_the_suite_come_first(written: Callable[..., ET.Element]) -> None:
    """Each is told once, whatever shard said it."""
    records = [replace(run(one("a")), properties=(("ARCH", "PPC"),), shard=number, total=2) for number in (1, 2)]
    suite = written(*records)
    assert [child.tag for child in suite] == ["properties", "testcase", "testcase"]
    assert [child.attrib for child in suite[0]] == [{"name": "ARCH", "value": "PPC"}]


def test_no_run_at_all_is_an_empty_suite(written: Callable[..., ET.Element]) -> None:
    """A suite whose every bundle is lost still has a file, which claims nothing."""
    suite = written()
    assert (suite.get("tests"), suite.get("time"), len(suite)) == ("0", "0.000", 0)


def test_older_file_stays_where_writing_fails(tmp_path: Path) -> None:
    """The file is replaced whole or not at all, and nothing is left beside it."""
    path = tmp_path / "junit.xml"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        junit.write(path, "integration", [run(one("a"))])
    assert [each.name for each in tmp_path.iterdir()] == ["junit.xml"]


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    """The commonest reader of such files finds the same figures."""
    path = tmp_path / "junit.xml"
    junit.write(path, "ünï <店>", [run(one("a.py::test_a[\x00]"), one("a.py::test_b", "failed"))])
    (suite,) = junitparser.JUnitXml.fromfile(str(path))
    assert (suite.name, suite.tests, suite.failures) == ("ünï <店>", 2, 1)
    assert [case.name for case in suite] == ["test_a[#x00]", "test_b"]
