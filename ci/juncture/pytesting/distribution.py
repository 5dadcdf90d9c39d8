"""Give pytest-xdist our scheduler where the user chose none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from juncture.pytesting.handover import FIRST, FOLDER, Handover

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from juncture.pytesting.run import Role
    from juncture.sharding.history import History

__all__ = ["distribution", "is_distributed"]


def is_distributed(namespace: Any, environ: Mapping[str, str]) -> bool:
    """Tell whether xdist is going to start workers, by the rules it follows once the conftests are loaded.

    Where it does not, this process runs the tests, whatever ``-n`` or ``--tx`` say.
    """
    processes: int | str | None = getattr(namespace, "numprocesses", None)
    if namespace.collectonly:
        return False
    if isinstance(processes, str):  # auto, logical
        debugs = getattr(namespace, "usepdb", False)
        return not debugs and environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") != "0"
    if processes is None:
        return bool(getattr(namespace, "tx", None)) and (namespace.dist != "no" or bool(namespace.distload))
    return processes > 0


def distribution(namespace: Any, environ: MutableMapping[str, str], *, role: Role, history: History) -> object:
    """Return the plugin object for this process; one without hooks where there is nothing to do.

    Whoever says ``--dist`` gets what he asks for, ``load`` too. ``history`` is what earlier runs took.
    """
    folder = environ.pop(FOLDER, "")  # not for what a test starts
    if role == "controller" and namespace.dist == "no" and not namespace.distload:
        from juncture.pytesting.controller import Controller  # noqa: PLC0415 - for controllers only

        return Controller(environ, history)
    if role == "worker" and folder and environ.get("PYTEST_XDIST_WORKER") == FIRST:
        return Handover(folder)
    return object()
