"""A home with embedded servers, for tests that kill them and spoil their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.config import Service
from juncture.host import keeper
from juncture.providers import embedded
from juncture.services import kind

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.providers.launch import Reservation


class Site:
    """One home, and the servers that were started in it."""

    def __init__(self, home: Path, environ: dict[str, str]) -> None:
        """Start with nothing held."""
        self.home = home
        self.environ = environ
        self.held: list[embedded.Server] = []

    def reserve(self, name: str = "redis", *, idle: float = 60.0, version: str = "") -> Reservation:
        """Reserve a service of the kind of that name."""
        service = Service(name=name, kind=name, version=version)
        return embedded.reserve(service, kind(name), home=self.home, environ=self.environ, idle=idle)

    def start(self, reservation: Reservation, *, promised: bool = False) -> embedded.Server:
        """Start a reserved server, and hold it until the test's end."""
        server = embedded.start(reservation, promised=promised)
        self.held.append(server)
        return server

    def pid(self, server: embedded.Server) -> int:
        """Return the server's process id."""
        (pid,) = [running.pid for running in keeper.running(self.home) if running.key == server.key]
        return pid
