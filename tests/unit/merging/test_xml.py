"""Tests of ``juncture.merging.xml``."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from juncture.merging.cases import legal
from juncture.merging.xml import start_tag, to_text

TEXTS = st.text().map(legal)


@given(values=st.lists(TEXTS, max_size=3), texts=st.lists(TEXTS, max_size=3))
def test_what_is_written_is_read_back(values: list[str], texts: list[str]) -> None:
    """Any text that XML can hold comes back as it was, in values and between tags, line ends included."""
    element = ET.Element("a", {f"n{at}": value for at, value in enumerate(values)})
    for text in texts:
        ET.SubElement(element, "b").text = text
    back = ET.fromstring(to_text(element))  # noqa: S314 - written here
    assert back.attrib == element.attrib
    assert [child.text or "" for child in back] == texts


def test_text_is_elementtrees() -> None:
    """Byte by byte the same, where ElementTree loses nothing."""
    element = ET.Element("case", {"name": 'a & "b" <c>', "time": "0.1"})
    ET.SubElement(element, "empty", message="m")
    ET.SubElement(element, "full").text = "x < y & z > 0\nnext"
    assert to_text(element) == ET.tostring(element, encoding="unicode")
    assert start_tag(element) == '<case name="a &amp; &quot;b&quot; &lt;c&gt;" time="0.1">'
