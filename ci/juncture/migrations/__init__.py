"""Tests of a project's migrations, ready to be imported, for each service that declares `migrate`.

    from juncture.migrations import test_each_revision, test_single_head, test_upgrade_downgrade_upgrade

in a module of integration tests is all there is to write. They run on scratch databases, which the fixture
``migrations`` gives; tests of one's own can use it too.
"""

from __future__ import annotations

from juncture.migrations._checks import check_each_revision, check_single_head, check_upgrade_downgrade_upgrade
from juncture.migrations._migrations import Migrations
from juncture.migrations._tests import test_each_revision, test_single_head, test_upgrade_downgrade_upgrade

__all__ = [
    "Migrations",
    "check_each_revision",
    "check_single_head",
    "check_upgrade_downgrade_upgrade",
    "test_each_revision",
    "test_single_head",
    "test_upgrade_downgrade_upgrade",
]
