"""``juncture junit.merge`` in a real process, and its screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from foreign import JUNIT, counts_of

from juncture.merging.foreign import merge_files
from juncture.merging.foreign.merge import Written
from juncture.merging.foreign.values import Counts
from juncture.tasks._junit_screens import merge_screen, shown

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder, outside any project, with a file that is right, one that is not, and the same test again."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xml").write_text(JUNIT)
    (tmp_path / "in" / "b.xml").write_text("<testsuite>\n<testcase</testsuite>")
    (tmp_path / "in" / "c.xml").write_text(JUNIT.replace("<testsuite ", "<testsuite tests='2' failures='1' "))
    return tmp_path


def test_screen_tells_figures_refused_files_duplicates_and_notes(folder: Path, run: Run) -> None:
    """All on standard output, aligned; the exit code says that a file is missing from the result."""
    done = run(folder, "junit.merge", "out/junit.xml", "in/*.xml")
    size = (folder / "out" / "junit.xml").stat().st_size
    assert done.stdout.splitlines() == [
        "files       2, and 1 refused",
        "suites      2",
        "cases       2",
        "failures    1",
        "errors      0",
        "skipped     0",
        "duplicates  1",
        f"written     out/junit.xml  {size} B",
        "",
        "refused",
        "  in/b.xml:2:10  is not well-formed XML: not well-formed (invalid token)",
        "",
        "more than once",
        "  s c::n  in/a.xml:1 and in/c.xml:1",
        "",
        "to know",
        '  in/c.xml  suite "s" claims failures and shows none: counted as it claims',
        "  in/c.xml  says that it has 2 cases, and has 1",
    ]
    assert (done.returncode, done.stderr) == (20, "")
    assert counts_of(folder / "out" / "junit.xml") == [2, 1, 0, 0]


def test_what_is_whole_exits_0_whatever_the_tests_say(folder: Path, run: Run) -> None:
    """A merge is no judge; a line for each file comes first where it is asked for."""
    done = run(folder, "junit.merge", "--verbose", "junit.xml", "in/c.xml")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:3] == [
        "file      suites  cases  failures  errors  skipped  flaky  verdict",
        "in/c.xml  1       1      1         0       0        0      merged",
        "",
    ]


def test_nothing_that_matches_is_an_error(folder: Path, run: Run) -> None:
    """No file is written, and the exit code says so."""
    done = run(folder, "junit.merge", "junit.xml", "nothing/*.xml")
    assert done.returncode == 20
    assert "written     nothing: no file could be read" in done.stdout
    assert "  nothing/*.xml  matches no file" in done.stdout
    assert not (folder / "junit.xml").exists()


def test_split_tells_what_is_in_each_part(folder: Path, run: Run) -> None:
    """Parts are named after OUT, with their sizes and cases."""
    cases = "<testcase name='n'/>" * 600
    (folder / "in" / "a.xml").write_text(f"<testsuite name='s'>{cases}</testsuite>")
    done = run(folder, "junit.merge", "--split-mb", "0.01", "junit.xml", "in/a.xml")
    written = [line.split() for line in done.stdout.splitlines() if line.startswith("written")]
    assert [words[1] for words in written] == ["junit-1.xml", "junit-2.xml"]
    assert [words[-1] for words in written] == ["cases", "cases"]
    assert sum(int(words[-2]) for words in written) == 600


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "OUT is missing"),
        (("junit.xml",), "there is nothing to merge"),
        (("--split-mb", "many", "junit.xml", "in"), '--split-mb needs a number of megabytes, not "many"'),
        (("--split-mb", "-1", "junit.xml", "in"), '--split-mb needs a number of megabytes, not "-1"'),
        (("--split-mb", "inf", "junit.xml", "in"), '--split-mb needs a number of megabytes, not "inf"'),
        (("in", "in/a.xml"), "is a folder"),
    ],
)
def test_command_line_that_makes_no_sense(folder: Path, run: Run, words: tuple[str, ...], message: str) -> None:
    """The message names what is wrong, and the exit code is 4."""
    done = run(folder, "junit.merge", *words)
    assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (4, True, False)


def test_names_in_files_can_not_write_to_the_terminal(tmp_path: Path) -> None:
    """Neither line ends nor what a terminal obeys, nor a name without end, nor bytes that are no text."""
    assert shown("a\n\x9b31m\u202eb\udcff") == "a??31m?b?"
    assert len(shown("x" * 1_000)) < 250
    name = tmp_path / "in\udcff.xml"
    name.write_text("<testsuite name='&#10;&#x9b;'><testcase/><testcase/></testsuite>")
    lines = merge_screen(merge_files(tmp_path / "out.xml", [str(name)]), tmp_path, 0)
    assert all(line.isprintable() for line in lines)


def test_limits_of_gitlab_are_told_where_parts_are_asked_for(tmp_path: Path) -> None:
    """More parts do not help against the limits of a job and of a pipeline; and one case may be larger than a part."""
    (tmp_path / "a.xml").write_text(JUNIT)
    merged = merge_files(tmp_path / "out.xml", [str(tmp_path / "a.xml")])
    large = [Written(tmp_path / f"out-{number}.xml", size, 300_000) for number, size in enumerate((70_000_000, 30), 1)]
    merged = replace(merged, written=(*large, large[1]), counts=Counts(tests=600_000))
    assert merge_screen(merged, tmp_path, 0)[-1].startswith("written")
    assert merge_screen(merged, tmp_path, 30_000_000)[-1] == (
        "  GitLab takes 500000 cases of a pipeline, and this is 600000"
    )
    merged = replace(merged, written=(large[0], large[0]), counts=Counts())
    assert merge_screen(merged, tmp_path, 30_000_000)[-3:] == [
        *["  out-1.xml  is larger than asked for: one case or element alone is"] * 2,
        "  GitLab takes 100 MB of reports from a job, and this is 140 MB",
    ]
