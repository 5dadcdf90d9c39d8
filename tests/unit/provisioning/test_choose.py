"""Tests of ``juncture.provisioning.choose``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.config import Config, parse
from juncture.errors import ProviderError
from juncture.provisioning.choose import choose, idle_seconds
from juncture.services import schemas

if TYPE_CHECKING:
    from pathlib import Path


def declared(root: Path, **top: object) -> Config:
    """Return a declaration with one Postgres."""
    table = {"services": {"db": {"kind": "postgres"}}} | top
    return parse(table, root=root, kinds=schemas(), project="shop", environ={}, overrides={})


@pytest.mark.parametrize("provider", ["docker", "external"])
def test_provider_that_is_not_there_says_where_it_was_asked_for(tmp_path: Path, provider: str) -> None:
    """The error names the provider, the place of the wish, and what works."""
    config = declared(tmp_path, provider=provider)
    with pytest.raises(ProviderError, match=f"the provider '{provider}' is not there yet") as raised:
        choose(config, config.service("db"), {"JUNCTURE_HOME": str(tmp_path)})
    assert raised.value.where == "pyproject.toml"
    assert '"embedded"' in raised.value.hint


def test_home_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    """A file in the way is an error with the variable to set, not a traceback."""
    (tmp_path / "file").touch()
    config = declared(tmp_path)
    with pytest.raises(ProviderError, match="can't use its own folder") as raised:
        choose(config, config.service("db"), {"JUNCTURE_HOME": str(tmp_path / "file" / "home"), "PATH": ""})
    assert "JUNCTURE_HOME" in raised.value.hint


@pytest.mark.parametrize(
    ("variable", "top", "seconds"),
    [
        ("", {}, None),
        ("true", {}, 0.0),
        ("1", {}, 0.0),
        ("false", {}, None),
        ("0", {}, None),
        ("true", {"idle": "5m"}, 300.0),
        ("", {"idle": "5m"}, 300.0),
    ],
)
def test_nothing_outlives_a_ci_job_unless_it_was_asked_for(
    tmp_path: Path, variable: str, top: dict[str, object], seconds: float | None
) -> None:
    """In CI the default is to keep nothing; what was declared is obeyed everywhere."""
    config = declared(tmp_path, **top)
    assert idle_seconds(config, {"CI": variable}) == (config.idle if seconds is None else seconds)
    assert declared(tmp_path).idle > 0
