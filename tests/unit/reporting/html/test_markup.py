"""Tests of ``juncture.reporting.html.markup``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import page_of

from juncture.reporting.html.markup import Html, clipped, element, joined
from juncture.reporting.visible import visible


def test_text_is_escaped_and_html_is_not() -> None:
    """A child is text unless it says otherwise; an attribute's value is always text."""
    inner = element("b", "1 < 2 & 3")
    assert element("p", "<script>", inner, class_='"x"', data_one=True, hidden=False) == (
        '<p class="&quot;x&quot;" data-one>&lt;script&gt;<b>1 &lt; 2 &amp; 3</b></p>'
    )
    assert joined(["<", Html("<br>")]) == "&lt;<br>"
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'


@given(st.text(st.characters(codec=None)))
def test_any_text_survives_a_strict_parser(text: str) -> None:
    """Whatever a text holds, the page is well-formed, has no element more, and can be written as UTF-8."""
    document = "<!DOCTYPE html>" + element(
        "html", element("head", element("title", text)), element("body", element("p", text, title=text))
    )
    document.encode("utf-8")
    page = page_of(document)
    assert [node.tag for node in page.iter()] == ["html", "head", "title", "body", "p"]
    assert (page.find("body/p").text or "") == visible(text)  # type: ignore[union-attr]  # it was just listed
    assert page.find("body/p").get("title", "") == visible(text)  # type: ignore[union-attr]


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    """Whole lines, more of them from the end, and how much is left out between."""
    text = "\n".join(f"line {number}" for number in range(1000))
    short = clipped(text, 400).splitlines()
    assert short[0] == "line 0"
    assert short[-1] == "line 999"
    marks = [at for at, line in enumerate(short) if line.startswith("…")]
    assert len(marks) == 1
    assert marks[0] < len(short) / 2
    left_out = int(short[marks[0]].split()[1])
    assert left_out + sum(len(line) + 1 for at, line in enumerate(short) if at != marks[0]) == pytest.approx(
        len(text), abs=3
    )
    assert clipped("x" * 1000, 100) == "x" * 25 + "…" + "x" * 75
    assert clipped("short", 5) == "short"
