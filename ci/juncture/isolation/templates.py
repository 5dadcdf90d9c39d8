"""Databases: a sealed template per fingerprint, a clone of it per worker, and nothing left behind."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import StateError
from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.isolation.fingerprint import fingerprint, seed_files
from juncture.isolation.migrations import command_words
from juncture.isolation.names import BUILD, TEMPLATE, owned, template_name
from juncture.isolation.orphans import lease_of
from juncture.isolation.ownership import owner_on
from juncture.services import databases_of
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from juncture.config import Config, Service
    from juncture.model import Endpoint

__all__ = ["State", "ensure_template", "migrate", "seed"]

PATIENCE = 600.0
"""Seconds that one process may migrate and seed while others wait for its template."""

KEPT_TEMPLATES = 5
"""Templates of one service that stay: enough to switch between branches without migrating again."""


class State(Value):
    """A template database: its name, what it was made from in words, and what that took (0.0 where it was there)."""

    template: str
    made_from: str
    built: bool
    seconds: float


def ensure_template(
    config: Config, service: Service, admin: Endpoint, home: Path, environment: Callable[[Endpoint], Mapping[str, str]]
) -> State:
    """Return the sealed template of a service, building it where no sealed one has its fingerprint.

    ``environment`` returns the variables that ``migrate`` runs with, for the database being built. The seal is the only
    sign of completeness: it is set last, so a killed build leaves none.
    """
    databases = databases_of(admin.kind)
    digest = fingerprint(config, service, f"{admin.product} {admin.version}")
    name = template_name(config.project, service.name, digest, owner=owner_on(admin, home))
    words = _made_from(config, service)
    path = lease_path(home, f"template-{name}")
    path.touch(mode=0o600)  # before the look: what was just used is the last to be pruned
    if databases.sealed(admin, name):
        return State(name, words, built=False, seconds=0.0)
    began = time.monotonic()
    with leases.hold(path, exclusive=True, timeout=PATIENCE, purpose=f"build the template {name}"):
        if databases.sealed(admin, name):
            return State(name, words, built=False, seconds=time.monotonic() - began)
        databases.drop(admin, name, force=True)  # without its seal it is the rest of a build that was killed
        with _workshop(admin, home) as database:
            if service.migrate:
                migrate(config, service, environment(database))
            seed(config, service, database)
            if fingerprint(config, service, f"{admin.product} {admin.version}") != digest:
                raise StateError(
                    "a file that the template is made from changed while it was made",
                    where=f"service {service.name}",
                    hint="run again; what migrate itself writes must not match `watch`",
                )
            databases.seal(admin, database.database, name, f"juncture template of {config.root}")
    _prune(admin, home, name)
    return State(name, words, built=True, seconds=time.monotonic() - began)


def migrate(config: Config, service: Service, environment: Mapping[str, str]) -> None:
    """Run the declared migration command. Raise `StateError` with the end of its output where it fails."""
    argv = command_words(service)
    search = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    where = f"service {service.name}: {service.migrate}"
    try:
        done = subprocess.run(
            argv,
            cwd=config.root,
            env={**environment, "PATH": search},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise StateError(str(error), where=where, hint="is it installed in the environment of the tests?") from None
    if done.returncode:
        tail = "\n".join(f"  | {line}" for line in done.stdout.splitlines()[-25:])
        raise StateError(f"exit code {done.returncode}\n{tail}", where=where)


def seed(config: Config, service: Service, database: Endpoint) -> int:
    """Run the declared seed files in order and return how many. Raise `StateError` naming file and reason."""
    files = seed_files(config.root, service)
    for path in files:
        where = path.relative_to(config.root).as_posix()
        try:
            sql = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise StateError(f"it is not UTF-8: {error}", where=where) from None
        databases_of(database.kind).run(database, sql, where)
    return len(files)


@contextmanager
def _workshop(admin: Endpoint, home: Path) -> Iterator[Endpoint]:
    """Give an empty database under a name of its own, leased; it is dropped where the block fails."""
    databases = databases_of(admin.kind)
    name = f"{owned(BUILD, owner_on(admin, home))}{secrets.token_hex(8)}"
    lease = leases.hold(lease_of(home, name), exclusive=True, timeout=1, purpose=f"build in {name}")
    try:
        databases.clone(admin, "", name)
        yield databases.at(admin, name)
    except BaseException:
        databases.drop(admin, name, force=True)
        raise
    finally:
        lease.retire()


def _prune(admin: Endpoint, home: Path, newest: str) -> None:
    """Drop the service's oldest templates beyond a few, by last use; one that is being cloned refuses by itself."""
    family = newest.rpartition("_")[0]  # compared whole: jt_shop_db_1f0c is none of jt_shop_db_x_...
    assert family.startswith(owned(TEMPLATE, owner_on(admin, home)))  # noqa: S101 - what follows destroys
    databases = databases_of(admin.kind)
    found = databases.listed(admin, [f"{family}_"])
    names = [name for name in found if name.rpartition("_")[0] == family and name != newest]
    paths = {name: lease_path(home, f"template-{name}") for name in names}
    by_age = sorted(names, key=lambda name: paths[name].stat().st_mtime if paths[name].exists() else 0.0)
    for name in by_age[: max(0, len(names) + 1 - KEPT_TEMPLATES)]:
        lease = leases.attempt(paths[name], exclusive=True)
        if lease is None:
            continue
        try:
            if databases.retire(admin, name):
                lease.retire()
        finally:
            lease.release()


def _made_from(config: Config, service: Service) -> str:
    parts = [service.migrate] if service.migrate else []
    count = len(seed_files(config.root, service))
    if count:
        parts.append(f"{count} seed file{'s' if count > 1 else ''}")
    return " + ".join(parts) or "an empty database"
