"""Tests of ``juncture.isolation.seeds``: functions of the project that fill a database."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from juncture.config import Service
from juncture.errors import ConfigError
from juncture.isolation.seeds import call_words, is_call, source_files

if TYPE_CHECKING:
    from pathlib import Path

DB = Service(name="db", kind="postgres")


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        ("shop.seeds:load", True),
        ("seeds:load", True),
        ("seeds/*.sql", False),
        ("a.sql", False),
        ("shop.seeds:load.more", False),
        ("shop/seeds:load", False),
        ("1shop:load", False),
    ],
)
def test_functions_are_told_from_files(seed: str, expected: bool) -> None:  # noqa: FBT001
    """A module, a colon and a name."""
    assert is_call(seed) is expected


@pytest.mark.parametrize("place", [".", "src"])
def test_module_is_found_and_called(tmp_path: Path, place: str) -> None:
    """In the project's folder and in its ``src``, whether or not it is installed."""
    folder = tmp_path / place / "shop"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "seeds.py").write_text("def load(): open('called', 'w').write(__name__)")
    assert source_files(tmp_path, DB, "shop.seeds:load") == [folder / "seeds.py"]
    subprocess.run(call_words(tmp_path, DB, "shop.seeds:load"), cwd=tmp_path, check=True)
    assert (tmp_path / "called").read_text() == "shop.seeds"


def test_all_files_of_a_package_count(tmp_path: Path) -> None:
    """Each of them may be what is imported; what Python compiled is none of them."""
    for name in ("__init__.py", "users.py", "data/users.json", "__pycache__/users.pyc"):
        path = tmp_path / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [path.relative_to(tmp_path).as_posix() for path in source_files(tmp_path, DB, "seeds:load")]
    assert found == ["seeds/__init__.py", "seeds/data/users.json", "seeds/users.py"]


def test_missing_module_is_told(tmp_path: Path) -> None:
    """With the key that names it."""
    with pytest.raises(ConfigError, match=r"'nowhere\.seeds:load' names no module") as raised:
        source_files(tmp_path, DB, "nowhere.seeds:load")
    assert raised.value.where == "pyproject.toml: tool.juncture.services.db.seed"
