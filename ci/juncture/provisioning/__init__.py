"""Choose a provider for each declared service, tell what runs, and clean up."""

from __future__ import annotations

from juncture.provisioning.choose import Choice, choose
from juncture.provisioning.declare import declare
from juncture.provisioning.prune import Pruned, prune
from juncture.provisioning.survey import ServerStatus, container_logs, log_paths, status, stop, unseen

__all__ = [
    "Choice",
    "Pruned",
    "ServerStatus",
    "choose",
    "container_logs",
    "declare",
    "log_paths",
    "prune",
    "status",
    "stop",
    "unseen",
]
