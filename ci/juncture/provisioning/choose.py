"""Choose how each service is obtained, and say why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host.folders import home
from juncture.providers import embedded
from juncture.providers.launch import log_of
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.config import Config, Service

__all__ = ["Choice", "choose", "idle_seconds"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A reserved server and the reason for its provider, in a few words for people (empty where it was asked for)."""

    reservation: embedded.Reservation
    why: str

    @property
    def log(self) -> Path:
        """The log file of the server, which may not exist yet."""
        return log_of(self.reservation)


def choose(config: Config, service: Service, environ: Mapping[str, str], *, kept: str = "") -> Choice:
    """Reserve a server for one declared service; start nothing. ``kept`` names one that outlives its users.

    Raise `ProviderError` where the wanted provider can't give it, naming what can.
    """
    if config.provider in {"docker", "external"}:
        raise ProviderError(
            f"the provider {config.provider!r} is not there yet",
            where=config.sources["provider"].where,
            hint='use provider = "embedded" or "auto"',
        )
    folder = home(environ)
    try:
        reservation = embedded.reserve(
            service,
            kind(service.kind),
            home=folder,
            environ=environ,
            idle=idle_seconds(config, environ),
            kept=kept,
        )
    except OSError as error:
        raise ProviderError(
            f"juncture can't use its own folder: {error}",
            where=str(folder),
            hint="set JUNCTURE_HOME to a folder that you can write to",
        ) from error
    return Choice(reservation, "")


def idle_seconds(config: Config, environ: Mapping[str, str]) -> float:
    """Return how long an unused server is kept: as declared, but in a CI job nothing outlives the run by default."""
    in_ci = environ.get("CI", "").lower() not in {"", "0", "false"}
    return 0.0 if in_ci and config.sources["idle"].layer == "default" else config.idle
