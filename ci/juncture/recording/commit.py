"""The commit that a CI job is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["commit_named"]

COMMITS = ("JUNCTURE_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA")
"""Variables that name it: the user's own, GitHub's, GitLab's."""


def commit_named(environ: Mapping[str, str]) -> str:
    """Return the commit as the environment names it; empty where it does not."""
    return next(filter(None, map(environ.get, COMMITS)), "")
