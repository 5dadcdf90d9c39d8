"""Write a JUnit file from what was recorded: test by test what pytest's own ``--junit-xml`` would have said.

The elements are ElementTree's, one case at a time. junitparser's classes would hold the whole tree and count it again:
200,000 cases take them 5 s and 260 MB.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from juncture.merging.cases import Cases, address, cases_of, collect_case, error_case, legal, properties_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from juncture.recording.outcomes import RunRecord, TestRecord

__all__ = ["write"]


def write(path: Path, suite: str, records: Iterable[RunRecord], *, lost: Iterable[str] = ()) -> None:
    """Write ``path`` with one test suite, named ``suite``, of the tests of all ``records``, sorted by node id.

    ``lost`` are tests that were planned; those of them that never ran are errors, so that whoever reads this file alone
    misses none. The attribute ``group`` of a case says what ran it where that was one of several (``shard 2, gw1``):
    the schema of xunit2 allows no properties there.
    """
    found = sorted(records, key=lambda record: (record.shard, record.attempt))
    body = _Body()
    for record in found:
        body.add_around(record)
    runs = [(test, record) for record in found for test in record.tests]
    for test, record in sorted(runs, key=lambda run: (run[0].nodeid, run[1].shard, run[0].worker)):
        body.add(cases_of(test, record.junit, **_group(test, record)))
    for nodeid in sorted({*lost} - {test.nodeid for test, _ in runs}):
        body.add_error(*address(nodeid), "this test never ran", ["It was planned, and no process started it."])
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(_head(suite, found, body))
            file.writelines(body.cases)
            file.write("</testsuite></testsuites>\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@dataclass(slots=True)
class _Body:
    """The cases as text, and the counters of the suite as pytest keeps them."""

    cases: list[str] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    tests: int = 0
    _names: Counter[tuple[str, str]] = field(default_factory=Counter)
    _collects: set[str] = field(default_factory=set)

    def add(self, cases: Cases) -> None:
        """Add the cases of one test; another test of the same names gets a number, as GitLab takes the first only."""
        names = (cases.elements[0].get("classname", ""), cases.elements[0].get("name", ""))
        self._names[names] += 1
        for case in cases.elements:
            if self._names[names] > 1:
                case.set("name", f"{case.get('name')} ({self._names[names]})")
            self.tags.update(child.tag for child in case)
            self.cases.append(f"{ET.tostring(case, encoding='unicode')}\n")
        self.tests += cases.tests

    def add_around(self, record: RunRecord) -> None:
        """Add what went wrong outside of the tests, or was skipped as a whole; each shard may tell of the same."""
        for nodeid in sorted({each.nodeid for each in record.collects} - self._collects):
            self._collects.add(nodeid)
            found = [each for each in record.collects if each.nodeid == nodeid]
            self.add(Cases([collect_case(found, record.junit)], tests=len(found)))
        if record.internal:
            self.add_error("pytest", "internal", "internal error", record.internal)

    def add_error(self, classname: str, name: str, message: str, texts: Sequence[str]) -> None:
        """Add a case of errors that no test met."""
        self.add(Cases([error_case(classname, name, message, texts)], tests=len(texts)))


def _head(suite: str, records: Sequence[RunRecord], body: _Body) -> str:
    """Return the file's text up to the first case."""
    began = min((record.began for record in records), default=0.0)
    element = ET.Element(
        "testsuite",
        name=legal(suite),
        errors=str(body.tags["error"]),
        failures=str(body.tags["failure"]),
        skipped=str(body.tags["skipped"]),
        tests=str(body.tests),
        time=f"{max((worker.wall for record in records for worker in record.workers), default=0.0):.3f}",
        timestamp=datetime.fromtimestamp(began, UTC).isoformat(),
    )
    properties = properties_of(dict.fromkeys(each for record in records for each in record.properties))
    if properties is not None:
        element.append(properties)
    start = ET.tostring(element, encoding="unicode", short_empty_elements=False).removesuffix("</testsuite>")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="pytest tests">{start}\n'


def _group(test: TestRecord, record: RunRecord) -> dict[str, str]:
    parts = [f"shard {record.shard}"] if record.total > 1 else []
    parts += [test.worker] if len(record.workers) > 1 else []
    parts += [f"attempt {record.attempt}"] if record.attempt > 1 else []
    return {"group": ", ".join(parts)} if parts else {}
