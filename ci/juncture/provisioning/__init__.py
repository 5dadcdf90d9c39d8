"""Choose a provider for each declared service, tell what runs, and clean up: `survey`, `prune` and `examine`."""

from __future__ import annotations

from juncture.provisioning.choose import Choice, choose
from juncture.provisioning.declare import declare

__all__ = ["Choice", "choose", "declare"]
