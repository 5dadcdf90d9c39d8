"""Which service the ``db.*`` tasks work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import UsageError
from juncture.provisioning import declare
from juncture.tasks._database import chosen_service

if TYPE_CHECKING:
    from pathlib import Path


def test_service_is_chosen_where_only_one_fits(project: Path) -> None:
    """Without ``--service`` the only database is meant; another service has to be named."""
    config = declare(project, environ={})
    assert chosen_service(config, "") == "db"
    assert chosen_service(config, "cache") == "cache"
    with pytest.raises(UsageError, match=r'no service is called "dc"\n  There are db, cache\.'):
        chosen_service(config, "dc")


def test_service_must_be_named_where_two_fit(project: Path) -> None:
    """Two databases: the message names both."""
    with (project / "pyproject.toml").open("a") as file:
        file.write('[tool.juncture.services.old]\nkind = "postgres"\n')
    with pytest.raises(UsageError, match=r"Name one: --service db or --service old"):
        chosen_service(declare(project, environ={}), "")


def test_service_must_be_declared_at_all(tmp_path: Path) -> None:
    """A declaration without services says which table is missing."""
    (tmp_path / "pyproject.toml").write_text("[tool.juncture]\nshards = 1\n")
    with pytest.raises(UsageError, match=r"Add a table \[tool\.juncture\.services\.NAME\]"):
        chosen_service(declare(tmp_path, environ={}), "")
