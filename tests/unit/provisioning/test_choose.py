"""Tests of ``juncture.provisioning.choose``."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from juncture.config import Config, parse
from juncture.errors import ProviderError
from juncture.provisioning.choose import Terms, choose, engine_problem, idle_seconds
from juncture.services import schemas

if TYPE_CHECKING:
    from pathlib import Path


def nowhere(folder: Path) -> dict[str, str]:
    """Return an environment whose engine is at a socket in a folder."""
    return {"JUNCTURE_HOME": str(folder / "home"), "DOCKER_HOST": f"unix://{folder}/docker.sock"}


def declared(root: Path, **top: object) -> Config:
    """Return a declaration with one Postgres."""
    table = {"services": {"db": {"kind": "postgres"}}} | top
    return parse(table, root=root, kinds=schemas(), project="shop", environ={}, overrides={})


def test_docker_without_an_engine_says_where_it_was_asked_for(tmp_path: Path) -> None:
    """The error names the address, the place of the wish, and two ways out."""
    config = declared(tmp_path, provider="docker")
    with pytest.raises(ProviderError, match=f"no Docker engine is at unix://{tmp_path}/docker.sock") as raised:
        choose(config, config.service("db"), Terms(environ=nowhere(tmp_path)))
    assert raised.value.where == "pyproject.toml"
    assert "start one" in raised.value.hint
    assert "JUNCTURE_PROVIDER=embedded" in raised.value.hint


def test_silent_engine_is_told_with_its_address(tmp_path: Path) -> None:
    """A socket that nobody listens on is no traceback."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "docker.sock"))
    config = declared(tmp_path, provider="docker")
    with pytest.raises(ProviderError, match=r"the Docker engine at unix://.* does not answer"):
        choose(config, config.service("db"), Terms(environ=nowhere(tmp_path)))
    assert engine_problem(config.service("db"), nowhere(tmp_path)) == "the Docker engine does not answer"


def test_why_auto_takes_no_container(tmp_path: Path) -> None:
    """The reason is a few words for the line that tells which services a run uses."""
    config = declared(tmp_path)
    assert engine_problem(config.service("db"), nowhere(tmp_path)) == "no Docker engine"


def test_home_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    """A file in the way is an error with the variable to set, not a traceback."""
    (tmp_path / "file").touch()
    config = declared(tmp_path, provider="embedded")
    environ = {"JUNCTURE_HOME": str(tmp_path / "file" / "home"), "PATH": ""}
    with pytest.raises(ProviderError, match="can't use its own folder") as raised:
        choose(config, config.service("db"), Terms(environ=environ))
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
