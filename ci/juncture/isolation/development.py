"""The kept namespace that a developer works in by hand: migrate it, seed it, reset it, open a shell on it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StateError, UsageError
from juncture.isolation import templates
from juncture.isolation.workspace import Workspace, open_workspace
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from juncture.config import Config, Service

__all__ = ["migrate", "open_development", "reset", "seed", "shell_command"]

WORKER = "dev"


def open_development(
    config: Config, *, environ: Mapping[str, str], tell: Callable[[str], None] = lambda _: None
) -> Workspace:
    """Return the started workspace of this checkout's kept namespaces; ``tell`` gets lines of progress."""
    return open_workspace(config, environ=environ, worker=WORKER, kept=True, tell=tell)


def migrate(config: Config, *, environ: Mapping[str, str], service: str) -> str:
    """Run the migration command on the kept database; return a line that says so."""
    declared = _declared(config, service)
    if not declared.migrate:
        raise StateError("no migrate command is declared", where=f"service {service}", hint='migrate = "..."')
    with open_development(config, environ=environ) as workspace:
        templates.migrate(config, declared, {**environ, **workspace.environment})
        return f"{service}: {declared.migrate}, on {workspace.endpoints[service].database}"


def seed(config: Config, *, environ: Mapping[str, str], service: str) -> str:
    """Apply the seeds to the kept database; return a line that says so."""
    declared = _declared(config, service)
    with open_development(config, environ=environ) as workspace:
        variables = {**environ, **workspace.environment}
        count = templates.seed(config, declared, workspace.endpoints[service], variables)
        return f"{service}: {count} seed{'s' if count != 1 else ''}, on {workspace.endpoints[service].database}"


def reset(config: Config, *, environ: Mapping[str, str], service: str) -> str:
    """Make the kept database what its template is; return a line that says so. Whoever is connected is cut off."""
    _declared(config, service)
    with open_development(config, environ=environ) as workspace:
        workspace.renew(service)
        database, state = workspace.endpoints[service].database, workspace.states[service]
        return f"{service}: {database} is as new ({state.made_from})"


def shell_command(workspace: Workspace, service: str, *, terminal: bool = False) -> tuple[list[str], Mapping[str, str]]:
    """Return the arguments of a service's own client, and the variables that carry its password.

    A command line can be read by every user of the machine. Where the server is in a container and this machine has no
    client, it is the container's own, with a ``terminal`` where there is one. Raise `ProviderError` where the client is
    neither beside the server's program nor on the PATH, `UsageError` where there is none.
    """
    client = kind(workspace.config.service(service).kind).client
    if client is None:
        raise UsageError("it has no client to open", where=f"service {service}")
    argv, secrets = client(workspace.endpoints[service])
    search = workspace.environ.get("PATH")
    server = workspace.choices[service].program
    beside = server.with_name(argv[0]) if server else None
    found = beside if beside and beside.exists() else shutil.which(argv[0], path=search)
    if found is None and workspace.choices[service].provider == "docker" and shutil.which("docker", path=search):
        return _client_inside(workspace, service, terminal=terminal)
    if found is None:
        raise ProviderError(
            f"{argv[0]} is neither beside the server nor on the PATH",
            where=f"service {service}",
            hint=f"install {argv[0]}, or use any client with the URL that `juncture services.env` prints",
        )
    return [str(found), *argv[1:]], secrets


def _client_inside(workspace: Workspace, service: str, *, terminal: bool) -> tuple[list[str], Mapping[str, str]]:
    """Return the arguments that open the client of a server's container; ``docker`` takes the password from ours."""
    what = kind(workspace.config.service(service).kind)
    assert what.client is not None  # noqa: S101 - whoever calls has looked
    assert what.image is not None  # noqa: S101 - it runs in a container
    argv, secrets = what.client(replace(workspace.endpoints[service], host="127.0.0.1", port=what.image.port))
    named = [word for name in secrets for word in ("--env", name)]
    container = f"juncture-{workspace.servers[service].key}"
    return ["docker", "exec", "-it" if terminal else "-i", *named, container, *argv], secrets


def _declared(config: Config, name: str) -> Service:
    try:
        service = config.service(name)
    except KeyError:
        known = ", ".join(service.name for service in config.services)
        raise UsageError(f"no service {name!r} is declared", hint=f"declared: {known or 'none'}") from None
    if kind(service.kind).databases is None:
        raise UsageError(f"a {service.kind} has no schema", where=f"service {name}")
    return service
