"""What the shop reads from its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(Exception):
    """The environment does not say what the shop needs to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the shop finds its services and its invoices."""

    database_url: str
    redis_url: str
    nats_url: str
    billing_url: str
    invoice_dir: Path

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Read the addresses, which must be set, and ``INVOICE_DIR``, which may be."""
        return cls(
            database_url=_required(environment, "DATABASE_URL"),
            redis_url=_required(environment, "REDIS_URL"),
            nats_url=_required(environment, "NATS_URL"),
            billing_url=_required(environment, "BILLING_URL"),
            invoice_dir=Path(environment.get("INVOICE_DIR") or "invoices"),
        )


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings.read(os.environ)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SettingsError(f"{name} is not set: the shop needs its address to start")
    return value
