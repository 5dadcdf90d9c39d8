"""The tables of services: names, kinds, and the keys that each kind allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from juncture.config import _keys as keys
from juncture.config._checks import check_circles, check_names, check_service_names
from juncture.config._container_checks import check_sharing, checked_container
from juncture.config._reader import below
from juncture.config._variables import attributes_of, read_template, read_variables
from juncture.config._wording import listed, quoted, suggestion
from juncture.config.types import Service

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from juncture.config._keys import Key
    from juncture.config._reader import Reader
    from juncture.config._variables import Attributes
    from juncture.config.types import KindSchema

__all__ = ["read_services"]

T = TypeVar("T")


def read_services(reader: Reader, tables: Mapping[str, object], kinds: Mapping[str, KindSchema]) -> tuple[Service, ...]:
    """Read every service, in the order of the file."""
    for check in (check_names, check_service_names):
        for name, what in check(tables):
            reader.add(below("services", name), what)
    read = [_read_service(reader, name, value, kinds) for name, value in tables.items()]
    attributes = attributes_of((service for service, _, _ in read), kinds)
    services = tuple(
        _with_templates(reader, service, command, variables, attributes) for service, command, variables in read
    )
    for service in services:
        _check_dependencies(reader, service, list(tables))
        check_sharing(reader, service, services)
    if any(service.references for service in services):
        known = {service.name: service.references.intersection(tables) for service in services}
        for name, what in check_circles(known):
            reader.add(below("services", name), what)
    return services


def _with_templates(
    reader: Reader, service: Service, command: str, variables: Mapping[str, object], attributes: Attributes
) -> Service:
    """Return the service with its texts parsed: they may name services that come later in the file."""
    if not command and not variables:
        return service
    path, own = below("services", service.name), service.name
    return replace(
        service,
        command=read_template(reader, command, f"{path}.command", attributes, own=own) if command else None,
        env=read_variables(reader, variables, f"{path}.env", attributes, own=own),
    )


def _read_service(
    reader: Reader, name: str, value: object, kinds: Mapping[str, KindSchema]
) -> tuple[Service, str, Mapping[str, object]]:
    """Read one service, and the texts of its command and variables.

    An option that its kind does not allow keeps its default and has no source.
    """
    path = below("services", name)
    table = reader.table(value, path)
    if table is not value:
        return Service(name=name, kind=""), "", {}
    kind = reader.value(keys.KIND, table, path)
    if kind not in kinds and reader.sound(f"{path}.kind"):
        reader.add(f"{path}.kind", f"unknown kind {quoted(kind)}.{suggestion(kind, sorted(kinds), lead='Known')}")
    options = _check_options(reader, table, path, kind, kinds)

    def option(key: Key[T]) -> T:
        if key.name not in options or (kind not in kinds and key.name not in table):
            return key.default
        needed = kind in kinds and key.name in kinds[kind].needs
        return reader.value(key._replace(required=True) if needed else key, table, path, name)

    service = Service(
        name=name,
        kind=kind,
        version=reader.value(keys.VERSION, table, path, name) if _versioned(kind, kinds) else "",
        image=option(keys.IMAGE),
        digest=option(keys.DIGEST),
        build=option(keys.BUILD),
        reuse=option(keys.REUSE),
        disposable=option(keys.DISPOSABLE),
        migrate=option(keys.MIGRATE),
        downgrade=option(keys.DOWNGRADE),
        seed=option(keys.SEED),
        watch=option(keys.WATCH),
        reset=option(keys.RESET),
        pool=option(keys.POOL),
        ports=option(keys.PORTS),
        ready=option(keys.READY),
        cwd=option(keys.CWD),
        timeout=option(keys.TIMEOUT),
        depends_on=option(keys.DEPENDS_ON),
        shared=option(keys.SHARED),
    )
    if kind in kinds:
        service = checked_container(reader, service, table, options)
    return service, option(keys.COMMAND), option(keys.VARIABLES)


def _check_dependencies(reader: Reader, service: Service, declared: Sequence[str]) -> None:
    path = f"{below('services', service.name)}.depends_on"
    for name in service.depends_on:
        if name not in declared:
            reader.add(path, f"unknown service {quoted(name)}.{suggestion(name, declared, lead='Declared')}")


def _check_options(
    reader: Reader, table: Mapping[str, object], path: str, kind: str, kinds: Mapping[str, KindSchema]
) -> Collection[str]:
    """Note each key that no service, or none of this kind, has; return the options that this one may have.

    Where the kind is unknown, any option passes: the kind is the problem to solve first.
    """
    every = [key.name for key in keys.OPTIONS]
    options = [name for name in every if kind not in kinds or name in kinds[kind].options]
    allowed = [key.name for key in keys.SERVICE if key.name in options or key.name not in every]
    if not _versioned(kind, kinds):
        allowed.remove(keys.VERSION.name)
    for name in table:
        if name in allowed:
            continue
        having = sorted(other.name for other in kinds.values() if _has(other, name))
        if having:
            reader.add(below(path, name), f"not for {kind}; only for {listed(having)}")
        else:
            reader.add(below(path, name), f"unknown key.{suggestion(name, allowed)}")
    return options


def _has(kind: KindSchema, name: str) -> bool:
    """Tell whether a key that not every kind has may be there for this one."""
    return name in kind.options or (name == keys.VERSION.name and kind.versioned)


def _versioned(kind: str, kinds: Mapping[str, KindSchema]) -> bool:
    """Tell whether a kind has versions; one that is unknown might."""
    return kind not in kinds or kinds[kind].versioned
