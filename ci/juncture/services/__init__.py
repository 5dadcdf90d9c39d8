"""The catalogue: every kind of service that can be declared, one file per kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services import container, http, nats, postgres, redis

if TYPE_CHECKING:
    from juncture.config.types import KindSchema
    from juncture.services.kinds import Kind

__all__ = ["CATALOGUE", "kind", "schemas"]

CATALOGUE: tuple[Kind, ...] = (postgres.KIND, redis.REDIS, redis.VALKEY, nats.KIND, http.KIND, container.KIND)


def kind(name: str) -> Kind:
    """Return the kind of that name; ``KeyError`` where the catalogue has none."""
    for candidate in CATALOGUE:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def schemas() -> dict[str, KindSchema]:
    """Return what the declaration may say of each kind."""
    return {candidate.name: candidate.schema() for candidate in CATALOGUE}
