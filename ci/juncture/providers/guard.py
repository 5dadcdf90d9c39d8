"""The production guard: a server that juncture did not start is not touched until somebody said that it may be.

Who said it once has it written into the server, as a marker that outlives our own cleaning; later runs look for that.
Names that are kept off altogether are refused before anything connects: `juncture.provisioning.outside.refuse_denied`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.services.addresses import bracketed

if TYPE_CHECKING:
    from juncture.config import Service
    from juncture.model import Endpoint
    from juncture.services.kinds import Outside

__all__ = ["admitted"]


def admitted(service: Service, outside: Outside, server: Endpoint, *, flag: str) -> None:
    """Return where tests may use a server; else raise `ProviderError`, which says why and what to set.

    ``flag`` is the variable that allows it. Nothing is written to a server that is refused.
    """
    marked = outside.marked(server)
    if not marked and not service.disposable:
        raise ProviderError(
            f"juncture did not start the server at {bracketed(server.host)}:{server.port}, and nothing says that it is "
            f"for tests: a run {outside.does} there",
            where=f"service {service.name}",
            hint=f"if nobody needs what is on it, set {flag}=true, or `disposable = true` in its table; "
            "the server is then marked, and later runs ask no more",
        )
    outside.admit(server)
    if not marked:
        outside.mark(server)
