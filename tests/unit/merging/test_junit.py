"""Tests of ``juncture.merging.junit``: the file as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import junitparser
import pytest
from bundled import ran, recorded, suite_of

from juncture.merging import junit
from juncture.merging.values import Problem
from juncture.recording.outcomes import CollectRecord, Report, RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.model import Outcome


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., ET.Element]:
    """Return a function that writes a file as ``junit.write`` does, and reads the suite back."""

    def write(*records: RunRecord, lost: tuple[str, ...] = ()) -> ET.Element:
        path = tmp_path / "junit.xml"
        problems = (Problem(code="test-missing", text="x", tests=lost),)
        assert junit.write(path, [suite_of(*records, problems=problems)]) == [path]
        assert [each.name for each in tmp_path.iterdir()] == ["junit.xml"]
        (suite,) = ET.parse(path).getroot()  # noqa: S314 - written above
        return suite

    return write


def test_suite_has_the_counters_time_and_start(written: Callable[..., ET.Element]) -> None:
    """The counters are pytest's, the time is the longest process's, the start is in UTC."""
    assert written(recorded(ran("a.py::test_a"), ran("a.py::test_b", "failed"))).attrib == {
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
    records = [replace(recorded(ran("b"), ran("a")), shard=2, total=2), replace(recorded(ran("c")), shard=1, total=2)]
    assert [case.get("name") for case in written(*records)] == ["a", "b", "c"]
    assert [case.get("name") for case in written(*reversed(records))] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("workers", "shard", "attempt", "properties"),
    [
        (1, (1, 1), 1, {}),
        (2, (1, 1), 1, {"worker": "gw0"}),
        (1, (2, 4), 1, {"shard": "2/4"}),
        (2, (2, 4), 3, {"shard": "2/4", "worker": "gw0", "attempt": "3"}),
        (1, (1, 1), 2, {"attempt": "2"}),
    ],
)
def test_case_says_what_ran_it_where_there_were_several(
    written: Callable[..., ET.Element],
    workers: int,
    shard: tuple[int, int],
    attempt: int,
    properties: dict[str, str],
) -> None:
    """Shard, worker and attempt are told where they could have been others."""
    record = recorded(ran("a"), workers=workers, shard=shard[0], total=shard[1], attempt=attempt)
    found = {each.get("name"): each.get("value") for each in written(record).iter("property")}
    assert found == {f"juncture.{name}": value for name, value in properties.items()}


def test_tests_of_one_name_get_numbers(written: Callable[..., ET.Element]) -> None:
    """GitLab takes the first of a name only; two tests are two."""
    suite = written(recorded(ran("a/b.py::test_it"), ran("a.b.py::test_it"), ran("a.b.py::test_it", worker="gw1")))
    assert [case.get("name") for case in suite] == ["test_it", "test_it (2)", "test_it (3)"]
    assert {case.get("classname") for case in suite} == {"a.b"}


def test_two_cases_of_one_test_keep_their_name(written: Callable[..., ET.Element]) -> None:
    """A failed call and its failed teardown are one test, as in pytest's file."""
    teardown = Report(phase="teardown", outcome="failed", message="t", text="t")
    failed = ran("a.py::test_it", "failed")
    suite = written(recorded(replace(failed, reports=(*failed.reports, teardown))))
    assert [case.get("name") for case in suite] == ["test_it", "test_it"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")


def test_tests_that_never_ran_are_errors(written: Callable[..., ET.Element]) -> None:
    """Whoever reads this file alone sees what is missing; a test that did run is not among it."""
    suite = written(recorded(ran("a.py::test_a")), lost=("b.py::test_c", "b.py::test_b", "a.py::test_a"))
    assert [(case.get("classname"), case.get("name")) for case in suite][1:] == [("b", "test_b"), ("b", "test_c")]
    assert [child.get("message") for case in suite for child in case] == ["this test never ran"] * 2
    assert (suite.get("tests"), suite.get("errors")) == ("3", "2")


def test_what_went_wrong_outside_of_tests_is_told_once(written: Callable[..., ET.Element]) -> None:
    """Each shard collects everything, and so tells of the same errors."""
    collects = (CollectRecord(nodeid="tests/a.py", outcome="failed", text="boom"),)
    records = [replace(recorded(), shard=number, total=2, collects=collects) for number in (1, 2)]
    suite = written(*records, replace(recorded(), internal=("Traceback ...",)))
    assert [(case.get("name"), case[0].get("message")) for case in suite] == [
        ("tests.a", "collection failure"),
        ("internal", "internal error"),
    ]


def test_properties_of_the_suite_come_first(written: Callable[..., ET.Element]) -> None:
    """Each is told once, whatever shard said it."""
    records = [replace(recorded(ran("a")), properties=(("ARCH", "PPC"),), shard=number, total=2) for number in (1, 2)]
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
        junit.write(path, [suite_of(recorded(ran("a")))])
    assert [each.name for each in tmp_path.iterdir()] == ["junit.xml"]


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    """The commonest reader of such files finds the same figures."""
    path = tmp_path / "junit.xml"
    suite = suite_of(recorded(ran("a.py::test_a[\x00]"), ran("a.py::test_b", "failed")), name="ünï <店>")
    junit.write(path, [suite])
    (read,) = junitparser.JUnitXml.fromfile(str(path))
    assert (read.name, read.tests, read.failures) == ("ünï <店>", 2, 1)
    assert [case.name for case in read] == ["test_a[#x00]", "test_b"]


def test_suites_are_told_apart(tmp_path: Path) -> None:
    """Each suite is one in the same file; a test of a name that another suite has too gets that of its suite."""
    path = tmp_path / "junit.xml"
    junit.write(path, [suite_of(recorded(ran("a.py::test_a")), name=name) for name in ("unit-3.11", "unit-3.12")])
    suites = list(ET.parse(path).getroot())  # noqa: S314 - written above
    assert [suite.get("name") for suite in suites] == ["unit-3.11", "unit-3.12"]
    assert [suite[0].get("name") for suite in suites] == ["test_a", "test_a (unit-3.12)"]


def test_a_large_result_is_in_several_files(tmp_path: Path) -> None:
    """No file is larger than the limit, no case is lost or doubled, and each has its own counters."""
    path = tmp_path / "junit.xml"
    suite = suite_of(recorded(*(ran(f"a.py::test_{at:03}", "failed") for at in range(100))))
    paths = junit.write(path, [suite], limit=4000)
    assert [each.name for each in paths[:2]] == ["junit.xml", "junit.2.xml"]
    assert len(paths) >= 3
    names: list[str | None] = []
    for each in paths:
        assert each.stat().st_size <= 4000
        (part,) = ET.parse(each).getroot()  # noqa: S314 - written above
        assert part.get("failures") == str(len(part)) != "0"
        names += [case.get("name") for case in part]
    assert names == [f"test_{at:03}" for at in range(100)]


@pytest.mark.parametrize(("outcome", "tag"), [("passed", "flakyFailure"), ("failed", "rerunFailure")])
def test_failures_of_older_attempts_are_kept(outcome: Outcome, tag: str, tmp_path: Path) -> None:
    """As Surefire writes them: flaky where the test ended well, a rerun where it did not."""
    earlier = {"a.py::test_a": (Report(phase="call", outcome="failed", message="once", text="trace"),)}
    path = tmp_path / "junit.xml"
    junit.write(path, [suite_of(recorded(ran("a.py::test_a", outcome)), earlier=earlier)])
    found = ET.parse(path).getroot().find(f".//{tag}")  # noqa: S314 - written above
    assert found is not None
    assert (found.get("message"), found.findtext("stackTrace")) == ("once", "trace")
