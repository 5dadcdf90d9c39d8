"""A namespace: what one process has of one service for itself. There is one kind of it per module."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.isolation.reset.cleaner import Cleaner
    from juncture.isolation.reset.restored import Restored
    from juncture.isolation.scope import Scope
    from juncture.isolation.templates import State
    from juncture.model import Endpoint
    from juncture.providers.reservation import Log, Server
    from juncture.provisioning.choose import Choice

__all__ = ["Namespace"]


class Namespace:
    """One service's part of a workspace: reserved when it is made, then started, then awaited, then released.

    This class does what there is to do where nothing is. ``server`` is what runs for it, once it is ready. One that is
    started ``in_background`` comes after the servers; ``wanted`` says that it was, or will be when what it refers to
    answers. ``state`` is what a database was made from.
    """

    in_background: ClassVar[bool] = False

    def __init__(self, scope: Scope, service: Service) -> None:
        """Belong to a scope."""
        self.scope = scope
        self.service = service
        self.server: Server | None = None
        self.wanted = False
        self.state: State | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where the process reaches the service."""
        return self.scope.endpoints[self.service.name]

    @endpoint.setter
    def endpoint(self, endpoint: Endpoint) -> None:
        self.scope.endpoints[self.service.name] = endpoint

    @property
    def ready(self) -> bool:
        """Whether it can be used."""
        return self.service.name in self.scope.ready

    @property
    def why(self) -> str:
        """Why it has this provider and none that would have come first; empty where it has."""
        return ""

    @property
    def program(self) -> tuple[str, str]:
        """Product and version: of what runs, else of what would."""
        return self.endpoint.product, self.endpoint.version

    @property
    def chosen(self) -> Choice | None:
        """How its server is obtained; None where there is no choice."""
        return None

    @property
    def log(self) -> Log | None:
        """The log of the server that it has or will have; None where that is not known yet."""
        return self.server.log if self.server else None

    @property
    def names(self) -> frozenset[str]:
        """What the server calls that part of it which is this process's; empty where it has no names for such."""
        return frozenset()

    @property
    def cleaner(self) -> Cleaner | Restored | None:
        """What brings it back to its template before each test; None where nothing does, or it is not started."""
        return None

    def prepare(self, *, promised: bool) -> None:
        """Start what is shared with other processes, but make nothing of one's own."""

    def start(self, *, promised: bool) -> None:
        """Make the namespace, or begin to; a second call does nothing.

        ``promised`` says that the environment was handed out already, so no port may change.
        """

    def wait(self) -> None:
        """Return when the service can be used; a second call does nothing."""

    def settle(self) -> None:
        """Remember what the project's own processes made when they started: it is no rest of a test."""

    def reset(self) -> None:
        """Take out what a test left behind, where no template and no transaction does that."""

    def collect(self) -> list[str]:
        """Remove what killed processes left behind and return the names of it."""
        return []

    def leave(self) -> None:
        """Begin to give it back, where that takes a moment."""

    def release(self) -> None:
        """Give it back; safe to call twice, or half-started."""
