"""Gather what `juncture.provisioning.doctor` judges: look at this machine, start nothing, leave nothing behind."""

from __future__ import annotations

import json
import os
import platform
import pwd
import re
import shutil
import socket
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import JunctureError
from juncture.host import folders, keeper, leases
from juncture.host.ports import HOST
from juncture.providers import embedded
from juncture.provisioning._engine_facts import container_facts, docker_facts
from juncture.provisioning.choose import Terms, choose, idle_seconds, provider_of
from juncture.provisioning.declare import declare
from juncture.provisioning.doctor import EnvironmentFacts, Facts, HomeFacts, ServiceFacts
from juncture.services import kind
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from juncture.config import Config, Service

__all__ = ["environments", "examine", "keeper_servers", "proxy_for_loopback"]

PATIENCE = 2.0
"""Seconds for an answer from this machine."""

CI = {"GITHUB_ACTIONS": "GitHub Actions", "GITLAB_CI": "GitLab", "BUILDKITE": "Buildkite", "CIRCLECI": "CircleCI"}


def examine(root: Path | None, *, environ: Mapping[str, str], cov_in: Callable[[Path], str]) -> Facts:
    """Look at this machine for the project at ``root``, or the nearest one above the current folder.

    ``cov_in`` returns where pytest's standing options in a folder ask for pytest-cov, empty where they do not.
    """
    config, problem, hint = None, "", ""
    try:
        config = declare(root, environ=environ)
    except JunctureError as error:
        problem, hint = f"{error.where}: {error.what}" if error.where else error.what, error.hint
    home = folders.home(environ)
    place = config.root if config else root or Path.cwd()
    services = tuple(_service(config, service, environ) for service in config.services) if config else ()
    dropped = "nobody" if os.geteuid() == 0 else ""
    return Facts(
        root=str(place),
        problem=problem,
        hint=hint,
        provider=config.provider if config else "auto",
        idle=idle_seconds(config, environ) if config else 0.0,
        sources=_overridden(config) if config else {},
        services=services,
        docker=docker_facts(environ),
        loopback=_loopback(),
        proxy=proxy_for_loopback(environ),
        memory_path=str(folders.MEMORY),
        memory=_memory(),
        user=_user(os.geteuid()),
        dropped=dropped,
        closed=_closed_to(dropped, home) if dropped else "",
        home=_home(home),
        environments=tuple(environments(place)),
        minima=_minima(),
        measures_itself=cov_in(place) if config else "",
        compiles_always=bool(environ.get("PYTHONDONTWRITEBYTECODE")),
        ci=_ci(environ),
    )


def _service(config: Config, service: Service, environ: Mapping[str, str]) -> ServiceFacts:
    what = kind(service.kind)
    if what.namespace == "process":
        return ServiceFacts(name=service.name, kind=service.kind)
    provider, why = provider_of(config, service, environ)
    try:
        if provider == "external":
            return _external(config, service, environ)
        if provider == "docker":
            return container_facts(service, why, environ)
        _, binary = embedded.family(service, what, environ=environ)
    except JunctureError as error:
        return ServiceFacts(name=service.name, kind=service.kind, error=error.what, hint=error.hint)
    except OSError as error:
        text = f"juncture can't use its own folder: {error}"
        hint = "set JUNCTURE_HOME to a folder that you can write to"
        return ServiceFacts(name=service.name, kind=service.kind, error=text, hint=hint)
    return ServiceFacts(
        name=service.name,
        kind=service.kind,
        why=why,
        asked=service.version,
        product=binary.product,
        version=binary.version,
        program=what.embedded.programs[0] if what.embedded else "",
    )


def _external(config: Config, service: Service, environ: Mapping[str, str]) -> ServiceFacts:
    """Return the facts of a server that runs already, as it answers now."""
    choice = choose(config, service, Terms(environ=environ, passive=True))
    if choice.slot:
        choice.slot.release()
    endpoint = choice.reserved.endpoint
    facts = ServiceFacts(
        name=service.name,
        kind=service.kind,
        provider="external",
        why=choice.why,
        asked=service.version,
        address=f"{endpoint.host}:{endpoint.port}",
    )
    try:
        product, version = kind(service.kind).probe(endpoint)
    except (NotReadyError, OSError):
        return replace(facts, answers=False)
    return replace(facts, product=product, version=version)


def _overridden(config: Config) -> dict[str, Any]:
    return {
        key: (f"{_value(config, key)}", source)
        for key, source in config.sources.items()
        if source.layer in {"environment", "command line"}
    }


def _value(config: Config, key: str) -> Any:
    """Return the value of a dotted key that can be overridden: one of the project, or one of a service."""
    _, _, place = key.partition("services.")
    name, _, option = place.partition(".")
    return getattr(config.service(name), option) if option else getattr(config, key)


def _loopback() -> str:
    """Return why a connection over the loopback interface failed; empty where it did not."""
    try:
        with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname(), PATIENCE):
            return ""
    except OSError as error:
        return str(error)


def proxy_for_loopback(environ: Mapping[str, str]) -> str:
    """Return the variable by which HTTP to 127.0.0.1 would go through a proxy; empty where none does."""
    direct = f"{environ.get('no_proxy', '')},{environ.get('NO_PROXY', '')}".replace(" ", "").split(",")
    if any(each == "*" or each.startswith("127.") for each in direct):
        return ""
    return next((name for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY") if environ.get(name)), "")


def _memory() -> tuple[int, int] | None:
    try:
        usage = shutil.disk_usage(folders.MEMORY)
    except OSError:
        return None
    return usage.total, usage.free


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _closed_to(name: str, path: Path) -> str:
    """Return the first folder on the way to ``path``, as far as it exists, that a user can't enter."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return f"this machine: it has no user {name}"
    for folder in reversed([path / "servers", path, *path.parents]):
        with suppress(OSError):
            found = folder.stat()
            bit = 0o100 if found.st_uid == user.pw_uid else 0o010 if found.st_gid == user.pw_gid else 0o001
            if not found.st_mode & bit:
                return str(folder)
    return ""


def _home(home: Path) -> HomeFacts:
    there = next(folder for folder in (home, *home.parents) if os.access(folder, os.F_OK))
    writable = os.access(there, os.W_OK | os.X_OK)
    mine = there != home or home.stat().st_uid == os.geteuid()
    usable = there == home and writable and mine
    return HomeFacts(
        path=str(home),
        writable=writable,
        mine=mine,
        free=shutil.disk_usage(there).free,
        locks=_locks(home) if usable else True,
        keeper=keeper_servers(home) if usable else None,
    )


def _locks(home: Path) -> bool:
    path = folders.lease_path(home, "doctor")
    with suppress(OSError):
        first = leases.attempt(path, exclusive=True)
        second = leases.attempt(path, exclusive=True) if first else None
        if second:
            second.release()
        if first:
            first.retire()
        return second is None
    return False


def keeper_servers(home: Path) -> int | None:
    """Return how many servers the keeper has; None where it does not run, -1 where it does not answer."""
    if not leases.holders(folders.lease_path(home, keeper.LOCK)):
        return None
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(folders.short_folder(home) / keeper.SOCKET))
            connection.sendall(b'{"do": "list"}\n')
            with connection.makefile("rb") as stream:
                return len(json.loads(stream.readline())["servers"])
    except (OSError, ValueError, KeyError):
        return -1


def environments(root: Path) -> Iterator[EnvironmentFacts]:
    """Yield this environment, and those with pytest that Nox made for the project or a folder above it."""
    installed = {found.name.lower().replace("_", "-"): found.version for found in distributions()}
    yield EnvironmentFacts(name="python", python=platform.python_version(), versions=installed)
    for folder in (root, *root.parents):
        for settings in sorted(folder.glob(".nox/*/pyvenv.cfg")):
            versions = _installed(settings.parent)
            if "pytest" in versions:
                python = re.search(r"^version(?:_info)?\s*=\s*(\d+(?:\.\d+)*)", settings.read_text(), re.MULTILINE)
                name = f".nox/{settings.parent.name}"
                yield EnvironmentFacts(name=name, python=python[1] if python else "3", versions=versions)
        if (folder / ".nox").is_dir():
            return


def _installed(environment: Path) -> dict[str, str]:
    """Return names and versions of an environment's distributions, from the names of their folders alone."""
    found = (
        path.name.removesuffix(".dist-info") for path in environment.glob("lib/python3*/site-packages/*.dist-info")
    )
    pairs = (name.rpartition("-") for name in found)
    return {name.lower().replace("_", "-"): version for name, _, version in pairs}


def _minima() -> dict[str, str]:
    """Return what juncture's own metadata asks for; nothing where it runs from a checkout that is not installed."""
    try:
        asked = requires("juncture") or []
    except PackageNotFoundError:
        return {}
    matches = (re.fullmatch(r"([\w.-]+)\s*>=\s*([\d.]+)", each) for each in asked)
    return {match[1].lower(): match[2] for match in matches if match}


def _ci(environ: Mapping[str, str]) -> str:
    named = next((name for variable, name in CI.items() if environ.get(variable)), "")
    return named or ("a CI job" if environ.get("CI", "").lower() not in {"", "0", "false"} else "")
