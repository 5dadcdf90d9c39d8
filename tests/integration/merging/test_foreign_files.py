"""Files that real tools wrote: each is merged, with nothing of it lost, or refused with a reason.

Those in ``dorny`` are fixtures of dorny/test-reporter (MIT, see the licence beside them); those in ``tools`` were
written by the tools themselves or after their documentation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import junitparser
import pytest
from foreign import contents, counts_of

from juncture.merging.foreign import merge_files, read_totals

SAMPLES = Path(__file__).parents[2] / "support" / "junit"

MERGED = {
    # file: suites, cases, failures, errors, skipped, flaky
    "dorny/empty_java-junit": (1, 0, 0, 0, 0, 0),
    "dorny/empty_jest-junit-empty-testsuite": (1, 0, 0, 0, 0, 0),
    "dorny/empty_phpunit-empty": (0, 0, 0, 0, 0, 0),
    "dorny/external_java_empty_failures": (1, 3, 1, 0, 0, 0),
    "dorny/jest-junit": (2, 6, 4, 0, 1, 0),
    "dorny/jest-junit-eslint": (1, 1, 0, 0, 0, 0),
    "dorny/junit-with-message": (1, 1, 1, 0, 0, 0),
    "dorny/nette-tester_BootstrapFormRenderer-report": (1, 4, 0, 0, 0, 0),
    "dorny/phpunit_phpunit": (4, 12, 2, 0, 0, 0),
    "dorny/phpunit_phpunit-paths": (1, 6, 6, 0, 0, 0),
    "dorny/python-xunit-pytest": (1, 10, 2, 0, 2, 0),
    "dorny/python-xunit-unittest": (1, 8, 1, 1, 2, 0),
    "dorny/swift-xunit": (1, 3, 1, 0, 0, 0),
    "dorny/test-errors_jest_jest-test-results": (2, 2, 0, 2, 0, 0),
    "tools/bazel": (1, 1, 0, 1, 0, 0),
    "tools/catch2": (1, 4, 1, 1, 1, 0),
    "tools/ctest": (1, 5, 1, 0, 3, 0),
    "tools/googletest": (1, 3, 1, 0, 1, 0),
    "tools/gotestsum": (2, 4, 1, 1, 1, 0),
    "tools/jest-junit": (2, 6, 2, 1, 1, 0),
    "tools/mocha-xunit": (1, 4, 2, 0, 1, 0),
    "tools/nested": (3, 3, 1, 0, 0, 0),
    "tools/nextest": (1, 3, 1, 0, 0, 1),
    "tools/node-test": (2, 5, 1, 0, 2, 0),
    "tools/surefire-flaky": (1, 3, 1, 0, 0, 1),
}
REFUSED = {
    "dorny/dotnet-nunit": (2, "NUnit 3's own format"),
    "dorny/external_nunit-sample": (2, "NUnit 3's own format"),
}


def test_every_sample_has_its_line_above() -> None:
    """A file that is added has to be looked at."""
    found = {str(path.relative_to(SAMPLES).with_suffix("")) for path in SAMPLES.rglob("*.xml")}
    assert found == {*MERGED, *REFUSED}


@pytest.mark.parametrize("name", MERGED)
def test_file_is_merged_with_nothing_lost(name: str, tmp_path: Path) -> None:
    """All that ElementTree reads in it is in the result, and the counts are what is there."""
    path, out = SAMPLES / f"{name}.xml", tmp_path / "out.xml"
    merged = merge_files(out, [str(path)])
    counts = merged.counts
    figures = (counts.suites, counts.tests, counts.failures, counts.errors, counts.skipped, counts.flaky)
    assert (merged.refused, figures) == ((), MERGED[name])
    assert contents(out) == contents(path)
    assert counts_of(out) == list(figures[1:5])
    again = read_totals([out])
    assert (again.tests, again.failures, again.errors, again.skipped, again.flaky) == figures[1:]


@pytest.mark.parametrize("name", [name for name in MERGED if name != "tools/node-test"])
def test_junitparser_reads_in_the_result_what_it_reads_in_the_file(name: str, tmp_path: Path) -> None:
    """Suite by suite and case by case; it knows no case outside of a suite, which Node writes."""
    path, out = SAMPLES / f"{name}.xml", tmp_path / "out.xml"
    merge_files(out, [str(path)])
    assert _read(out) == _read(path)


@pytest.mark.parametrize("name", REFUSED)
def test_file_of_another_format_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """The reason says what it is, and the place is that of its root element."""
    line, reason = REFUSED[name]
    (refused,) = merge_files(tmp_path / "out.xml", [str(SAMPLES / f"{name}.xml")]).refused
    assert reason in refused.reason
    assert (refused.line, refused.column) == (line, 1)


def test_all_samples_make_one_file(tmp_path: Path) -> None:
    """In the order of their names, and the refused ones are not in it."""
    out = tmp_path / "out.xml"
    merged = merge_files(out, [str(SAMPLES)])
    assert len(merged.refused) == len(REFUSED)
    assert contents(out) == [each for file in merged.files for each in contents(file.path)]
    assert counts_of(out) == [sum(column) for column in zip(*(each[1:5] for each in MERGED.values()), strict=True)]


def _read(path: Path) -> list[object]:
    """Return what junitparser sees of each suite."""
    root: Any = junitparser.JUnitXml.fromfile(str(path))
    return [_suite(each) for each in ([root] if isinstance(root, junitparser.TestSuite) else root)]


def _suite(suite: Any) -> object:
    cases = [
        (case.classname, case.name, case.time, [(type(each), each.message, each.text) for each in case.result])
        for case in suite
        if isinstance(case, junitparser.TestCase)
    ]
    properties = [(each.name, each.value) for each in suite.properties()]
    return (suite.name, suite.timestamp, properties, cases, [_suite(each) for each in suite.testsuites()])
