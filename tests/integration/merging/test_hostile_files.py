"""``juncture junit.merge`` on files that want to fill the memory or take forever, in real processes with a limit.

The limit is set before the program starts, so that a file which is not bounded ends it, and the test, at once.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from foreign import JUNIT

from juncture.merging.foreign import read_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MEGABYTE = 1 << 20
ADDRESS_SPACE = 400 * MEGABYTE
"""Of which a Python process with its libraries reserves some 100 before it has read a byte."""

PROCESSOR = 60
"""Seconds of processor time, after which the kernel ends the program."""


def write(path: Path, head: bytes, unit: bytes, size: int, tail: bytes = b"") -> None:
    """Write ``unit`` until there are ``size`` bytes of it, without ever holding them."""
    block = unit * (MEGABYTE // len(unit) + 1)
    with path.open("wb") as file:
        file.write(head)
        for _ in range(size // len(block) + 1):
            file.write(block)
        file.write(tail)


def merge(folder: Path) -> subprocess.CompletedProcess[str]:
    """Merge the file ``hostile.xml`` and a good one, with little memory and time."""
    (folder / "good.xml").write_text(JUNIT)
    command = [sys.executable, "-m", "juncture", "junit.merge", "out.xml", "hostile.xml", "good.xml"]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))

    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        preexec_fn=limit,
    )


def check(folder: Path, reason: str) -> None:
    """Merge, and check that the file was refused for this reason, or merged for none, and the good one merged."""
    done = merge(folder)
    assert (done.returncode, done.stderr) == (20 if reason else 0, ""), done.stdout
    assert reason in done.stdout
    totals = read_totals([folder / "out.xml"])
    assert (totals.problems, totals.tests >= 1) == ((), True)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder whose large files go with the test."""
    yield tmp_path
    for path in tmp_path.iterdir():
        path.unlink()


TEXT = (b"<testsuite><testcase><system-out>", b"x", b"</system-out></testcase></testsuite>")
CDATA = (b"<testsuite><testcase><failure><![CDATA[", b"x", b"]]></failure></testcase></testsuite>")


@pytest.mark.parametrize(
    ("head", "unit", "tail", "reason"),
    [
        (*TEXT, ""),
        (*CDATA, ""),
        (b"<testsuite>", b"&#10;", b"</testsuite>", ""),
        (b'<testsuite><testcase name="', b"x", b'"/></testsuite>', "bytes in one tag"),
        (b"<testsuite><!--", b"x", b"--></testsuite>", "or comment"),
        (b"<testsuite><?x ", b"x", b"?></testsuite>", "bytes in one tag or comment"),
        (b"<testsuite>", b"<testsuite>", b"", "elements inside each other"),
        (b"<testsuite>", b"<testsuite tests='1'/>", b"</testsuite>", "1,000,000 suites"),
        (b"<testsuite", b" x='y' ", b">", "bytes in one tag"),
        (b"", b"\n", b"", "before its last element does"),
        (b"", b"\0", b"", "not well-formed"),
        (b"\xff\xfe", b"x\0", b"", "bytes in one tag"),
    ],
    ids=lambda value: value[:30].decode("ascii", "replace").strip() if isinstance(value, bytes) else None,
)
def test_two_hundred_megabytes(folder: Path, head: bytes, unit: bytes, tail: bytes, reason: str) -> None:
    """Of one text, one attribute, one comment, elements in each other, and the like."""
    write(folder / "hostile.xml", head, unit, 200 * MEGABYTE, tail)
    check(folder, reason)


@pytest.mark.soak
def test_text_without_end(folder: Path, rounds: Callable[[int, int], int]) -> None:
    """A gigabyte of it goes through in pieces, to the result; a part of that in a usual run."""
    size = rounds(300, 1024) * MEGABYTE
    write(folder / "hostile.xml", TEXT[0], TEXT[1], size, TEXT[2])
    check(folder, "")
    assert (folder / "out.xml").stat().st_size > size


def test_as_many_names_as_fit(folder: Path) -> None:
    """Expat keeps every name that it has seen for as long as it parses."""
    with (folder / "hostile.xml").open("wb") as file:
        file.write(b"<testsuite>")
        file.writelines(b"<n%d a%d=''/>" % (number, number) for number in range(2_000_000))
        file.write(b"</testsuite>")
    check(folder, "distinct names")


def test_tags_as_large_as_may_be(folder: Path) -> None:
    """Suites in each other, each with seven megabytes of a name: none of them is kept."""
    with (folder / "hostile.xml").open("wb") as file:
        file.write(b"<testsuites>")
        for _ in range(20):
            file.write(b"<testsuite name='" + b"x" * (7 * MEGABYTE) + b"'>")
        file.write(b"</testsuite>" * 20 + b"</testsuites>")
    check(folder, "")


def test_a_laughing_bomb_and_files_from_elsewhere(folder: Path) -> None:
    """Nothing is expanded and nothing fetched: whatever has a DOCTYPE is refused."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 20))
    (folder / "hostile.xml").write_text(f'<!DOCTYPE t [<!ENTITY e0 "ha">{entities}]><testsuite>&e19;</testsuite>')
    check(folder, "has a DOCTYPE")
    (folder / "secret").write_text("hunter2")
    declaration = f'<!DOCTYPE t [<!ENTITY s SYSTEM "{(folder / "secret").as_uri()}">]>'
    (folder / "hostile.xml").write_text(f"{declaration}<testsuite><testcase>&s;</testcase></testsuite>")
    check(folder, "has a DOCTYPE")
    assert "hunter2" not in (folder / "out.xml").read_text()
