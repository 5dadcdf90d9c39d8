"""Choose a provider for each declared service, tell what runs, and clean up: `choose`, `survey`, `prune`, `examine`."""

from __future__ import annotations

from juncture.provisioning.declare import declare

__all__ = ["declare"]
