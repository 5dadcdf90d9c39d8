"""The timeline: a lane for each worker, so that one sees idle time, costly fixtures and the longest pole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from juncture.reporting.html.markup import NOTHING, Html, element, joined
from juncture.reporting.html.parts import duration, section
from juncture.reporting.lanes import Lane, Stretch, end_of, lanes_of, told_together
from juncture.reporting.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.values import Suite

__all__ = ["timeline_section"]

MOST_LANES = 64
"""Workers that are drawn, those that took longest; the table of shards has all shards."""

MOST_BARS = 6000
"""Bars of all lanes together, about 1 MB."""

FINEST = 400
"""Bars that one lane may have side by side."""

TICKS = 6
HEIGHT = 26
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


def timeline_section(suites: Sequence[Suite]) -> Html:
    """Return the timeline of all workers whose times were recorded; nothing where none were."""
    lanes = lanes_of(suites)
    total = end_of(lanes)
    if not total:
        return NOTHING
    longest = max(lanes, key=lambda lane: lane.end)
    drawn = _drawn(lanes)
    resolution = total / max(60, min(FINEST, MOST_BARS // len(drawn)))
    several = len(suites) > 1
    rows: list[Html] = []
    above = ("", "")
    for lane in drawn:
        head = (f"{lane.suite} · " if several else "") + lane.where if (lane.suite, lane.where) != above else ""
        above = (lane.suite, lane.where)
        rows.append(_row(told_together(lane, resolution), head, total, longest=lane is longest))
    left_out = len(lanes) - len(drawn)
    return section(
        "timeline",
        "Timeline",
        element("p", *_words(lanes, longest)),
        element(
            "table",
            element("caption", "Workers of all shards, each shard drawn from its own beginning"),
            element("thead", _axis(total)),
            element("tbody", *rows),
            class_="timeline",
        ),
        element("p", f"… and {counted(left_out, 'worker')} that ended sooner", class_="more") if left_out else NOTHING,
        _legend(),
    )


def ticks(total: float) -> list[float]:
    """Return the round times from 0 to ``total`` that the axis names, seven at most."""
    wanted = total / TICKS
    if wanted < 1:
        power = 10.0 ** math.floor(math.log10(wanted))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)
    else:
        step = next((float(step) for step in STEPS if step >= wanted), math.ceil(wanted / 86400) * 86400.0)
    return [step * number for number in range(int(total / step + 1e-9) + 1)]


def _drawn(lanes: Sequence[Lane]) -> list[Lane]:
    """Return the lanes that took longest, in the order of their shards."""
    chosen = {id(lane) for lane in sorted(lanes, key=lambda lane: -lane.end)[:MOST_LANES]}
    return [lane for lane in lanes if id(lane) in chosen]


def _words(lanes: Sequence[Lane], longest: Lane) -> list[str]:
    """Return what one should see in the picture, in two sentences."""
    where = f"{longest.worker} of {longest.where}" if len({lane.where for lane in lanes}) > 1 else longest.worker
    groups: dict[str, float] = {}
    for stretch in longest.tests:
        groups[stretch.name] = groups.get(stretch.name, 0.0) + stretch.end - stretch.start
    words: list[str] = [
        "The last to end was ",
        element("strong", where),
        f", {duration(longest.end)} after its shard began",
    ]
    if groups:
        name = max(groups, key=lambda name: groups[name])
        words += ["; its costliest group is ", element("code", name), f" with {duration(groups[name])}"]
    paid = sum(lane.end - lane.start for lane in lanes)
    busy = sum(lane.busy for lane in lanes)
    return [*words, f". Of {duration(paid)} of all workers, tests took {duration(busy)}."]


def _axis(total: float) -> Html:
    marks = []
    for tick in ticks(total):
        share = 100 * tick / total
        anchor = "start" if share < 4 else "end" if share > 96 else "middle"  # noqa: PLR2004 - percent of the width
        words = f"{tick:g} s" if total < 120 else f"{tick / 60:g} min"  # noqa: PLR2004 - seconds
        marks.append(element("text", words, x=f"{share:.2f}%", y="12", text_anchor=anchor))
    picture = element("svg", *marks, _hatch(), class_="axis", height="16", aria_hidden="true")
    cells = (element("th", label, scope="col", class_="number") for label in ("tests", "time", "busy"))
    return element(
        "tr",
        element("th", "worker", scope="col"),
        element("th", picture, element("span", "what it did", class_="unseen"), scope="col", class_="lane"),
        *cells,
    )


def _hatch() -> Html:
    line = element("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", class_="hatch")
    pattern = element("pattern", line, id="hatch", width="6", height="6", patternUnits="userSpaceOnUse")
    return element("defs", pattern)


def _row(lane: Lane, head: str, total: float, *, longest: bool) -> Html:
    bars = [_bar("alive", (lane.start, lane.end), total, inset=4)]
    if lane.tests:
        bars.append(_bar("startup", (lane.start, lane.tests[0].start), total, "start and collection", inset=9))
    for at, stretch in enumerate(lane.tests):
        bars.append(_bar("even" if at % 2 else "odd", (stretch.start, stretch.end), total, _title(stretch)))
    for fixture in lane.fixtures:
        words = f"fixture {fixture.name}, {duration(fixture.end - fixture.start)}"
        bars.append(_bar("fixture", (fixture.start, fixture.end), total, words))
    bars += [
        element("rect", class_="bad", x=f"{100 * moment / total:.2f}%", y="0", width="3", height=str(HEIGHT))
        for moment in lane.bad
    ]
    wall = lane.end - lane.start
    busy = f"{100 * min(1.0, lane.busy / wall):.0f} %" if wall else ""
    return element(
        "tr",
        element("th", element("span", head, class_="shard") if head else NOTHING, lane.worker, scope="row"),
        element("td", element("svg", *bars, height=str(HEIGHT), aria_hidden="true"), class_="lane"),
        element("td", str(lane.count), class_="number"),
        element("td", duration(wall), class_="number"),
        element("td", busy, class_="number"),
        class_=" ".join(filter(None, ["longest" if longest else "", "first" if head else ""])),
    )


def _bar(kind: str, span: tuple[float, float], total: float, title: str = "", *, inset: int = 0) -> Html:
    """Return a bar from one time to another, as high as the lane but for ``inset`` above and below."""
    start, end = span
    return element(
        "rect",
        element("title", title) if title else NOTHING,
        class_=kind,
        x=f"{100 * start / total:.2f}%",
        y=str(inset),
        width=f"{max(0.05, 100 * (end - start) / total):.2f}%",
        height=str(HEIGHT - 2 * inset),
    )


def _title(stretch: Stretch) -> str:
    others = f" and {counted(stretch.groups - 1, 'other group')}" if stretch.groups > 1 else ""
    return f"{stretch.name}{others}: {counted(stretch.tests, 'test')}, {duration(stretch.end - stretch.start)}"


def _legend() -> Html:
    entries = (
        ("odd", "tests of one group"),
        ("startup", "start and collection"),
        ("fixture", "setup of a shared fixture"),
        ("bad", "a test failed"),
        ("alive", "idle"),
    )
    return element(
        "ul",
        *(
            element(
                "li",
                element(
                    "svg",
                    joined([element("rect", class_=kind, width="14", height="14")]),
                    width="14",
                    height="14",
                    aria_hidden="true",
                ),
                words,
            )
            for kind, words in entries
        ),
        class_="legend",
        aria_label="What the colours mean",
    )
