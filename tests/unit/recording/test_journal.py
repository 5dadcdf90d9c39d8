"""Tests of ``juncture.recording.journal``."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.errors import IncompleteError
from juncture.recording.journal import VERSION, Journal, members, quoted, read

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a journal may be made, in a folder that is not there yet."""
    return tmp_path / "bundle" / "journal-gw0.jsonl"


@pytest.fixture
def written(path: Path) -> Path:
    """Return a journal with an event and an orderly end."""
    journal = Journal(path, worker="gw0")
    journal.write("started", test="a::b")
    journal.close(exit=0)
    return path


def test_events_come_back_in_order_with_their_time(path: Path) -> None:
    """The first line has version and process, the last one is the orderly end."""
    before = time.time()
    journal = Journal(path, worker="gw0", role="worker")
    journal.write("started", test="a::b")
    journal.close(exit=1)
    events = read(path)
    assert [event["event"] for event in events] == ["opened", "started", "closed"]
    assert (events[0]["version"], events[0]["worker"], events[2]["exit"]) == (VERSION, "gw0", 1)
    assert before - 0.001 <= events[0]["time"] <= events[1]["time"] <= events[2]["time"] <= time.time() + 0.001


WRITER = """
import sys
from pathlib import Path
from juncture.recording.journal import Journal
journal = Journal(Path(sys.argv[1]), worker=sys.argv[2])
print(journal.path.name, flush=True)
sys.stdin.read()
for number in range(200):
    journal.write("note", text=f"{sys.argv[2]} {number} " + "x" * 5000)
journal.close()
"""


def test_processes_that_write_at_once_never_mix(path: Path) -> None:
    """Each has a file of its own, also where all claim one name in the same moment."""
    names = [f"p{number}" for number in range(3)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for writer in writers:
        assert writer.stdout
        writer.stdout.readline()
    for writer in writers:
        writer.communicate()
    found = sorted(path.parent.iterdir())
    assert len(found) == len(names)
    for file in found:
        opened, *notes, closed = read(file)
        said = [event["text"].split()[:2] for event in notes]
        assert said == [[opened["worker"], str(number)] for number in range(200)]
        assert closed["event"] == "closed"


def test_event_is_in_the_file_as_soon_as_it_is_written(path: Path) -> None:
    """A process that is killed in the next moment loses nothing."""
    journal = Journal(path)
    journal.write("started", test="a::b")
    assert [event["event"] for event in read(path)] == ["opened", "started"]
    journal.close()


def test_journal_is_never_overwritten(written: Path) -> None:
    """Two processes that claim one name have a file each, the next free name; what the first one wrote stays."""
    before = written.read_bytes()
    second, third = Journal(written), Journal(written)
    second.close()
    third.close()
    assert written.read_bytes() == before
    assert [second.path.name, third.path.name] == ["journal-gw0-2.jsonl", "journal-gw0-3.jsonl"]
    assert [event["event"] for event in read(third.path)] == ["opened", "closed"]


def test_members_that_are_encoded_already_are_the_same_event(path: Path) -> None:
    """The fast way and the general one write the same."""
    journal = Journal(path)
    name = 'a::"b"\ud800'
    journal.write("phase", test=name, seconds=0.25)
    journal.append("phase", f',"test":{quoted(name)},"seconds":{0.25:.6f}')
    journal.append("phase", members({"test": name, "seconds": 0.25}))
    journal.append("phase", members({}))
    journal.close()
    first, second, third, fourth = ({**event, "time": 0} for event in read(path)[1:-1])
    assert first == second == third == {"event": "phase", "time": 0, "test": name, "seconds": 0.25}
    assert fourth == {"event": "phase", "time": 0}


def test_forked_process_writes_nothing(path: Path) -> None:
    """What a child goes on to do is not what this process did, and its end is not this one's."""
    journal = Journal(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: this child does next to nothing
        child = os.fork()
    if not child:
        journal.write("started", test="a::b")
        journal.close(exit=0)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    journal.close(exit=1)
    assert [event.get("exit") for event in read(path)] == [None, 1]


def test_short_write_breaks_the_journal_for_good(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a line is the last that there is: whatever came after it would be damage."""
    journal = Journal(path)
    whole = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda descriptor, line: whole(descriptor, line[:-5]))
        journal.write("started", test="a::b")
    journal.write("started", test="a::c")
    journal.close(exit=0)
    assert journal.broken == "No space left on device"
    assert [event["event"] for event in read(path)] == ["opened"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF])
def test_refused_write_breaks_the_journal_for_good(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Nobody is told in the middle of a test; there is no closing line, also where the disk has room again."""

    def refuse(_: int, __: bytes) -> int:
        raise OSError(number, os.strerror(number))

    journal = Journal(path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refuse)
        journal.write("started", test="a::b")
    journal.write("started", test="a::c")
    journal.close(exit=0)
    assert journal.broken == os.strerror(number)
    assert [event["event"] for event in read(path)] == ["opened"]


def test_largest_size_of_a_file_breaks_the_journal(path: Path) -> None:
    """As the kernel itself cuts a write: what fits is torn, and read without it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        journal = Journal(path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 130, before[1]))
        for _ in range(3):
            journal.write("note", text="x" * 30)
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        journal.write("note", text="late")
        journal.close(exit=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert journal.broken
    assert not path.read_bytes().endswith(b"\n")
    assert [event["event"] for event in read(path)] == ["opened", "note"]


def test_folder_that_cannot_be_made_breaks_the_journal(tmp_path: Path) -> None:
    """Its parent is a file, say: the tests run all the same."""
    (tmp_path / "bundle").write_text("")
    journal = Journal(tmp_path / "bundle" / "journal-main.jsonl")
    journal.write("started", test="a::b")
    journal.close(exit=0)
    assert journal.broken == "File exists"


def test_folder_in_the_journals_place_leaves_it_the_next_name(path: Path) -> None:
    """It is no journal, and who reads it as one is told."""
    path.mkdir(parents=True)
    journal = Journal(path)
    journal.close()
    assert (journal.path.name, journal.broken) == ("journal-gw0-2.jsonl", "")
    with pytest.raises(IncompleteError, match="it can't be read: Is a directory"):
        read(path)


@pytest.mark.parametrize(
    ("vanish", "why"), [(Path.unlink, "removed while the run was on"), (Path.touch, "replaced while the run was on")]
)
def test_journal_that_vanished_is_told(path: Path, vanish: Callable[[Path], None], why: str) -> None:
    """Its events went into a file that nobody can find."""
    journal = Journal(path)
    path.unlink()
    if vanish is Path.touch:
        path.touch()
    journal.close(exit=0)
    assert why in journal.broken


def test_time_never_goes_backwards(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the day may be set, or patched by a test: what counts is a steady one."""
    journal = Journal(path)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    journal.write("note", text="a")
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    journal.write("note", text="b")
    journal.close()
    times = [event["time"] for event in read(path)]
    assert times == sorted(times)
    assert times[-1] - times[0] < 60


def test_nothing_is_written_after_the_end(path: Path) -> None:
    """A late event, or a second end, changes nothing."""
    journal = Journal(path)
    journal.close()
    before = path.read_bytes()
    journal.write("phase", test="late")
    journal.close()
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", [1, 2, 10, 30])
def test_torn_last_line_did_not_happen(written: Path, cut: int) -> None:
    """A process that was killed while it wrote leaves a line without an end."""
    written.write_bytes(written.read_bytes()[: -1 - cut])
    assert [event["event"] for event in read(written)] == ["opened", "started"]


def test_every_cut_of_a_journal_can_be_read(path: Path) -> None:
    """Wherever the last write ended, the whole lines before it are read."""
    journal = Journal(path)
    journal.write("note", text="größer\udc80\n")
    journal.close()
    whole = path.read_bytes()
    events = [json.loads(line) for line in whole.splitlines()]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        # A line without its end of line counts as soon as it is whole.
        assert read(path) == events[: whole[: cut + 1].count(b"\n")]


def test_empty_journal_has_no_events(path: Path) -> None:
    """A process that was killed before its first line left an empty file, which is no damage."""
    path.parent.mkdir()
    path.touch()
    assert read(path) == []


@pytest.mark.parametrize("damage", ["}{", "[1]", "7", "7,8", '"event"', "{}", "null", '{"event', "\x00\x00", "\udcff"])
def test_damage_in_the_middle_is_told_with_its_line(written: Path, damage: str) -> None:
    """A journal that was damaged after the fact is not evidence."""
    lines = written.read_bytes().splitlines(keepends=True)
    lines[1] = damage.encode(errors="surrogateescape") + b"\n"
    written.write_bytes(b"".join(lines))
    with pytest.raises(IncompleteError, match="this line is not an event") as raised:
        read(written)
    assert raised.value.where == f"{written}:2"


def test_torn_line_with_an_end_is_damage(written: Path) -> None:
    """Only the last line may be torn, and a torn line has no end."""
    written.write_bytes(written.read_bytes() + b'{"event\n')
    with pytest.raises(IncompleteError) as raised:
        read(written)
    assert raised.value.where == f"{written}:4"


@pytest.mark.parametrize("version", [VERSION + 1, None, "1"])
def test_other_version_is_refused(written: Path, version: object) -> None:
    """A bundle of another juncture is not guessed at."""
    lines = written.read_text().splitlines()
    first = json.loads(lines[0]) | {"version": version}
    written.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    with pytest.raises(IncompleteError, match=f"written in version {version}, this juncture reads {VERSION}") as raised:
        read(written)
    assert "same version" in raised.value.hint


@pytest.mark.parametrize("text", ["two\nlines", "größer 店 🎉", "\udcff\ud800", '"\\u0041"', "\x00\x1b[31m", "\u2028"])
def test_any_text_survives(path: Path, text: str) -> None:
    """A failure's text comes back as it was: line ends, lone surrogates and control characters too."""
    journal = Journal(path)
    journal.write("note", text=text)
    journal.close()
    assert read(path)[1]["text"] == text
    assert len(path.read_bytes().splitlines()) == 3
