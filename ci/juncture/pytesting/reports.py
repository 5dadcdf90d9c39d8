"""What a journal keeps of pytest's reports, and of the tests that were collected: bounded, and plain JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

__all__ = ["bounded", "details", "groups_of", "shared_fixtures", "shortened"]

LONGEST_TEXT = 20_000
"""Characters of one text that are kept, half from its beginning and half from its end."""

LONGEST_MESSAGE = 500
"""Characters of a failure's message that are kept, as pytest's own JUnit file does since 9.1."""


def bounded(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return ``text``, or its beginning and end around a line that tells how much was left out."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def details(report: pytest.TestReport, *, output: bool, keep: Callable[[str], str] = bounded) -> dict[str, Any]:
    """Return what is to be said of a phase beyond that it passed; an empty mapping where there is nothing.

    ``keep`` gives what may be kept of a text; ``output`` says whether captured output belongs to it though it did not
    fail.
    """
    found: dict[str, Any] = {}
    if (context := getattr(report, "context", None)) is not None and hasattr(context, "kwargs"):
        found["subtest"] = _description(context, keep)
    xfail: str | None = getattr(report, "wasxfail", None)
    if xfail is not None:
        found["xfail"] = keep(xfail.removeprefix("reason: "))
    failed = report.outcome in {"failed", "rerun"}
    if failed:
        found |= {"message": _failure_message(report, keep), "text": keep(str(report.longrepr))}
    elif report.outcome == "skipped" and xfail is None:
        found |= _skip(report.longrepr, keep)
    if failed or output:
        streams = {"log": report.caplog, "out": report.capstdout, "err": report.capstderr}
        found |= {name: keep(text) for name, text in streams.items() if text}
    if report.user_properties and (failed or report.when == "teardown"):
        found["properties"] = [[str(name), keep(str(value))] for name, value in report.user_properties]
    return found


def shortened(message: str, limit: int = LONGEST_MESSAGE) -> str:
    """Return as many whole lines of ``message`` as fit, at least one, which is cut where it is too long.

    The words about what was left out are pytest's own.
    """
    lines = message.splitlines() or [""]
    kept = lines[:1]
    size = len(lines[0]) + 1
    for line in lines[1:]:
        size += len(line) + 1
        if size > limit:
            break
        kept.append(line)
    text = "\n".join(kept)
    if left_out := len(lines) - len(kept):
        note = f"+{left_out} more line{'s' if left_out > 1 else ''}"
    elif len(text) > limit:
        note = "truncated"
    else:
        return message
    return f"{text[:limit]}{'...' if len(text) > limit else ''}\n[{note}; full report in element text]"


def groups_of(items: Iterable[pytest.Item]) -> list[str]:
    """Return what each test shares expensive fixtures with: its ``xdist_group``, else its class, else its module.

    Several marks make one group, named as pytest-xdist names it. What parents say is looked up once for each.
    """
    above: dict[int, tuple[str, frozenset[str]]] = {}
    groups = []
    for item in items:
        parent = item.parent
        if id(parent) not in above:
            names = _group_names(parent.iter_markers()) if parent else frozenset[str]()
            above[id(parent)] = parent.nodeid if parent else "", names
        nodeid, names = above[id(parent)]
        if item.own_markers:
            names |= _group_names(item.own_markers)
        groups.append("_".join(sorted(names)) or nodeid or item.nodeid)
    return groups


def shared_fixtures(item: pytest.Item) -> list[str]:
    """Return the sorted names of the fixtures of a wider scope than ``function`` that a test is known to need.

    What it asks for while it runs is not known before. An item that is no function has no fixtures.
    """
    info = getattr(item, "_fixtureinfo", None)  # pytest has no public word for it
    if info is None:
        return []
    return sorted(name for name, found in info.name2fixturedefs.items() if found[-1].scope != "function")


def _group_names(marks: Iterable[pytest.Mark]) -> frozenset[str]:
    """Return the names that marks give a group."""
    found = (mark for mark in marks if mark.name == "xdist_group")
    return frozenset(str(mark.args[0] if mark.args else mark.kwargs.get("name", "default")) for mark in found)


def _description(context: Any, keep: Callable[[str], str]) -> str:
    values = ", ".join(f"{name}={value}" for name, value in context.kwargs.items())
    parts = [*([f"[{context.msg}]"] if context.msg is not None else []), *([f"({values})"] if values else [])]
    return keep(" ".join(parts) or "(<subtest>)")


def _failure_message(report: pytest.TestReport, keep: Callable[[str], str]) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    reason = crash.message if crash is not None else str(report.longrepr)
    message = reason if report.when == "call" else f'failed on {report.when} with "{reason}"'
    return shortened(keep(message))


def _skip(longrepr: Any, keep: Callable[[str], str]) -> dict[str, str]:
    if not isinstance(longrepr, tuple):  # a plugin's own
        return {"message": keep(str(longrepr))}
    file, line, reason = longrepr
    return {"message": keep(str(reason).removeprefix("Skipped: ")), "place": f"{file}:{line}"}
