"""What a GitHub job shows beside the code of a change: a workflow command for each failed test and problem."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from juncture.reporting.visible import visible
from juncture.reporting.wording import counted, reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.values import Merged
    from juncture.recording.outcomes import TestRecord

__all__ = ["MOST", "annotation_lines"]

MOST = 10
"""Annotations of one step that GitHub shows; docs: "Workflow commands for GitHub Actions"."""


def annotation_lines(merged: Merged, folder: str = "") -> list[str]:
    """Return the lines to print, ten at most; the last one counts what has no line of its own.

    ``folder`` is that of the project in its repository, with ``/``, and empty where they are the same.
    """
    lines = [_of_test(test, folder) for suite in merged.suites for test in suite.failed]
    lines += [_command("", problem.code, problem.text) for problem in merged.all_problems]
    if len(lines) <= MOST:
        return lines
    left_out = len(lines) - MOST + 1
    more = f"{counted(left_out, 'more failure')}: the job's summary has them all"
    return [*lines[: MOST - 1], _command("", "and more", more)]


def _of_test(test: TestRecord, folder: str) -> str:
    file = test.nodeid.partition("::")[0]
    place = f"file={_property(posixpath.join(folder, file))}"
    if line := _line(test, file):
        place += f",line={line}"
    return _command(place, test.nodeid, reason(test) or test.outcome)


def _line(test: TestRecord, file: str) -> str:
    """Return the last line of the test's own file that its failure went through; empty where none is told."""
    texts: Sequence[str] = [report.text for report in test.reports if report.outcome == "failed"]
    found = re.findall(rf"^{re.escape(file)}:([0-9]+):", "\n".join(texts), re.MULTILINE)
    return str(found[-1]) if found else ""


def _command(place: str, title: str, text: str) -> str:
    told = f"title={_property(title)}"
    return f"::error {place},{told}::{_data(text)}" if place else f"::error {told}::{_data(text)}"


def _data(text: str) -> str:
    """Return a text as the command takes it; nothing in it begins another command."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
