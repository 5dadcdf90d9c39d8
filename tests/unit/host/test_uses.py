"""What is written down of servers, and for whom they were started."""

from __future__ import annotations

from pathlib import Path

from juncture.host.uses import Use, forget, note, uses


def test_use_is_remembered_once(tmp_path: Path) -> None:
    """Each project and service is noted once per server, whoever notes it."""
    first, second = Use(Path("/a"), "db"), Use(Path("/b"), "db")
    for use in (first, second, first):
        note(tmp_path, "postgres-1", use)
    note(tmp_path, "redis-1", Use(Path("/a"), "cache"))
    assert uses(tmp_path, "postgres-1") == {first, second}
    assert len(list((tmp_path / "run" / "uses" / "postgres-1").iterdir())) == 2
    assert uses(tmp_path, "redis-1") == {Use(Path("/a"), "cache")}


def test_nothing_is_made_by_asking(tmp_path: Path) -> None:
    """A home without notes has none, and still has none afterwards."""
    assert uses(tmp_path, "postgres-1") == frozenset()
    forget(tmp_path, "postgres-1")
    assert list(tmp_path.iterdir()) == []


def test_note_that_makes_no_sense_is_passed_over(tmp_path: Path) -> None:
    """A half-written file, as a machine that crashed leaves it, hides nothing else."""
    use = Use(Path("/a"), "db")
    note(tmp_path, "postgres-1", use)
    (tmp_path / "run" / "uses" / "postgres-1" / "torn").write_text('{"root": "/b"')
    assert uses(tmp_path, "postgres-1") == {use}


def test_note_can_be_forgotten(tmp_path: Path) -> None:
    """A server that is gone leaves no note, and the others stay."""
    note(tmp_path, "postgres-1", Use(Path("/a"), "db"))
    note(tmp_path, "redis-1", Use(Path("/a"), "cache"))
    forget(tmp_path, "postgres-1")
    assert [path.name for path in (tmp_path / "run" / "uses").iterdir()] == ["redis-1"]
