"""Tests of ``juncture.host.owner``."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from juncture.host.folders import secret
from juncture.host.owner import owner

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_owner_is_one_home_on_one_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a home is another owner, and so is the same home on a machine of another name."""
    home = tmp_path / "home"
    secret(home)
    mine = owner(home)
    assert owner(home) == mine
    assert len(mine) == 8
    shutil.copytree(home, tmp_path / "copy")
    assert owner(tmp_path / "copy") != mine
    assert owner(tmp_path / "fresh") != mine
    machine = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((machine[0], "another", *machine[2:])))
    assert owner(home) != mine
