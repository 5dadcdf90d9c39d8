"""Write a JUnit file from what was recorded: test by test what pytest's own ``--junit-xml`` would have said.

The elements are ElementTree's, one case at a time. junitparser's classes would hold the whole tree and count it again:
200,000 cases take them 5 s and 260 MB.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from juncture.host.files import replacing
from juncture.merging.cases import Cases, address, cases_of, collect_case, error_case, legal, properties_of
from juncture.merging.xml import escaped, start_tag, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from juncture.merging.values import Suite
    from juncture.recording.outcomes import RunRecord, TestRecord

__all__ = ["LIMIT", "write"]

LIMIT = 30_000_000
"""Bytes of one file that GitLab reads; of a larger one it shows nothing.

Source: https://docs.gitlab.com/ci/testing/unit_test_reports/
"""

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="pytest tests">'
_TAIL = "</testsuites>\n"
_END = "</testsuite>"


class _Entry(NamedTuple):
    """One case as text, and what it adds to its suite's counters."""

    text: str
    tags: tuple[str, ...]
    tests: int


class _Passed(NamedTuple):
    """A test that simply passed, as nearly all do: it needs no elements; ``rest`` is what follows its names."""

    classname: str
    name: str
    rest: str


@dataclass(slots=True)
class _Part:
    """What one file has of one suite."""

    suite: Suite
    texts: list[str] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    tests: int = 0


def write(path: Path, suites: Iterable[Suite], *, limit: int = LIMIT) -> list[Path]:
    """Write one test suite for each of ``suites``, its tests sorted by node id, and return the files.

    What was planned and never ran is an error, so that whoever reads this file alone misses nothing. Several processes
    of one suite are told apart by properties of their cases. Where the file would have more than ``limit`` bytes, what
    does not fit is in further ones: ``junit.2.xml``, ...
    """
    paths = []
    for number, parts in enumerate(_files(suites, limit), 1):
        paths.append(path if number == 1 else path.with_stem(f"{path.stem}.{number}"))
        with replacing(paths[-1]) as unfinished, unfinished.open("w", encoding="utf-8") as file:
            file.write(_HEAD)
            for part in parts:
                file.write(_start(part))
                file.writelines(part.texts)
                file.write(_END)
            file.write(_TAIL)
    return paths


def _files(suites: Iterable[Suite], limit: int) -> Iterator[list[_Part]]:
    """Yield what goes into each file; there is at least one."""
    parts: list[_Part] = []
    names = _Names()
    room = limit
    for suite in suites:
        parts.append(_Part(suite))
        room -= 2 * len(_start(parts[-1]))  # its counters have more digits in the end
        for entry in names.distinct(suite):
            size = len(entry.text.encode())
            if size > room and parts[-1].texts:
                yield parts
                parts = [_Part(suite)]
                room = limit - 2 * len(_start(parts[-1]))
            parts[-1].texts.append(entry.text)
            parts[-1].tags.update(entry.tags)
            parts[-1].tests += entry.tests
            room -= size
    yield parts


class _Names:
    """Keeps the names of all cases distinct: GitLab takes the first of a class name and name only."""

    def __init__(self) -> None:
        self._others: set[tuple[str, str]] = set()

    def distinct(self, suite: Suite) -> Iterator[_Entry]:
        """Yield a suite's cases; those of another suite's names get its name, those of their own a number."""
        seen: Counter[tuple[str, str]] = Counter()
        for cases in _cases(suite):
            if isinstance(cases, _Passed):
                names = (cases.classname, cases.name)
            else:
                names = (cases.elements[0].get("classname", ""), cases.elements[0].get("name", ""))
            seen[names] += 1
            addition = f" ({suite.name})" if names in self._others else ""
            addition += f" ({seen[names]})" if seen[names] > 1 else ""
            yield from _entries(cases, addition)
        self._others.update(seen)


def _entries(cases: Cases | _Passed, addition: str) -> Iterator[_Entry]:
    """Yield the cases of one test as text, with an ``addition`` to its name."""
    if isinstance(cases, _Passed):
        name = escaped(cases.name + addition)
        yield _Entry(f'<testcase classname="{escaped(cases.classname)}" name="{name}" {cases.rest}\n', (), 1)
        return
    for at, case in enumerate(cases.elements):
        if addition:
            case.set("name", f"{case.get('name')}{addition}")
        yield _Entry(f"{to_text(case)}\n", tuple([child.tag for child in case]), 0 if at else cases.tests)


def _passed(test: TestRecord, record: RunRecord, properties: str) -> _Passed:
    """Return the case of a test that simply passed: the same as `cases_of` makes, in a fraction of the time."""
    settings = record.junit
    classname, name = address(test.nodeid, settings.prefix)
    counted = [taken for phase, taken in test.seconds.items() if settings.duration_report in {"total", phase}]
    inside = f">{properties}</testcase>" if properties else " />"
    return _Passed(legal(classname), legal(name), f'time="{sum(counted):.3f}"{inside}')


def _simply_passed(test: TestRecord, record: RunRecord) -> bool:
    more = test.reports or test.reruns or test.attributes or test.passes != 1
    return test.outcome == "passed" and not more and record.junit.logging == "no"


def _cases(suite: Suite) -> Iterator[Cases | _Passed]:
    """Yield the cases of one suite: what went wrong around the tests, the tests, and what never ran."""
    collected: set[str] = set()
    for record in suite.records:
        yield from _around(record, collected)
    properties: dict[tuple[int, str], str] = {}
    origins = {id(test): record for record in suite.records for test in record.tests}
    for test in suite.tests:
        record = origins[id(test)]
        if _simply_passed(test, record) and test.nodeid not in suite.earlier:
            where = (id(record), test.worker)
            if where not in properties:
                found = properties_of(_added(test, record))
                properties[where] = to_text(found) if found is not None else ""
            yield _passed(test, record, properties[where])
            continue
        yield cases_of(test, record.junit, _added(test, record), suite.earlier.get(test.nodeid, ()))
    lost = {nodeid for problem in suite.problems for nodeid in problem.tests} - {test.nodeid for test in suite.tests}
    for nodeid in sorted(lost):
        yield _error(*address(nodeid), "this test never ran", ["It was planned, and no process started it."])


def _around(record: RunRecord, collected: set[str]) -> Iterator[Cases]:
    """Yield what went wrong outside of the tests, or was skipped as a whole; each shard may tell of the same."""
    for nodeid in sorted({each.nodeid for each in record.collects} - collected):
        collected.add(nodeid)
        found = [each for each in record.collects if each.nodeid == nodeid]
        yield Cases([collect_case(found, record.junit)], tests=len(found))
    if record.internal:
        yield _error("pytest", "internal", "internal error", record.internal)


def _error(classname: str, name: str, message: str, texts: Sequence[str]) -> Cases:
    """Return a case of errors that no test met."""
    return Cases([error_case(classname, name, message, texts)], tests=len(texts))


def _start(part: _Part) -> str:
    """Return the start tag of a suite, and its properties."""
    records = part.suite.records
    began = min((record.began for record in records), default=0.0)
    element = ET.Element(
        "testsuite",
        name=legal(part.suite.name),
        errors=str(part.tags["error"]),
        failures=str(part.tags["failure"]),
        skipped=str(part.tags["skipped"]),
        tests=str(part.tests),
        time=f"{max((worker.wall for record in records for worker in record.workers), default=0.0):.3f}",
        timestamp=datetime.fromtimestamp(began, UTC).isoformat(),
    )
    properties = properties_of(dict.fromkeys(each for record in records for each in record.properties))
    return f"{start_tag(element)}{to_text(properties) if properties is not None else ''}\n"


def _added(test: TestRecord, record: RunRecord) -> list[tuple[str, str]]:
    """Return what ran a test, where that was one of several, as properties."""
    what = "juncture.rerun" if record.rerun else "juncture.shard"
    added = [(what, f"{record.shard}/{record.total}")] if record.total > 1 or record.rerun else []
    added += [("juncture.worker", test.worker)] if len(record.workers) > 1 else []
    added += [("juncture.attempt", str(record.attempt))] if record.attempt > 1 else []
    return added
