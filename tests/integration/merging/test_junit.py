"""The JUnit file from journals, beside the one that pytest itself writes of the same run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from bundled import suite_of
from every_outcome import TESTS, write_every_outcome

from juncture.merging import junit
from juncture.recording.journal import read
from juncture.recording.outcomes import RunRecord, read_run

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = Path(__file__).resolve().parents[2] / "support" / "xunit2.xsd"

DROPPED = ("CI", "JUNCTURE_COVERAGE", "JUNCTURE_RUN", "JUNCTURE_SUITE", "PYTEST_XDIST_WORKER")

VARIABLE = ("time", "timestamp", "hostname")
"""Attributes in which the two files may differ."""

MILLISECOND = 0.0011
"""And a little, as two sums of floating point numbers may be rounded to either side."""

Case = tuple[str, str, str]
"""A case's class name, name and text."""


class Pair:
    """Two files of one run, and its record."""

    def __init__(self, theirs: Path, ours: Path, record: RunRecord) -> None:
        """Keep them."""
        self.theirs = theirs
        self.ours = ours
        self.record = record


@pytest.fixture
def both(
    tmp_path: Path,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Pair]:
    """Return a function that runs the suite with every outcome, and returns the two files of that run."""
    for name in DROPPED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")

    def run(*options: str, settings: str = "") -> Pair:
        write_every_outcome(pytester.path, settings=settings)
        bundle = tmp_path / "bundle"
        monkeypatch.setenv("JUNCTURE_BUNDLE", str(bundle))
        theirs, ours = tmp_path / "theirs.xml", tmp_path / "ours.xml"
        result = pytester.runpytest_subprocess("-q", f"--junit-xml={theirs}", *options)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        record = read_run([read(path) for path in sorted(bundle.glob("journal-*.jsonl"))])
        junit.write(ours, [suite_of(record, name="pytest")])
        return Pair(theirs, ours, record)

    return run


def parts(path: Path) -> tuple[dict[str, str], list[str], list[Case]]:
    """Return the suite's attributes, its properties and its cases, sorted, without what may differ."""
    root = ET.parse(path).getroot()  # noqa: S314 - written here
    (suite,) = root
    assert root.attrib == {"name": "pytest tests"}
    texts: list[str] = []
    cases: list[Case] = []
    for element in suite:
        element.tail = None
        for name in VARIABLE:
            element.attrib.pop(name, None)
        _without_added(element)
        text = ET.tostring(element, encoding="unicode")
        if element.tag == "testcase":
            cases.append((element.get("classname", ""), element.get("name", ""), text))
        else:
            texts.append(text)
    return {name: value for name, value in suite.attrib.items() if name not in VARIABLE}, texts, sorted(cases)


def _without_added(case: ET.Element) -> None:
    """Take out the properties that tell which process ran a case: pytest's file has none."""
    properties = case.find("properties")
    if properties is None:
        return
    for each in list(properties):
        if each.get("name", "").startswith("juncture."):
            properties.remove(each)
    if not len(properties):
        case.remove(properties)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ("", ()),
        ('junit_logging = "all"', ()),
        ('junit_logging = "all"\njunit_log_passing_tests = false', ()),
        ('junit_logging = "out-err"\njunit_duration_report = "call"', ("--junit-prefix=pre", "--tb=short")),
        ('junit_logging = "log"', ("--doctest-modules", "-p", "no:logging")),
    ],
)
def test_file_is_equal_to_pytests_own(both: Callable[..., Pair], settings: str, options: tuple[str, ...]) -> None:
    """Counters, cases, messages, texts, properties and output, on a suite with every outcome."""
    pair = both(*options, settings=settings)
    assert len(pair.record.tests) >= TESTS
    theirs, ours = parts(pair.theirs), parts(pair.ours)
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1] != []
    assert ours[2] == theirs[2]


def test_file_of_two_workers_is_equal_to_pytests_own(both: Callable[..., Pair]) -> None:
    """But for what pytest can't be told in a worker: the suite's properties, and a test's own attributes."""
    pair = both("-n", "2", settings='junit_logging = "all"')
    assert {test.worker for test in pair.record.tests} == {"gw0", "gw1"}
    theirs, ours = parts(pair.theirs), parts(pair.ours)
    assert ours[0] == theirs[0]
    assert theirs[1] == []
    assert ours[1] == ['<properties><property name="ARCH" value="&lt;PPC&gt;" /></properties>']
    own = [case for case in ours[2] if case[1] != "test_attribute"]
    assert own == [case for case in theirs[2] if case[1] != "test_attribute"]
    assert [case[0] for case in ours[2] if case[1] == "test_attribute"] == ["my.own"]


def test_seconds_are_pytests_own(both: Callable[..., Pair]) -> None:
    """To the millisecond that is written; pytest counts a subtest's seconds twice, in its test's too."""
    pair = both()
    theirs, ours = (
        sorted((case.get("classname", ""), case.get("name", ""), float(case.get("time", ""))) for case in cases)
        for cases in (ET.parse(path).getroot().iter("testcase") for path in (pair.theirs, pair.ours))  # noqa: S314
    )
    apart = [
        (their, our)
        for their, our in zip(theirs, ours, strict=True)
        if abs(their[2] - our[2]) > MILLISECOND and not their[0].startswith("tests.test_subtests")
    ]
    assert apart == []


def test_file_is_valid_xunit2(both: Callable[..., Pair]) -> None:
    """By the schema of Jenkins, but for properties of a test, which pytest too puts where it allows none."""
    pair = both("-n", "2", settings='junit_logging = "all"')
    schema = xmlschema.XMLSchema(str(SCHEMA))
    tree = ET.parse(pair.ours)  # noqa: S314 - written here
    places = {error.path for error in schema.iter_errors(tree.getroot())}
    with_properties = [case for case in tree.getroot().iter("testcase") if case.find("properties") is not None]
    assert len(places) == len(with_properties) > TESTS
    for case in with_properties:
        case.remove(case[0])
    assert list(schema.iter_errors(tree.getroot())) == []


def test_cases_tell_their_worker(both: Callable[..., Pair]) -> None:
    """Behind the properties that a test has itself."""
    cases = ET.parse(both("-n", "2").ours).getroot().iter("testcase")  # noqa: S314 - written here
    found = {
        case.get("name"): [(each.get("name"), each.get("value")) for each in case.iter("property")] for case in cases
    }
    assert [name for name, _ in found["test_record"]] == ["key", "key", "juncture.worker"]
    assert {value for pairs in found.values() for name, value in pairs if name == "juncture.worker"} == {"gw0", "gw1"}


def test_schema_refuses_what_is_wrong() -> None:
    """The schema itself can fail."""
    schema = xmlschema.XMLSchema(str(SCHEMA))
    suite = '<testsuites><testsuite name="x" tests="{}" failures="0" errors="0">{}</testsuite></testsuites>'
    assert schema.is_valid(suite.format("1", '<testcase name="a"/>'))
    assert not schema.is_valid(suite.format("one", '<testcase name="a"/>'))
    assert not schema.is_valid(suite.format("1", '<testcase classname="a"/>'))
    assert not schema.is_valid(suite.format("1", '<testcase name="a" line="1"/>'))
    assert not schema.is_valid(suite.format("1", '<testcase name="a"><flakyFailure message="m"/></testcase>'))
