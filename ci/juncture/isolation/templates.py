"""Databases: a sealed template per fingerprint, a clone of it per worker, and nothing left behind."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import StateError
from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.isolation.commands import run_command
from juncture.isolation.fingerprint import fingerprint, seed_steps
from juncture.isolation.migrations import command_words
from juncture.isolation.names import BUILD, TEMPLATE, owned, template_name
from juncture.isolation.orphans import lease_of
from juncture.isolation.ownership import owner_on
from juncture.isolation.reset.service import extensions, is_reset, limits, track
from juncture.isolation.seeds import call_words
from juncture.services import databases_of
from juncture.services.wire import WireError
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from juncture.config import Config, Service
    from juncture.model import Endpoint

__all__ = ["State", "ensure_template", "migrate", "seed"]

PATIENCE = 600.0
"""Seconds that one process may migrate and seed while others wait for its template."""

KEPT_TEMPLATES = 5
"""Templates of one service that stay: enough to switch between branches without migrating again."""


class State(Value):
    """A template database: its name, what it was made from in words, and what that took (0.0 where it was there).

    ``limits`` tells what a reset to it can't do here; empty for nothing.
    """

    template: str
    made_from: str
    built: bool
    seconds: float
    limits: str = ""


def ensure_template(  # noqa: PLR0913 - what, of what, where and with what, each in one word
    config: Config,
    service: Service,
    admin: Endpoint,
    home: Path,
    environment: Callable[[Endpoint], Mapping[str, str]],
    *,
    build: str = "",
) -> tuple[State, leases.Lease]:
    """Return the sealed template of a service and a lease on it, building it where no sealed one has its fingerprint.

    ``build`` names what the server runs by its content: the digest of an image, or of a program. ``environment``
    returns the variables that ``migrate`` runs with, for the database being built. The seal is the only sign of
    completeness: it is set last, so a killed build leaves none. The lease is shared: while one is held, nobody prunes
    the template. Who builds holds another one alone, so that those who wait for it find a template, and no user of it
    keeps them waiting.
    """
    databases = databases_of(admin.kind)
    made_on = f"{admin.product} {admin.version} {build} {extensions(admin)}"
    digest = fingerprint(config, service, made_on)
    name = template_name(config.project, service.name, digest, owner=owner_on(admin, home))
    state = State(name, _made_from(config, service), built=False, seconds=0.0, limits=limits(service, admin))
    lease = leases.hold(lease_path(home, f"template-{name}"), exclusive=False, timeout=30, purpose=f"use {name}")
    try:
        lease.path.touch()  # what was used last is the last to be pruned
        if databases.sealed(admin, name):
            return state, lease
        began = time.monotonic()
        alone = lease_path(home, f"build-{name}")
        with leases.hold(alone, exclusive=True, timeout=PATIENCE, purpose=f"build the template {name}") as building:
            if built := not databases.sealed(admin, name):
                databases.drop(admin, name, force=True)  # without its seal it is the rest of a build that was killed
                with _workshop(admin, home) as database:
                    _fill(config, service, database, environment(database))
                    _check_unchanged(service, digest, fingerprint(config, service, made_on))
                    databases.seal(admin, database.database, name, f"juncture template of {config.root}")
            building.retire()
        if built:
            _prune(admin, home, name)
    except BaseException:
        lease.release()
        raise
    return replace(state, built=built, seconds=time.monotonic() - began), lease


def _fill(config: Config, service: Service, database: Endpoint, variables: Mapping[str, str]) -> None:
    """Bring an empty database to the declared state."""
    if service.migrate:
        migrate(config, service, variables)
    seed(config, service, database, variables)
    if is_reset(service):
        track(database)


def _check_unchanged(service: Service, before: str, after: str) -> None:
    if before != after:
        raise StateError(
            "a file that the template is made from changed while it was made",
            where=f"service {service.name}",
            hint="run again; what migrate itself writes must not match `watch`",
        )


def migrate(config: Config, service: Service, environment: Mapping[str, str]) -> None:
    """Run the declared migration command. Raise `StateError` with the end of its output where it fails."""
    run_command(command_words(service), config.root, environment, f"service {service.name}: {service.migrate}")


def seed(config: Config, service: Service, database: Endpoint, environment: Mapping[str, str]) -> int:
    """Apply the declared seeds in order and return how many. Raise `StateError` naming seed and reason."""
    steps = seed_steps(config.root, service)
    for step in steps:
        if isinstance(step, str):
            words = call_words(config.root, service, step)
            run_command(words, config.root, environment, f"service {service.name}: {step}")
            continue
        where = step.relative_to(config.root).as_posix()
        try:
            sql = step.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise StateError(f"it is not UTF-8: {error}", where=where) from None
        databases_of(database.kind).run(database, sql, where)
    return len(steps)


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
    """Drop the service's oldest templates beyond a few, by last use; one that is being cloned refuses by itself.

    What the server does not let us drop, because another role made it, stays.
    """
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
        with lease, suppress(WireError):
            if databases.retire(admin, name):
                lease.retire()


def _made_from(config: Config, service: Service) -> str:
    parts = [service.migrate] if service.migrate else []
    steps = seed_steps(config.root, service)
    count = sum(not isinstance(step, str) for step in steps)
    if count:
        parts.append(f"{count} seed file{'s' if count > 1 else ''}")
    parts += [step for step in steps if isinstance(step, str)]
    return " + ".join(parts) or "an empty database"
