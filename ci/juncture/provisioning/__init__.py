"""Choose a provider for each declared service, and tell what runs."""

from __future__ import annotations

from juncture.provisioning.choose import Choice, choose
from juncture.provisioning.declare import declare
from juncture.provisioning.survey import ServerStatus, log_paths, status, stop

__all__ = ["Choice", "ServerStatus", "choose", "declare", "log_paths", "status", "stop"]
