"""What must hold between names and between folders, beyond the form of each single value.

The checks of names yield pairs: the name that is wrong, and the sentence that tells why.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from juncture.config._wording import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = [
    "check_circles",
    "check_env_names",
    "check_folders",
    "check_names",
    "check_reports",
    "check_service_names",
]

_NAME = r"[a-z][a-z0-9-]{0,31}"


def check_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Check names that become part of database names, fixtures and variables."""
    for name in names:
        if re.fullmatch(_NAME, name):
            continue
        likely = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        advice = f"; write {quoted(likely)}" if re.fullmatch(_NAME, likely) else ""
        yield name, f"a name has 1 to 32 of a-z, 0-9 and -, a letter first{advice}"


def check_service_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Check that no two services share a variable and the names of fixtures."""
    for first, second in _same(names, lambda name: name.lower().replace("-", "_")):
        yield second, f"collides with {quoted(first)}: both are the same in variables and fixtures; rename one"


def check_circles(references: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Check that services can be started one after the other: each after those that it refers to."""
    from graphlib import CycleError, TopologicalSorter  # noqa: PLC0415 - only where a service refers to another one

    try:
        TopologicalSorter(references).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        advice = "none can start first; move a reference to [tool.juncture.env], which makes nothing wait"
        yield circle[0], f"refers to itself in a circle ({' -> '.join(circle)}): {advice}"


def check_env_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Check names of environment variables: portable, not juncture's own, and distinct on every system."""
    names = tuple(names)
    for name in names:
        if not (name.isascii() and name.isidentifier()):
            yield name, "the name of a variable has letters, digits and _, no digit first"
        elif name.upper().startswith("JUNCTURE_"):
            yield name, "names that begin with JUNCTURE_ are juncture's own; choose another"
    for first, second in _same(names, str.lower):
        yield second, f"differs from {quoted(first)} in case only; rename one"


def check_folders(unit: Iterable[str], integration: Iterable[str]) -> Iterator[str]:
    """Check that a test is either a unit or an integration test; takes normalized relative paths."""
    integration = tuple(integration)
    for first in unit:
        for second in integration:
            if first == second:
                yield f"{quoted(first)} is in unit and in integration; a test is one or the other"
            elif _holds(first, second) or _holds(second, first):
                yield f"{quoted(first)} (unit) and {quoted(second)} (integration) overlap; name folders apart"


def check_reports(root: str, reports: str, tests: Iterable[str]) -> Iterator[str]:
    """Check that writing to the reports' folder can't touch the project or its tests; takes normalized paths."""
    target = posixpath.normpath(posixpath.join(root, reports))
    for folder in (".", *tests):
        if _holds(target, posixpath.normpath(posixpath.join(root, folder))):
            kept = "the project" if folder == "." else quoted(folder)
            yield f"{quoted(reports)} holds {kept}; name a folder for reports alone"
            return


def _holds(outer: str, inner: str) -> bool:
    """Tell whether one normalized path is the other or lies above it."""
    return outer in (".", "/", inner) or inner.startswith(f"{outer}/")


def _same(names: Iterable[str], key: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of an earlier and a later name with the same key."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(key(name), name)
        if first != name:
            yield first, name
