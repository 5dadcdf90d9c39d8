"""Tell JUnit files by their root element, and know the formats that they are taken for."""

from __future__ import annotations

__all__ = ["root_refusal"]

_OTHERS = {
    "CoverageReport": "a coverage report",
    "Site": "CTest's own format; `ctest --output-junit FILE` writes JUnit",
    "TestRun": "MSTest's trx; the logger JunitXml.TestLogger writes JUnit",
    "assemblies": "xUnit.net's own format; its option -junit writes JUnit",
    "checkstyle": "a Checkstyle report",
    "coverage": "a coverage report",
    "html": "a web page",
    "project": "a build file",
    "report": "a coverage report",
    "robot": "Robot Framework's own format; its option --xunit writes JUnit",
    "test-results": "NUnit 2's own format",
    "test-run": "NUnit 3's own format; the logger JunitXml.TestLogger writes JUnit",
    "testng-results": "TestNG's own format; TestNG writes JUnit to the folder junitreports",
    "testrun": "Eclipse's own format",
}
"""Root elements of other formats, what they are, and how to have JUnit instead."""

_LONGEST = 60


def root_refusal(tag: str) -> str:
    """Return why a file with this root element is no JUnit file, or nothing where it is one."""
    if tag in {"testsuite", "testsuites"}:
        return ""
    shown = tag if len(tag) <= _LONGEST else f"{tag[:_LONGEST]}..."
    other = _OTHERS.get(tag)
    return f"is no JUnit file: its root element is <{shown}>" + (f", {other}" if other else "")
