"""The picture of wall time and paid time."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from juncture.sharding.curve import Point
from juncture.tasks._curve_svg import HEIGHT, WIDTH, curve_svg

SVG = "{http://www.w3.org/2000/svg}"


def point(shards: int, wall: float, paid: float, bound_by: str = "") -> Point:
    """Return a point whose bound is half its wall time."""
    return Point(shards=shards, wall=wall, paid=paid, bound=wall / 2, longest=1, bound_by=bound_by)


@pytest.mark.parametrize("unit", [0.0, 0.004, 1.0, 60.0, 90_000.0])
@pytest.mark.parametrize("number", [1, 9])
def test_all_of_it_is_inside_the_picture(unit: float, number: int) -> None:
    """From milliseconds to days, from one number of shards to nine: nothing is drawn outside."""
    points = [point(2**power, unit * 8 / 2**power, unit * (8 + power)) for power in range(number)]
    root = ET.fromstring(curve_svg(points))  # noqa: S314 - our own
    dots = root.findall(f"{SVG}circle")
    assert len(dots) == 2 * number
    assert all(0 < float(dot.attrib["cx"]) < WIDTH and 0 < float(dot.attrib["cy"]) < HEIGHT for dot in dots)
    shown = [text.text for text in root.findall(f"{SVG}text")]
    assert {str(each.shards) for each in points} <= set(shown)


def test_names_are_text() -> None:
    """What a test is called can't break the picture, and a long name is cut at its beginning."""
    text = curve_svg([point(1, 2, 2), point(2, 2, 3, 'tests/<a & "b">' + "x" * 200)])
    shown = [each.text or "" for each in ET.fromstring(text).findall(f"{SVG}text")]  # noqa: S314 - our own
    assert any(each.startswith("2 shards: bound by …xxx") for each in shown)
    assert "<a &" not in text
