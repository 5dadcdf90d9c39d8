"""The end of log files, and what comes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.tasks._logs import Tail, following, labelled

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_tail_gives_the_last_lines(tmp_path: Path, count: int) -> None:
    """The last lines come in order, also where they lie across the blocks that are read."""
    lines = [f"{number} {'x' * 20_000}" for number in range(10)]
    log = tmp_path / "db.log"
    log.write_text("".join(f"{line}\n" for line in lines))
    assert Tail("db", log).last(count) == (lines[-count:] if count else [])


def test_tail_goes_on_with_what_is_new(tmp_path: Path) -> None:
    """New lines are given once, whole, and also after the file was replaced by a fresh one."""
    log = tmp_path / "db.log"
    log.write_text("old\n")
    tail = Tail("db", log)
    assert tail.last(5) == ["old"]
    with log.open("a") as file:
        file.write("one\nhal")
        file.flush()
        assert tail.new() == ["one"]
        file.write("f\n")
        file.flush()
        assert tail.new() == ["half"]
    assert tail.new() == []
    fresh = tmp_path / "fresh"
    fresh.write_text("another\n")
    fresh.replace(log)
    assert tail.new() == ["another"]


def test_tail_waits_for_a_file_that_does_not_exist(tmp_path: Path) -> None:
    """A server that has not logged yet has no lines; they come when it has."""
    log = tmp_path / "db.log"
    tail = Tail("db", log)
    assert tail.last(5) == []
    assert tail.new() == []
    log.write_text("ready\n")
    assert tail.new() == ["ready"]


def test_following_tells_which_service_spoke(tmp_path: Path) -> None:
    """While following, new lines come with the name of their service."""
    tails = [Tail(name, tmp_path / f"{name}.log") for name in ("cache", "db")]
    tails[1].path.write_text("hello\n")
    assert next(following(tails)) == ("db", ["hello"])
    assert labelled("db", ["hello"], 5) == ["db     hello"]
    assert labelled("db", ["hello"], 0) == ["hello"]
