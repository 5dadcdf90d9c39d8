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
from juncture.isolation.names import BUILD, NAMESPACE, TEMPLATE, owned, template_name
from juncture.isolation.ownership import owner_on
from juncture.services.postgres import at, connect
from juncture.services.wire.postgres import PostgresConnection, PostgresError, identifier, literal
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from juncture.config import Config, Service
    from juncture.model import Endpoint

__all__ = ["State", "clone", "collect_orphans", "drop", "ensure_template", "exists", "lease_of", "migrate", "seed"]

PATIENCE = 600.0
"""Seconds that one process may migrate and seed while others wait for its template."""

IN_USE, MISSING, SYNTAX = "55006", "3D000", "42601"
"""SQLSTATEs: object_in_use, invalid_catalog_name, syntax_error."""

KEPT_TEMPLATES = 5
"""Templates of one service that stay: enough to switch between branches without migrating again."""

FILE_COPY_SINCE = 150000
"""The first ``server_version_num`` with CREATE DATABASE ... STRATEGY."""


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

    ``environment`` returns the variables that ``migrate`` runs with, for the database being built. The seal (a template
    that accepts no connection) is the only sign of completeness: it is set last, so a killed build leaves none.
    """
    digest = fingerprint(config, service, f"{admin.product} {admin.version}")
    name = template_name(config.project, service.name, digest, owner=owner_on(admin, home))
    words = _made_from(config, service)
    path = lease_path(home, f"template-{name}")
    path.touch(mode=0o600)  # before the look: what was just used is the last to be pruned
    with connect(admin) as connection:
        if _sealed(connection, name):
            return State(name, words, built=False, seconds=0.0)
    began = time.monotonic()
    with leases.hold(path, exclusive=True, timeout=PATIENCE, purpose=f"build the template {name}"):
        with connect(admin) as connection:
            if _sealed(connection, name):
                return State(name, words, built=False, seconds=time.monotonic() - began)
        drop(admin, name, force=True)  # without its seal it is the rest of a build that was killed
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
            _seal(admin, database.database, name, f"juncture template of {config.root}")
    _prune(admin, home, name)
    return State(name, words, built=True, seconds=time.monotonic() - began)


def clone(admin: Endpoint, template: str, name: str) -> None:
    """Create the database ``name`` from a sealed template, or an empty one where ``template`` is empty."""
    with connect(admin, timeout=60.0) as connection:
        connection.query(f"CREATE DATABASE {identifier(name)} {_source(connection, template)}")


def drop(admin: Endpoint, name: str, *, force: bool) -> bool:
    """Drop a database; return False where somebody is connected and ``force`` is not given."""
    assert admin.provider != "external" or name.startswith("jx"), name  # noqa: S101 - what follows destroys
    with connect(admin, timeout=60.0) as connection:
        try:
            connection.query(f"DROP DATABASE IF EXISTS {identifier(name)}{' WITH (FORCE)' if force else ''}")
        except PostgresError as error:
            if error.state == IN_USE:
                return False
            raise
    return True


def exists(admin: Endpoint, name: str) -> bool:
    """Tell whether a database of that name is there."""
    with connect(admin) as connection:
        return name in _databases(connection, name)


def lease_of(home: Path, name: str) -> Path:
    """Return the lease of a namespace: every process that uses it holds it, shared."""
    return lease_path(home, f"namespace-{name}")


def collect_orphans(admin: Endpoint, home: Path) -> list[str]:
    """Drop the namespaces and half templates whose lease nobody holds: their run was killed. Return their names.

    What somebody is connected to stays, and FORCE is not used, so that what is connected to just now refuses. Only
    names with juncture's prefix are looked at, on a server that juncture started with a password of its own; elsewhere
    only those that this home made on this machine, because nobody sees the leases of another.
    """
    owner = owner_on(admin, home)
    with connect(admin) as connection:
        names = [name for prefix in (NAMESPACE, BUILD) for name in _databases(connection, owned(prefix, owner))]
        connected = {name for (name,) in connection.query("SELECT datname FROM pg_stat_activity")}
    dropped = []
    for name in names:
        # To DROP, it would be refused too, but only after 5 s.
        if name in connected or (lease := leases.attempt(lease_of(home, name), exclusive=True)) is None:
            continue
        if drop(admin, name, force=False):
            lease.retire()
            dropped.append(name)
        lease.release()
    _retire_leases(home, set(names))
    return dropped


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
        with connect(database, timeout=PATIENCE) as connection:
            try:
                connection.query(path.read_text(encoding="utf-8-sig"))
            except PostgresError as error:
                hint = "a seed file is plain SQL: psql's backslash commands are not" if error.state == SYNTAX else ""
                raise StateError(str(error), where=where, hint=hint) from None
            except UnicodeDecodeError as error:
                raise StateError(f"it is not UTF-8: {error}", where=where) from None
    return len(files)


def _retire_leases(home: Path, databases: set[str]) -> None:
    prefix = lease_of(home, "").name
    for path in lease_of(home, "").parent.glob(f"{prefix}*"):
        if path.name.removeprefix(prefix) not in databases and (lease := leases.attempt(path, exclusive=True)):
            lease.retire()


@contextmanager
def _workshop(admin: Endpoint, home: Path) -> Iterator[Endpoint]:
    """Give an empty database under a name of its own, leased; it is dropped where the block fails."""
    name = f"{owned(BUILD, owner_on(admin, home))}{secrets.token_hex(8)}"
    lease = leases.hold(lease_of(home, name), exclusive=True, timeout=1, purpose=f"build in {name}")
    try:
        clone(admin, "", name)
        yield at(admin, name)
    except BaseException:
        drop(admin, name, force=True)
        raise
    finally:
        lease.retire()


def _seal(admin: Endpoint, workshop: str, name: str, comment: str) -> None:
    with connect(admin, timeout=60.0) as connection:
        _retry(connection, f"ALTER DATABASE {identifier(workshop)} RENAME TO {identifier(name)}")
        connection.query(f"COMMENT ON DATABASE {identifier(name)} IS {literal(comment)}")
        connection.query(f"ALTER DATABASE {identifier(name)} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")


def _retry(connection: PostgresConnection, sql: str) -> None:
    # A client that just closed its connection is counted until its backend has gone.
    deadline = time.monotonic() + 5.0
    while True:
        try:
            connection.query(sql)
        except PostgresError as error:
            if error.state != IN_USE or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _sealed(connection: PostgresConnection, name: str) -> bool:
    sql = f"SELECT datistemplate AND NOT datallowconn FROM pg_database WHERE datname = {literal(name)}"  # noqa: S608
    return connection.value(sql) == "t"


def _databases(connection: PostgresConnection, prefix: str) -> list[str]:
    sql = f"SELECT datname FROM pg_database WHERE starts_with(datname, {literal(prefix)}) ORDER BY 1"  # noqa: S608
    return [name for (name,) in connection.query(sql) if name]


def _source(connection: PostgresConnection, template: str) -> str:
    number = int(connection.value("SHOW server_version_num") or 0)
    cheap = number >= FILE_COPY_SINCE and connection.value("SHOW fsync") == "off"
    return f"TEMPLATE {identifier(template or 'template0')}" + (" STRATEGY FILE_COPY" if cheap else "")


def _prune(admin: Endpoint, home: Path, newest: str) -> None:
    """Drop the service's oldest templates beyond a few, by last use; one that is being cloned refuses by itself."""
    family = newest.rpartition("_")[0]  # compared whole: jt_shop_db_1f0c is none of jt_shop_db_x_...
    assert family.startswith(owned(TEMPLATE, owner_on(admin, home)))  # noqa: S101 - what follows destroys
    with connect(admin, timeout=60.0) as connection:
        found = _databases(connection, f"{family}_")
        names = [name for name in found if name.rpartition("_")[0] == family and name != newest]
        paths = {name: lease_path(home, f"template-{name}") for name in names}
        by_age = sorted(names, key=lambda name: paths[name].stat().st_mtime if paths[name].exists() else 0.0)
        for name in by_age[: max(0, len(names) + 1 - KEPT_TEMPLATES)]:
            lease = leases.attempt(paths[name], exclusive=True)
            if lease is None:
                continue
            try:
                connection.query(f"ALTER DATABASE {identifier(name)} WITH IS_TEMPLATE false")
                connection.query(f"DROP DATABASE {identifier(name)}")
                lease.retire()
            except PostgresError as error:
                if error.state not in {IN_USE, MISSING}:
                    raise
            finally:
                lease.release()


def _made_from(config: Config, service: Service) -> str:
    parts = [service.migrate] if service.migrate else []
    count = len(seed_files(config.root, service))
    if count:
        parts.append(f"{count} seed file{'s' if count > 1 else ''}")
    return " + ".join(parts) or "an empty database"
