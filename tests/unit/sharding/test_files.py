"""Plans in files, and writers that meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from juncture.errors import IncompleteError, UsageError
from juncture.sharding import PlannedTest, make_plan, to_json
from juncture.sharding.files import publish, read_plan, replace_text

if TYPE_CHECKING:
    from pathlib import Path


def test_plan_comes_back_from_its_file(tmp_path: Path) -> None:
    """A plan is written and read again, also after an editor put a byte order mark before it."""
    plan = make_plan([PlannedTest("a", "g")], 2, {})
    path = tmp_path / "plan.json"
    replace_text(path, to_json(plan))
    assert read_plan(path) == plan
    path.write_text(to_json(plan), encoding="utf-8-sig")
    assert read_plan(path) == plan


def test_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """The new text takes the old one's place, and nothing else is left in the folder."""
    path = tmp_path / "plan.json"
    path.write_text("old")
    replace_text(path, "new")
    assert (path.read_text(), list(tmp_path.iterdir())) == ("new", [path])


@pytest.mark.parametrize("name", ["nowhere/plan.json", "."])
def test_what_can_not_be_written_is_told(tmp_path: Path, name: str) -> None:
    """A folder that is not there, or in the file's place, is a usage error; no unfinished file stays."""
    with pytest.raises(UsageError, match="it can't be written: "):
        replace_text(tmp_path / name, "text")
    assert not list(tmp_path.iterdir())


def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    """A missing file and one that is no text are usage errors, a file that is no plan is an incomplete one."""
    path = tmp_path / "plan.json"
    with pytest.raises(UsageError, match=r"plan\.json: the plan can't be read: No such file"):
        read_plan(path)
    path.write_bytes(b"\xff\xfe{\x00")
    with pytest.raises(UsageError, match=r"plan\.json: the plan is not UTF-8"):
        read_plan(path)
    path.write_text("{}")
    with pytest.raises(IncompleteError, match=r"plan\.json: written in version None"):
        read_plan(path)


def test_one_text_is_published_by_many(tmp_path: Path) -> None:
    """Of writers at once one wins: those with its text agree, the others are told, and no part stays behind."""
    path = tmp_path / "bundle" / "plan.json"
    texts = ["a" * 100_000, "b" * 100_000]
    with ThreadPoolExecutor(8) as pool:
        agreed = list(pool.map(lambda turn: publish(path, texts[turn % 2]), range(16)))
    winner = path.read_text()
    assert agreed == [texts[turn % 2] == winner for turn in range(16)]
    assert list(path.parent.iterdir()) == [path]
