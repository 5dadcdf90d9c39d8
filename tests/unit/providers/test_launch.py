"""Tests of ``juncture.providers.launch`` as far as nothing is started."""

from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from juncture.errors import ProviderError
from juncture.providers import launch


def test_data_of_another_password_is_discarded(tmp_path: Path) -> None:
    """Data that outlived the home folder with its secret would refuse every connection, for ever."""
    data = tmp_path / "postgres-1"
    launch._discard_strange(data, "first")
    data.mkdir()
    (data / "PG_VERSION").touch()
    launch._discard_strange(data, "first")
    assert (data / "PG_VERSION").exists()
    launch._discard_strange(data, "second")
    assert not data.exists()


def test_data_that_nobody_vouches_for_is_discarded(tmp_path: Path) -> None:
    """Without a stamp nothing tells what the data was made for."""
    (tmp_path / "postgres-1").mkdir()
    launch._discard_strange(tmp_path / "postgres-1", "first")
    assert not (tmp_path / "postgres-1").exists()


def test_folder_on_the_way_that_the_user_can_not_enter_is_named(tmp_path: Path) -> None:
    """A server that is dropped to another user fails in a private folder: the folder is named before it starts."""
    nobody = pwd.getpwnam("nobody")
    private = tmp_path / "private"
    (private / "inner").mkdir(parents=True)
    for folder in reversed(private.parents):
        if folder.stat().st_uid == os.getuid() and Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)
    launch._check_way_to(private / "inner" / "postgres", nobody)
    private.chmod(0o700)
    with pytest.raises(ProviderError, match=r"'nobody'.* can't enter this folder") as raised:
        launch._check_way_to(private / "inner" / "postgres", nobody)
    assert raised.value.where == str(private)
    assert "JUNCTURE_HOME" in raised.value.hint
