"""Names of namespaces and templates: readable, unique, and inside every server's limit."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "BUILD",
    "KEPT",
    "LIMIT",
    "NAMESPACE",
    "TEMPLATE",
    "kept_name",
    "namespace_name",
    "owned",
    "project_key",
    "template_name",
    "trimmed",
]

LIMIT = 63
"""Bytes of a PostgreSQL identifier, the shortest limit of the catalogue; longer ones are cut there without a word."""

NAMESPACE, KEPT, TEMPLATE, BUILD = "jn_", "jk_", "jt_", "jb_"
"""What juncture's database names begin with: a run's namespaces, kept ones, sealed templates, templates being built."""


def owned(prefix: str, owner: str) -> str:
    """Return a prefix on a server that other machines use too: it says whose the databases are.

    None of them begins as those on a server of our own do, where everything with a prefix is ours.
    """
    return f"jx{owner}{prefix[1:]}" if owner else prefix


def project_key(root: Path) -> str:
    """Return a short key of one checkout: two clones of a project have two."""
    return hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:6]


def namespace_name(  # noqa: PLR0913 - a name of this many parts
    project: str, root: Path, service: str, run: str, worker: str, *, owner: str = ""
) -> str:
    """Return the name of one worker's namespace in one run of one checkout."""
    prefix = owned(NAMESPACE, owner)
    return trimmed(f"{prefix}{_slug(project)[:16]}_{project_key(root)}_{_slug(service)}_{run}_{_slug(worker)}")


def kept_name(project: str, root: Path, service: str, purpose: str, *, owner: str = "") -> str:
    """Return the name of a checkout's namespace that outlives its processes."""
    prefix = owned(KEPT, owner)
    return trimmed(f"{prefix}{_slug(project)[:16]}_{project_key(root)}_{_slug(service)}_{_slug(purpose)}")


def template_name(project: str, service: str, fingerprint: str, *, owner: str = "") -> str:
    """Return the name of the template database for one fingerprint; checkouts of one project share it."""
    prefix = owned(TEMPLATE, owner)
    return trimmed(f"{prefix}{_slug(project)[:16]}_{_slug(service)[:16]}_{fingerprint[:16]}")


def trimmed(name: str) -> str:
    """Return ``name``, or, over the limit, its beginning and a hash of the whole."""
    if len(name) <= LIMIT:
        return name
    return f"{name[: LIMIT - 13]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "x"
