"""Give every process namespaces of its own, in a known state, and take them away again."""

from __future__ import annotations

from juncture.isolation.workspace import Workspace, open_workspace, reserve_workspace

__all__ = ["Workspace", "open_workspace", "reserve_workspace"]
