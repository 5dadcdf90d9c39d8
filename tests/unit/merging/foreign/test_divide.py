"""Tests of ``juncture.merging.foreign.divide``: parts of a size, with nothing lost between them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import pytest
from foreign import contents, counts_of
from hypothesis import given, settings
from hypothesis import strategies as st

from juncture.errors import UsageError
from juncture.merging.foreign import merge_files


def suite(name: str, cases: int, *, failed: int = -1, inner: str = "") -> str:
    """Return a suite of so many cases of about 110 bytes, with counts and a time."""
    result = ("<failure/>" if number == failed else "" for number in range(cases))
    body = "".join(f'<testcase name="{name}{n:04}" file="{"f" * 60}">{r}</testcase>' for n, r in enumerate(result))
    return f'<testsuite name="{name}" tests="{cases}" failures="{int(failed >= 0)}" time="9">{inner}{body}</testsuite>'


def cases_of(paths: list[Path]) -> list[str]:
    """Return the names of all cases in their order."""
    return [each.get("name", "") for path in paths for each in ET.parse(path).iter("testcase")]  # noqa: S314


def test_result_that_fits_is_one_file_and_old_parts_go(tmp_path: Path) -> None:
    """``OUT`` alone is there, as without a limit; when it does not fit any more, the parts alone are there."""
    source, out = tmp_path / "a.xml", tmp_path / "out" / "junit.xml"
    source.write_text(f"<testsuites>{suite('a', 100, failed=3)}{suite('b', 100)}</testsuites>")
    parts = [each.path for each in merge_files(out, [str(source)], limit=5_000).written]
    assert sorted(out.parent.iterdir()) == sorted(parts)
    assert [path.name for path in parts] == [f"junit-{number}.xml" for number in range(1, len(parts) + 1)]
    assert len(parts) > 4
    assert all(path.stat().st_size <= 5_000 for path in parts)
    assert cases_of(parts) == cases_of([source])
    (written,) = merge_files(out, [str(source)], limit=50_000).written
    assert list(out.parent.iterdir()) == [written.path] == [out]


def test_each_part_has_counts_of_its_own(tmp_path: Path) -> None:
    """A suite in two parts counts in each what is there, and its time in the first alone; a failure is in one."""
    source, out = tmp_path / "a.xml", tmp_path / "junit.xml"
    source.write_text(suite("a", 60, failed=50))
    written = merge_files(out, [str(source)], limit=5_000).written
    counts = [counts_of(each.path) for each in written]
    assert [sum(column) for column in zip(*counts, strict=True)] == [60, 1, 0, 0]
    assert [each.tests for each in written] == [tests for tests, *_ in counts]
    suites = [ET.parse(each.path).getroot()[0] for each in written]  # noqa: S314
    assert [each.get("name") for each in suites] == ["a"] * len(written)
    assert [each.get("time") for each in suites] == ["9", *[None] * (len(written) - 1)]
    assert [int(each.get("tests", "")) for each in suites] == [tests for tests, *_ in counts]


def test_case_that_is_too_large_alone_is_a_part_of_its_own(tmp_path: Path) -> None:
    """It can't be divided; the others keep the limit."""
    source, out = tmp_path / "a.xml", tmp_path / "junit.xml"
    large = f'<testcase name="large"><system-out>{"x" * 9_000}</system-out></testcase>'
    source.write_text(f"<testsuites>{suite('a', 30)}<testsuite>{large}</testsuite>{suite('b', 30)}</testsuites>")
    written = merge_files(out, [str(source)], limit=5_000).written
    assert [each.size > 5_000 for each in written].count(True) == 1
    assert cases_of([each.path for each in written]) == cases_of([source])


def test_more_parts_than_anybody_wants_are_a_usage_error(tmp_path: Path) -> None:
    """Nothing is written then."""
    source, out = tmp_path / "a.xml", tmp_path / "out" / "junit.xml"
    source.write_text(suite("a", 2_000))
    with pytest.raises(UsageError, match="more than 1000 files"):
        merge_files(out, [str(source)], limit=100)
    assert list(out.parent.iterdir()) == []


_CASES = st.lists(st.sampled_from(["p", "f", "e", "o"]), max_size=4)
_TREES = st.recursive(_CASES, lambda inner: st.lists(inner, max_size=4), max_leaves=30)


@settings(deadline=None, max_examples=60)
@given(_TREES, st.integers(3_000, 9_000))
def test_whatever_the_suites_are_the_parts_are_whole(tree: list[object], limit: int) -> None:
    """Merged again, the parts have every case in its order and with its result, and the same counts."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.xml").write_text(f"<testsuites>{_suite(tree, '1')}{_suite(tree, '2')}</testsuites>")
        whole = merge_files(folder / "whole.xml", [str(folder / "a.xml")])
        parts = merge_files(folder / "out.xml", [str(folder / "a.xml")], limit=limit)
        again = merge_files(folder / "again.xml", [str(each.path) for each in parts.written])
        assert again.counts.tests == whole.counts.tests
        assert counts_of(folder / "again.xml") == counts_of(folder / "whole.xml")
        flat = [ET.tostring(each) for each in ET.parse(folder / "whole.xml").iter("testcase")]  # noqa: S314
        assert [ET.tostring(each) for each in ET.parse(folder / "again.xml").iter("testcase")] == flat  # noqa: S314
        if len(parts.written) == 1:
            assert contents(parts.written[0].path) == contents(folder / "whole.xml")


def _suite(tree: object, name: str) -> str:
    """Return a tree of lists as suites, and of letters as cases."""
    if isinstance(tree, list):
        inner = "".join(_suite(each, f"{name}.{number}") for number, each in enumerate(tree))
        return f'<testsuite name="{name}">{inner}</testsuite>'
    result = {"p": "", "f": "<failure/>", "e": "<error/>", "o": "<system-out>x</system-out>"}[str(tree)]
    return f'<testcase name="{name}" file="{"f" * 300}">{result}</testcase>'
