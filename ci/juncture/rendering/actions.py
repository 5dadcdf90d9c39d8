"""The actions that a rendered workflow uses: each by its commit, with the version that this commit is."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ACTIONS", "uses"]

ACTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "actions/cache/restore": ("55cc8345863c7cc4c66a329aec7e433d2d1c52a9", "v6.1.0"),
        "actions/cache/save": ("55cc8345863c7cc4c66a329aec7e433d2d1c52a9", "v6.1.0"),
        "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
        "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
        "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
        "actions/upload-artifact": ("043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"),
    }
)
"""A tag can be moved to other code; a commit can't."""


def uses(action: str) -> str:
    """Return what stands behind ``uses:``; ``KeyError`` for an action that is not in the table."""
    commit, version = ACTIONS[action]
    return f"{action}@{commit} # {version}"
