"""The lines that tell which services a run uses, and in what state they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.providers.binaries import matches, short
from juncture.services import kind

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.workspace import Workspace

__all__ = ["service_lines"]


def service_lines(workspace: Workspace, *, controller: bool) -> list[str]:
    """Return one line per service (product, version, provider and why, readiness), then one per prepared state.

    The last ones tell what of a compose file was left out.
    """
    rows = [_service(workspace, service, controller=controller) for service in workspace.config.services]
    widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else []
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), *row[3:]]).rstrip()
        for row in rows
    ]
    states = []
    for name, state in workspace.states.items():
        fate = f"{state.seconds:.1f} s, kept for next time" if state.built else "as it was, nothing to migrate"
        states.append(f"{name}: {state.made_from} -> template {state.template.rpartition('_')[2][:4]} ({fate})")
        if state.limits:
            states.append(f"{name}: {state.limits}")
    return [
        *(f"{'services' if not at else '':<11}{line}" for at, line in enumerate(lines)),
        *(f"{'state' if not at else '':<11}{line}" for at, line in enumerate(states)),
        *(f"{'note' if not at else '':<11}{line}" for at, line in enumerate(workspace.config.notes)),
    ]


def _service(workspace: Workspace, service: Service, *, controller: bool) -> tuple[str, ...]:
    namespace = workspace.namespaces[service.name]
    product, version = namespace.program
    asked = [] if service.kind in {product, "container"} else [service.kind]
    asked += [] if matches(version, service.version) else [service.version]
    why = [f"asked for {' '.join(asked)}"] if asked else []
    why += [namespace.why] if namespace.why else []
    note = f"({'; '.join(why)})" if why else ""
    server = namespace.server
    process = kind(service.kind).namespace == "process" and namespace.endpoint.provider != "external"
    if server is not None:
        state = f"ready in {server.seconds:.2f} s" if server.started else "warm"
    elif controller:
        state = "one for each worker"
    elif namespace.in_background and not process:
        state = "starts" if namespace.wanted else "each run starts its own" if workspace.kept else "not started"
    elif not process:
        state = "not started"
    elif workspace.kept:
        state = f"each run starts its own; by hand: port {namespace.endpoint.port}"
    else:
        state = "starts" if namespace.wanted else "not started"
    provider = "process" if process else namespace.endpoint.provider
    return service.name, f"{product} {short(version)}".strip(), provider, f"{state}  {note}".rstrip()
