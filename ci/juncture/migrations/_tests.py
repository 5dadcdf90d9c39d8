"""The tests that a project imports; pytest gives them its fixture ``migrations``, once per service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.migrations._checks import check_each_revision, check_single_head, check_upgrade_downgrade_upgrade

if TYPE_CHECKING:
    from juncture.migrations._migrations import Migrations

__all__ = ["test_each_revision", "test_single_head", "test_upgrade_downgrade_upgrade"]

many_steps = pytest.mark.timeout(900)
"""What they take grows with the revisions, of which there may be hundreds."""


def test_single_head(migrations: Migrations) -> None:
    """The revisions end in one head."""
    check_single_head(migrations)


@many_steps
def test_upgrade_downgrade_upgrade(migrations: Migrations) -> None:
    """All the way down nothing is left, and up again gives the same schema."""
    check_upgrade_downgrade_upgrade(migrations)


@many_steps
def test_each_revision(migrations: Migrations) -> None:
    """Each revision's downgrade undoes its upgrade."""
    check_each_revision(migrations)
