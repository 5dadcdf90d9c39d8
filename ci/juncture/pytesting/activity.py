"""What each service is doing for this process, by the kind's own question: for people whose test hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services import kind

if TYPE_CHECKING:
    from juncture.isolation.namespace import Namespace
    from juncture.isolation.workspace import Workspace

__all__ = ["activity_of"]

MOST = 30
"""Lines of one service that are shown."""


def activity_of(workspace: Workspace) -> list[str]:
    """Return the lines of all services that have something to tell, each below the name of its service.

    A server that does not answer is told as such: that may be what the test waits for.
    """
    lines: list[str] = []
    for name, namespace in workspace.namespaces.items():
        if found := _of(namespace):
            shown = found if len(found) <= MOST else [*found[:MOST], f"... {len(found) - MOST} more"]
            lines += [f"{name} ({namespace.service.kind})", *(f"  {line}" for line in shown)]
    return lines


def _of(namespace: Namespace) -> list[str]:
    ask = kind(namespace.service.kind).activity
    if ask is None:
        return []
    if not namespace.ready:
        return ["it is not there yet"]
    try:
        return ask(namespace.endpoint, namespace.names)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test's own failure matters more
        return [f"it could not be asked: {type(error).__name__}: {error}"]
