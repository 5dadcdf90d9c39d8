"""The tables of services: names, kinds, and the keys that each kind allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from juncture.config import _keys as keys
from juncture.config._checks import check_names, check_service_names
from juncture.config._reader import below
from juncture.config._wording import listed, quoted, suggestion
from juncture.config.types import Service

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.config._keys import Key
    from juncture.config._reader import Reader
    from juncture.config.types import KindSchema

__all__ = ["read_services"]

T = TypeVar("T")


def read_services(reader: Reader, tables: Mapping[str, object], kinds: Mapping[str, KindSchema]) -> tuple[Service, ...]:
    """Read every service, in the order of the file."""
    for check in (check_names, check_service_names):
        for name, what in check(tables):
            reader.add(below("services", name), what)
    return tuple(_read_service(reader, name, value, kinds) for name, value in tables.items())


def _read_service(reader: Reader, name: str, value: object, kinds: Mapping[str, KindSchema]) -> Service:
    """Read one service; an option that its kind does not allow keeps its default and has no source."""
    path = below("services", name)
    table = reader.table(value, path)
    if table is not value:
        return Service(name=name, kind="")
    kind = reader.value(keys.KIND, table, path)
    if kind not in kinds and reader.sound(f"{path}.kind"):
        reader.add(f"{path}.kind", f"unknown kind {quoted(kind)}.{suggestion(kind, sorted(kinds), lead='Known')}")
    options = _check_options(reader, table, path, kind, kinds)

    def option(key: Key[T]) -> T:
        return reader.value(key, table, path) if key.name in options else key.default

    return Service(
        name=name,
        kind=kind,
        version=reader.value(keys.VERSION, table, path, name),
        migrate=option(keys.MIGRATE),
        seed=option(keys.SEED),
        watch=option(keys.WATCH),
    )


def _check_options(
    reader: Reader, table: Mapping[str, object], path: str, kind: str, kinds: Mapping[str, KindSchema]
) -> Collection[str]:
    """Note each key that no service, or none of this kind, has; return the options that this one may have.

    Where the kind is unknown, any option passes: the kind is the problem to solve first.
    """
    every = [key.name for key in keys.OPTIONS]
    options = [name for name in every if kind not in kinds or name in kinds[kind].options]
    allowed = [key.name for key in keys.SERVICE if key.name in options or key.name not in every]
    for name in table:
        having = sorted(other.name for other in kinds.values() if name in other.options)
        if name in allowed:
            continue
        if name in every and having:
            reader.add(below(path, name), f"not for {kind}; only for {listed(having)}")
        else:
            reader.add(below(path, name), f"unknown key.{suggestion(name, allowed)}")
    return options
