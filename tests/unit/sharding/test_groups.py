"""Groups from bare node ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.sharding import group_of


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/test_a.py::test_it", "tests/test_a.py"),
        ("tests/test_a.py::TestB::test_it", "tests/test_a.py::TestB"),
        ("tests/test_a.py::TestB::TestC::test_it[1]", "tests/test_a.py::TestB::TestC"),
        ("tests/test_a.py::test_it[x::y]", "tests/test_a.py"),
        ("tests/test_a.py::TestB::test_it[a[b]::c-[]", "tests/test_a.py::TestB"),
        ("tests/[slug]/test_a.py::TestB::test_it[x::y]", "tests/[slug]/test_a.py::TestB"),
        ("tests/ü/test_ö.py::Test雪::test_it[☃::☃]", "tests/ü/test_ö.py::Test雪"),
        ("README.md::README.md", "README.md"),
        ("alone", "alone"),
        ("::test_it", "::test_it"),
    ],
)
def test_group_is_the_class_or_the_module(nodeid: str, group: str) -> None:
    """What stands before the test's own name is its group; a parameter's text never is."""
    assert group_of(nodeid) == group


@given(st.text())
def test_parameters_do_not_change_the_group(parameter: str) -> None:
    """All tests of one parametrized function are of one group, whatever the parameters' texts hold."""
    assert group_of(f"tests/test_a.py::TestB::test_it[{parameter}]") == "tests/test_a.py::TestB"


@given(st.text(min_size=1))
def test_any_text_has_a_group(nodeid: str) -> None:
    """A text that pytest would never write still gets a group, a beginning of itself."""
    group = group_of(nodeid)
    assert group
    assert nodeid.startswith(group)
