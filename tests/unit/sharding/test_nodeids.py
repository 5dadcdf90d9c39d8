"""Lists of node ids, as the tools write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.errors import UsageError
from juncture.sharding.nodeids import parse_nodeids

PYTEST = """\
tests/test_a.py::test_it[x y]
tests/test_a.py::test_it[a: b]
tests/test_b.py::TestC::test_c

=============================== warnings summary ===============================
tests/test_a.py:3
  tests/test_a.py:3: PytestUnknownMarkWarning: Unknown pytest.mark.x

-- Docs: https://docs.pytest.org/en/stable/how-to/capture-warnings.html
3 tests collected in 0.01s
"""
IDS = ["tests/test_a.py::test_it[x y]", "tests/test_a.py::test_it[a: b]", "tests/test_b.py::TestC::test_c"]


def test_pytests_own_listing_is_read() -> None:
    """Blank lines, warnings and the summary of ``pytest --collect-only -q`` are no node ids."""
    assert parse_nodeids(PYTEST, where="-") == IDS
    assert parse_nodeids(PYTEST.replace("\n", "\r\n"), where="-") == IDS


def test_listings_can_follow_one_another() -> None:
    """What comes after a summary is another list, and none of it is lost."""
    other = "unit/test_u.py::test_u\n\n1/3 tests collected (2 deselected) in 61.20s (0:01:01)\n"
    assert parse_nodeids(PYTEST + other, where="-") == [*IDS, "unit/test_u.py::test_u"]


@given(st.lists(st.from_regex(r"[a-z/]{1,9}\.py::[\w\[\]:é☃ -]{1,9}\]", fullmatch=True), min_size=1))
def test_ids_one_a_line_come_back(nodeids: list[str]) -> None:
    """A list that another program wrote is taken as it is, repetitions too."""
    assert parse_nodeids("\n".join(nodeids), where="-") == nodeids


@pytest.mark.parametrize(
    "summary",
    [
        "2 tests collected, 1 error in 0.10s",
        "=========== 2/4 tests collected (2 deselected), 3 errors in 0.10s ===========",
        "no tests collected, 1 error in 0.10s",
    ],
)
def test_a_listing_with_errors_is_refused(summary: str) -> None:
    """Where pytest could not import a module, its tests are not in the list: a plan of it would lose them."""
    errors = "1 error" if "1 error" in summary else "3 errors"
    text = f"a.py::b\n\n==== ERRORS ====\n___ ERROR collecting c.py ___\n{summary}\n"
    with pytest.raises(UsageError, match=rf"^ids\.txt:5: pytest met {errors} when it made this list"):
        parse_nodeids(text, where="ids.txt")


@pytest.mark.parametrize("line", ["tests/test_a.py: 3", "  <Function test_it>", "<Dir tests>"])
def test_other_forms_of_listing_are_refused(line: str) -> None:
    """The listing with no ``-q`` or two of them names no tests: the right one is shown."""
    with pytest.raises(UsageError) as caught:
        parse_nodeids(f"\n{line}\n", where="ids.txt")
    assert str(caught.value) == (
        f'ids.txt:2: "{line.strip()}" is no node id\n  pytest --collect-only -q prints one node id a line: one -q'
    )


@pytest.mark.parametrize(
    "text", ["", "\n \n", "\nno tests collected in 0.01s\n", "no tests collected (3 deselected) in 0.01s"]
)
def test_an_empty_list_is_refused(text: str) -> None:
    """A plan of nothing would be green for nothing."""
    with pytest.raises(UsageError, match=r"^ids\.txt: it holds no node id\n"):
        parse_nodeids(text, where="ids.txt")
