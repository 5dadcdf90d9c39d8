"""Lists of node ids, out of text."""

from __future__ import annotations

import re

from juncture.errors import UsageError

__all__ = ["parse_nodeids"]

LISTING = "pytest --collect-only -q prints one node id a line"

_SUMMARY = re.compile(
    r"(?:no tests collected|[0-9]+(?:/[0-9]+)? tests? collected|no tests ran)"
    r"(?: \([0-9]+ deselected\))?(?:, (?P<errors>[0-9]+ errors?))? in [0-9.]+s.*"
)
_SECTION = re.compile(r"=+ .* =+")
_OTHER_FORM = re.compile(r"\s*<[A-Z]\w* .*>|[^\[]+: [0-9]+")
"""How pytest lists tests without ``-q``, or with two of them."""


def parse_nodeids(text: str, *, where: str) -> list[str]:
    """Return the node ids of a list, one a line, as ``pytest --collect-only -q`` prints it.

    Blank lines and pytest's own lines at the end are left out. Raise `UsageError` for a list of a collection with
    errors, which lacks tests, for another form of list, and for one without any node id.
    """
    nodeids: list[str] = []
    in_section = False
    for number, line in enumerate(re.split(r"\r?\n", text), 1):
        summary = _SUMMARY.fullmatch(line.strip("= "))
        if summary and summary["errors"]:
            raise UsageError(
                f"pytest met {summary['errors']} when it made this list, which lacks tests",
                where=f"{where}:{number}",
                hint="mend what pytest --collect-only tells, and list again",
            )
        # A section (warnings, errors) reaches to the summary; what comes after that is another list.
        in_section = not summary and (in_section or bool(_SECTION.fullmatch(line)))
        if summary or in_section or not line.strip():
            continue
        if _OTHER_FORM.fullmatch(line):
            raise UsageError(f'"{line.strip()}" is no node id', where=f"{where}:{number}", hint=f"{LISTING}: one -q")
        nodeids.append(line)
    if not nodeids:
        raise UsageError("it holds no node id", where=where, hint=LISTING)
    return nodeids
