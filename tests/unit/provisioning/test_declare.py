"""Tests of ``juncture.provisioning.declare``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import ConfigError
from juncture.provisioning import declare

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = '[project]\nname = "shop"\n[tool.juncture.services.db]\nkind = "postgres"\nseed = ["a.sql"]\n'


def test_declaration_is_checked_against_the_catalogue(tmp_path: Path) -> None:
    """The kinds that exist are the catalogue's."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    config = declare(tmp_path, environ={}, overrides={"provider": "embedded"})
    assert (config.service("db").seed, config.provider) == (("a.sql",), "embedded")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.replace("postgres", "postgers"))
    with pytest.raises(ConfigError, match='"postgers"'):
        declare(tmp_path, environ={})


def test_nearest_declaration_above_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command works from any folder of the project."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "tests" / "unit")
    assert declare(None, environ={}).root == tmp_path.resolve()


def test_missing_declaration_is_told_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of any project the error says where it looked and what to pass."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"has a \[tool\.juncture\] table") as raised:
        declare(None, environ={})
    assert (raised.value.where, "--root" in raised.value.hint) == (str(tmp_path), True)
