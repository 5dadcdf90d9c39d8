"""Tests of ``juncture.merging.foreign.totals``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.merging.foreign import read_totals

if TYPE_CHECKING:
    from pathlib import Path


def test_totals_of_all_files_with_names_and_problems(tmp_path: Path) -> None:
    """One failed test makes it red, and a file that can't be read is a problem of its own."""
    failed = '<testcase classname="c" name="n" time="2"><failure/></testcase><testcase><flakyError/></testcase>'
    (tmp_path / "a.xml").write_text(f'<testsuite name="s">{failed}</testsuite>')
    (tmp_path / "b.xml").write_text('<testsuite name="t" failures="2"><testcase><skipped/></testcase></testsuite>')
    (tmp_path / "c.xml").write_text("")
    found = read_totals([tmp_path, tmp_path / "d.xml"])
    assert (found.files, found.tests, found.failures, found.errors, found.skipped) == (2, 3, 3, 0, 1)
    assert (found.flaky, found.seconds, found.failed) == (1, 2.0, True)
    assert found.failed_names == ("s c::n", "t (says so itself, and shows no test that failed)")
    assert found.problems == (f"{tmp_path}/d.xml: no such file or directory", f"{tmp_path}/c.xml: is empty")


def test_names_are_bounded(tmp_path: Path) -> None:
    """Fifty tell enough."""
    (tmp_path / "a.xml").write_text(f"<testsuite>{'<testcase><error/></testcase>' * 90}</testsuite>")
    found = read_totals([tmp_path])
    assert (len(found.failed_names), found.errors) == (50, 90)


def test_tests_that_passed_are_not_red(tmp_path: Path) -> None:
    """And leave no problem."""
    (tmp_path / "a.xml").write_text("<testsuite><testcase/></testsuite>")
    found = read_totals([tmp_path])
    assert (found.failed, found.problems, found.failed_names) == (False, (), ())
