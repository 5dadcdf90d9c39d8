"""One test as the cases of a JUnit file: what each of its reports adds, as pytest's own file has it.

The form is xunit2, pytest's default. The rules follow ``_pytest/junitxml.py`` of pytest 9.2, odd corners included, so
that nobody's figures change with the tool. Where a failure was tried again, which pytest's file does not tell, the
elements are those of Surefire, which the schema of xunit2 has too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from juncture.model import BAD_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.recording.outcomes import CollectRecord, JunitSettings, Report, TestRecord

__all__ = ["Cases", "address", "cases_of", "collect_case", "error_case", "legal", "properties_of"]

_ILLEGAL = re.compile("[^\t\n\r -~\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold, and DEL, as pytest has it."""


@dataclass(slots=True)
class Cases:
    """The cases of one test, at least one, and by how much it raises the suite's ``tests`` as pytest counts them."""

    elements: list[ET.Element] = field(default_factory=list)
    tests: int = 0


def cases_of(
    test: TestRecord,
    settings: JunitSettings,
    added: Sequence[tuple[str, str]] = (),
    earlier: Sequence[Report] = (),
) -> Cases:
    """Return the cases of a test: one, or a second one for a teardown that failed after the call had failed.

    ``added`` are properties of each besides the test's own; ``earlier`` are failures in older attempts of its job.
    """
    classname, name = address(test.nodeid, settings.prefix)
    known = {"classname": legal(test.attributes.get("classname", classname))}
    known["name"] = legal(test.attributes.get("name", name))
    case = ET.Element("testcase", known)
    cases = Cases([case], tests=test.passes)
    failed_call: Report | None = None
    for report in test.reports:
        if report.outcome == "failed" and report.phase == "teardown":
            if failed_call:
                _insert_properties(case, failed_call.properties)
                case = _case(classname, name)
                cases.elements.append(case)
            else:  # the test was counted when its call ended
                cases.tests -= 1
        cases.tests += _add(case, report, settings)
        if report.outcome == "failed" and report.phase == "call":
            failed_call = failed_call or report
    _end(case, test, settings)
    if not test.ended:
        _child(case, "error", test.text, message=test.text)
        cases.tests += 1
    for report in (*earlier, *test.reruns):
        _add_rerun(case, report, flaky=test.outcome not in BAD_OUTCOMES)
    for each in cases.elements:
        _insert_properties(each, added)
    _set_times(cases.elements, test, settings)
    return cases


def collect_case(records: Sequence[CollectRecord], settings: JunitSettings) -> ET.Element:
    """Return the case of one file or folder that could not be collected, or was skipped as a whole."""
    classname, name = address(records[0].nodeid, settings.prefix)
    case = _case(classname, name, time="0.000")
    for record in records:
        tag, word = ("error", "failure") if record.outcome == "failed" else ("skipped", "skipped")
        _child(case, tag, record.text, message=f"collection {word}")
    return case


def error_case(classname: str, name: str, message: str, texts: Iterable[str]) -> ET.Element:
    """Return the case of errors that no test met."""
    case = _case(classname, name, time="0.000")
    for text in texts:
        _child(case, "error", text, message=message)
    return case


def address(nodeid: str, prefix: str = "") -> tuple[str, str]:
    """Return a node id as class name and name: ``tests/test_a.py::TestB::test_c[x]`` is ``tests.test_a.TestB``, ..."""
    path, _, tail = nodeid.partition("::")
    tail, bracket, parameters = tail.partition("[")
    names = [path.replace("/", ".").removesuffix(".py"), *(tail.split("::") if tail else [])]
    names[-1] += bracket + parameters
    return ".".join([*([prefix] if prefix else []), *names[:-1]]), names[-1]


def legal(text: str) -> str:
    """Return ``text`` with what XML can't hold written out: ``#x1B``."""
    return _ILLEGAL.sub(lambda match: f"#x{ord(match[0]):0{2 if ord(match[0]) <= 0xFF else 4}X}", text)  # noqa: PLR2004


def properties_of(pairs: Iterable[tuple[str, str]]) -> ET.Element | None:
    """Return the element that holds ``pairs``, None where there are none."""
    element = ET.Element("properties")
    for name, value in pairs:
        ET.SubElement(element, "property", name=legal(name), value=legal(value))
    return element if len(element) else None


def _case(classname: str, name: str, **more: str) -> ET.Element:
    return ET.Element("testcase", {"classname": legal(classname), "name": legal(name), **more})


def _child(case: ET.Element, tag: str, text: str, **attributes: str) -> None:
    child = ET.SubElement(case, tag, {name: legal(value) for name, value in attributes.items()})
    child.text = legal(text)


def _add(case: ET.Element, report: Report, settings: JunitSettings) -> int:
    """Add what one report says, and return how many tests pytest counts for it."""
    match report.outcome, report.phase:
        case "failed", "call" if report.xfail is not None:
            _child(case, "skipped", "None", message="xfail-marked test passes unexpectedly")
        case "failed", "call":
            _child(case, "failure", report.text, message=report.message)
        case "failed", _:
            _child(case, "error", report.text, message=report.message)
        case "skipped", _ if report.xfail is not None:
            ET.SubElement(case, "skipped", type="pytest.xfail", message=legal(report.xfail))
        case "skipped", _:
            _child(case, "skipped", f"{report.place}: {report.message}", type="pytest.skip", message=report.message)
            _add_output(case, report, settings)
        case _:
            return 0
    if report.outcome == "failed" and report.phase == "call" and not settings.log_passing_tests:
        _add_output(case, report, settings)
    return 1


def _end(case: ET.Element, test: TestRecord, settings: JunitSettings) -> None:
    """Add what the teardown's report brings: captured output and properties."""
    last = test.reports[-1] if test.reports and test.reports[-1].phase == "teardown" else None
    if "teardown" in test.seconds and (settings.log_passing_tests or (last and last.outcome != "passed")):
        _add_output(case, last, settings)
    if last:
        _insert_properties(case, last.properties)


def _add_output(case: ET.Element, report: Report | None, settings: JunitSettings) -> None:
    """Add the captured output of which the settings tell; what is empty has its heading all the same."""
    log, out, err = (report.log, report.out, report.err) if report else ("", "", "")
    first = _section("Log", log) if settings.logging in {"log", "all"} else ""
    if settings.logging in {"system-out", "out-err", "all"}:
        first += _section("Out", out)
    if first:
        _child(case, "system-out", first)
    if settings.logging in {"system-err", "out-err", "all"}:
        _child(case, "system-err", _section("Err", err))


def _section(name: str, text: str) -> str:
    return "\n".join([f" Captured {name} ".center(80, "-"), text, ""])


def _insert_properties(case: ET.Element, pairs: Iterable[tuple[str, str]]) -> None:
    """Add properties to a case, behind those that it has."""
    if (element := properties_of(pairs)) is not None:
        there = case.find("properties")
        if there is None:
            case.insert(0, element)
        else:
            there.extend(element)


def _add_rerun(case: ET.Element, report: Report, *, flaky: bool) -> None:
    tag = f"{'flaky' if flaky else 'rerun'}{'Failure' if report.phase == 'call' else 'Error'}"
    element = ET.SubElement(case, tag, message=legal(report.message), type="pytest.rerun")
    ET.SubElement(element, "stackTrace").text = legal(report.text)


def _set_times(cases: list[ET.Element], test: TestRecord, settings: JunitSettings) -> None:
    """Give each case its seconds: all of the test's, or where there are two the teardown's to the second."""
    counted = {
        phase: seconds for phase, seconds in test.seconds.items() if settings.duration_report in {"total", phase}
    }
    if len(cases) > 1:
        cases[1].set("time", f"{counted.pop('teardown', 0.0):.3f}")
    cases[0].set("time", f"{sum(counted.values()):.3f}")
