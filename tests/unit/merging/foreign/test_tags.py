"""Tests of ``juncture.merging.foreign.tags``: start tags are edited as bytes, and stay what they are."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.merging.foreign.tags import add_inherited, attributes_text, recount, tag_length, without


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (b"<testsuite>", b'<testsuite tests="3" failures="1" skipped="2">'),
        (b"<testsuite />", b'<testsuite tests="3" failures="1" skipped="2"/>'),
        (
            b"<testsuite errors = '7' tests=\"3\"\n name='tests=\"9\"'>",
            b'<testsuite errors = "0" tests="3"\n name=\'tests="9"\' failures="1" skipped="2">',
        ),
    ],
)
def test_counts_are_set_where_they_stand_and_added_where_they_count(tag: bytes, expected: bytes) -> None:
    """Order, quotes and space stay; a count of 0 that is not there stays away; a value may look like an attribute."""
    assert recount(tag, (3, 1, 0, 2)) == expected


def test_what_the_parent_declared_is_added_but_for_own_declarations() -> None:
    """A namespace that the element declares itself is its own."""
    tag = b"<testsuite xmlns:a='urn:mine' />"
    assert add_inherited(tag, {"xmlns:a": "urn:a", "xml:space": "preserve"}) == (
        b"<testsuite xmlns:a='urn:mine' xml:space=\"preserve\"/>"
    )


def test_attribute_is_taken_away_with_its_space() -> None:
    """And one that is not there leaves the tag alone."""
    assert without(b"<a time='1' b='2'>", "time") == b"<a b='2'>"
    assert without(b"<a b='2'>", "time") == b"<a b='2'>"


@pytest.mark.parametrize(
    ("data", "length"), [(b"<a>x", 3), (b"<a b='>' c=\">'\"/>x", 17), (b"<a b='>", 0), (b"</a >x", 5)]
)
def test_end_of_a_tag_is_found_outside_of_its_values(data: bytes, length: int) -> None:
    """A ``>`` in quotes ends nothing."""
    assert tag_length(data) == length


def test_long_tag_full_of_nothing_takes_no_square_of_the_time() -> None:
    """Two million spaces, and as many quotes, are gone through once: a square would take hours."""
    for filler in (b" " * 2_000_000, b" a=''" * 400_000, b" =" * 1_000_000):
        tag = b"<testsuite" + filler + b">"
        assert tag_length(tag) == len(tag)
        recount(tag, (1, 0, 0, 0))
        without(tag, "time")


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")) | st.sampled_from("<>&\"'\n\t\r"))


@given(st.dictionaries(st.sampled_from(["name", "tests", "errors", "time", "a.b", "file"]), _TEXT))
def test_a_reader_sees_only_the_counts_change(attributes: dict[str, str]) -> None:
    """Whatever the other attributes hold."""
    tag = f"<testsuite{attributes_text(attributes)}>".encode()
    assert ET.fromstring(tag + b"</testsuite>").attrib == attributes  # noqa: S314
    changed = ET.fromstring(recount(tag, (2, 0, 1, 0)) + b"</testsuite>").attrib  # noqa: S314
    assert changed == {**attributes, "tests": "2", "errors": "1"}
