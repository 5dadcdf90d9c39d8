"""Tests of ``juncture.services.postgres_cluster`` as far as no server is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import StartError
from juncture.services.postgres_cluster import prepare

if TYPE_CHECKING:
    from juncture.services.kinds import Setup


def test_failing_initdb_is_told_with_its_words_and_leaves_nothing(setup: Setup) -> None:
    """The error has initdb's exit code and output; neither data nor cache look complete."""
    initdb = setup.program.with_name("initdb")
    initdb.parent.mkdir()
    initdb.write_text("#!/bin/sh\necho it is full >&2\nexit 7\n")
    initdb.chmod(0o755)
    setup.cache.mkdir()
    with pytest.raises(StartError, match="initdb failed with exit code 7:\nit is full") as raised:
        prepare(setup)
    assert raised.value.where == str(setup.program)
    assert not list(setup.cache.iterdir())
    assert not list(setup.data.parent.glob(f"{setup.data.name}*"))


def test_cluster_is_copied_from_the_cache(setup: Setup) -> None:
    """A new server starts from the kept cluster; data that is there already is left alone."""
    (setup.cache / "cluster").mkdir(parents=True)
    (setup.cache / "cluster" / "PG_VERSION").write_text("18\n")
    half = setup.data.with_name(f"{setup.data.name}.new")
    half.mkdir()
    (half / "rest of a killed start").touch()
    prepare(setup)
    assert [path.name for path in setup.data.iterdir()] == ["PG_VERSION"]
    assert setup.data.stat().st_mode & 0o777 == 0o700
    (setup.data / "mine").touch()
    prepare(setup)
    assert (setup.data / "mine").exists()


def test_damaged_data_is_replaced(setup: Setup) -> None:
    """A folder without PG_VERSION is no cluster."""
    (setup.cache / "cluster").mkdir(parents=True)
    (setup.cache / "cluster" / "PG_VERSION").write_text("18\n")
    setup.data.mkdir()
    (setup.data / "damaged").touch()
    prepare(setup)
    assert [path.name for path in setup.data.iterdir()] == ["PG_VERSION"]
