"""Tests of ``juncture.providers.docker.places``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.host.engine import Engine, EngineError
from juncture.providers.docker.places import Known, Place, home_id, known_path

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_written_down_is_read(tmp_path: Path) -> None:
    """What one process knew of a container the next one knows too."""
    known = Known("abc", 4001, "2026-11-22T01:00:00Z")
    known.write(known_path(tmp_path, "redis-1"))
    assert Known.read(known_path(tmp_path, "redis-1")) == known
    assert [path.name for path in known_path(tmp_path, "redis-1").parent.iterdir()] == ["redis-1.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "a"}', '{"id": "a", "port": "x"}', "null"])
def test_what_makes_no_sense_is_not_known(tmp_path: Path, text: str) -> None:
    """A file that was cut short, or is of something else, is as good as none."""
    path = tmp_path / "x.json"
    path.write_text(text)
    assert Known.read(path) is None
    assert Known.read(tmp_path / "none.json") is None


def test_each_home_is_another(tmp_path: Path) -> None:
    """A home keeps its identity; another one, also one at the same place later, has another."""
    first = home_id(tmp_path / "a")
    assert home_id(tmp_path / "a") == first
    assert home_id(tmp_path / "b") != first
    (tmp_path / "a" / "run" / "secret").unlink()
    assert home_id(tmp_path / "a") != first


def test_engine_that_fails_is_told(tmp_path: Path) -> None:
    """The error names the service and the engine, and what else there is."""
    place = Place(home=tmp_path, engine=Engine("unix:///x"), environ={}, idle=0.0, run="r")
    told = str(place.engine_failed("db", EngineError("no such file")))
    assert told.startswith("service db: the Docker engine at unix:///x does not answer: no such file\n")
    assert told.endswith("JUNCTURE_PROVIDER=embedded")
