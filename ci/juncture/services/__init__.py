"""The catalogue: every kind of service that can be declared, one file per kind.

A file is imported when its kind is first asked for: a process of a test run needs those that its project declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from juncture.config.types import KindSchema

if TYPE_CHECKING:
    from juncture.services.databases import Databases
    from juncture.services.kinds import Kind

__all__ = ["NAMES", "catalogue", "databases_of", "every_kind", "kind", "schemas"]

_FILES = {
    "postgres": ("postgres", "KIND"),
    "mysql": ("mysql", "MYSQL"),
    "mariadb": ("mysql", "MARIADB"),
    "redis": ("redis", "REDIS"),
    "valkey": ("redis", "VALKEY"),
    "rabbitmq": ("rabbitmq", "KIND"),
    "nats": ("nats", "KIND"),
    "memcached": ("memcached", "KIND"),
    "mqtt": ("mqtt", "KIND"),
    "wiremock": ("wiremock", "KIND"),
    "mockserver": ("mockserver", "KIND"),
    "mailpit": ("mailpit", "KIND"),
    "mongodb": ("mongodb", "KIND"),
    "kafka": ("kafka", "KAFKA"),
    "redpanda": ("kafka", "REDPANDA"),
    "s3": ("s3", "KIND"),
    "elasticsearch": ("elasticsearch", "ELASTICSEARCH"),
    "opensearch": ("elasticsearch", "OPENSEARCH"),
    "http": ("http", "KIND"),
    "container": ("container", "KIND"),
}
"""The file that each kind is in, and its name there; in the order in which people are told of them."""

NAMES = tuple(_FILES)
"""The kinds, in that order."""


@cache
def kind(name: str) -> Kind:
    """Return the kind of that name: the catalogue's, else an installed one; ``KeyError`` where there is none.

    Raise `ConfigError` where an installed one is broken.
    """
    if name in _FILES:
        file, its_name = _FILES[name]
        found: Kind | None = getattr(import_module(f"juncture.services.{file}"), its_name)
    else:
        from juncture.services.installed import installed_kind  # noqa: PLC0415 - for a kind that is not ours

        found = installed_kind(name)
    if found is None:
        raise KeyError(name)
    return found


def catalogue() -> tuple[Kind, ...]:
    """Return every kind of juncture's own."""
    return tuple(map(kind, NAMES))


def every_kind() -> tuple[Kind, ...]:
    """Return juncture's own kinds and those that are installed."""
    from juncture.services.installed import installed_names  # noqa: PLC0415 - for who asks for all of them

    return (*catalogue(), *map(kind, sorted(installed_names() - _FILES.keys())))


def databases_of(name: str) -> Databases:
    """Return what servers of that kind do with databases; ``ValueError`` where a worker's namespace is none."""
    found = kind(name).databases
    if found is None:
        raise ValueError(name)
    return found


def schemas() -> Mapping[str, KindSchema]:
    """Return what the declaration may say of each kind, by its name; the installed ones are found, but not listed."""
    return _Schemas()


class _Schemas(Mapping[str, KindSchema]):
    """The schemas of all kinds, of which only those that are looked at are made."""

    def __getitem__(self, name: str) -> KindSchema:
        return kind(name).schema()

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)
