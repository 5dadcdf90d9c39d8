"""Draw wall time and paid time over the number of shards, as an SVG that follows the reader's light or dark theme."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from juncture.tasks._plan_screen import human_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from juncture.sharding.curve import Point

__all__ = ["curve_svg"]

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 72, 150, 92, 72

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 86400)
"""Seconds between two grid lines, at least."""

_LINES = 5

_STYLE = """\
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft) }
.title { font-size: 17px; font-weight: 600; fill: var(--ink) }
.value { font-size: 12px; font-weight: 600 }
.wall { fill: var(--wall) } .paid { fill: var(--paid) }
.grid { stroke: var(--grid); stroke-width: 1 }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
.line.wall { fill: none; stroke: var(--wall) } .line.paid { fill: none; stroke: var(--paid) }
.bound { fill: none; stroke: var(--wall); stroke-width: 1.5; stroke-dasharray: 2 5; stroke-linecap: round }
.dot { stroke: var(--page); stroke-width: 2 }
.page { fill: var(--page) }
svg { --page: #ffffff; --ink: #17212b; --soft: #5b6875; --grid: #e6eaee; --wall: #0b6bcb; --paid: #c2570c }
@media (prefers-color-scheme: dark) {
svg { --page: #11161c; --ink: #eef2f6; --soft: #9aa7b4; --grid: #252d36; --wall: #5cb0ff; --paid: #ff9d5c }
}"""


def curve_svg(points: Sequence[Point]) -> str:
    """Return the picture: wall time in blue with its bound dotted below, paid time in orange, in the same unit."""
    longest = max(max(point.paid, point.wall) for point in points)
    step = next((step for step in _STEPS if step * _LINES >= longest), _STEPS[-1])
    top = step * -(-int(longest + 1) // step)
    minutes = longest >= 100.0  # noqa: PLR2004 - as in the table

    def across(position: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (position / max(1, len(points) - 1))

    def up(seconds: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * seconds / top

    def label(seconds: float) -> str:
        return human_time(seconds, minutes=minutes)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Wall time and paid time over the number of shards</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}" rx="10"/>',
        f'<text class="title" x="{LEFT}" y="34">What more shards bring</text>',
    ]
    for seconds in range(0, top + 1, step):
        y = up(seconds)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 12}" y="{y + 4:.1f}" text-anchor="end">{label(seconds)}</text>')
    for position, point in enumerate(points):
        parts.append(
            f'<text x="{across(position):.1f}" y="{HEIGHT - BOTTOM + 24}" text-anchor="middle">{point.shards}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 48}" text-anchor="middle">shards</text>')
    parts.append(_path("bound", (point.bound for point in points), across, up))
    parts += _series("paid", [point.paid for point in points], across, up, label)
    parts += _series("wall", [point.wall for point in points], across, up, label)
    last, end = points[-1], across(len(points) - 1) + 14
    apart = up(last.wall) - up(last.paid) > 20  # noqa: PLR2004 - a line of text
    parts.append(
        f'<text class="paid" x="{end:.1f}" y="{up(last.paid) + (4 if apart else -12):.1f}">paid, all shards</text>'
    )
    parts.append(f'<text class="wall" x="{end:.1f}" y="{up(last.wall) + (4 if apart else 14):.1f}">wall time</text>')
    if last.bound_by:
        parts.append(_bound_by(last))
    return "\n".join([*parts, "</svg>", ""])


def _bound_by(point: Point) -> str:
    text = point.bound_by if len(point.bound_by) <= 92 else f"…{point.bound_by[-91:]}"  # noqa: PLR2004 - the width
    return f'<text x="{LEFT}" y="54">{point.shards} shards: bound by {escape(text)}</text>'


def _series(
    name: str,
    values: Sequence[float],
    across: Callable[[int], float],
    up: Callable[[float], float],
    label: Callable[[float], str],
) -> list[str]:
    """Return a line through the values, with a dot and its figure at each."""
    parts = [_path(f"line {name}", values, across, up)]
    aside, anchor = (8, "start") if name == "wall" else (0, "middle")
    for position, value in enumerate(values):
        x, y = across(position), up(value)
        parts.append(f'<circle class="dot {name}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        if position or name == "paid":  # with one shard both are the same
            place = f'x="{x + aside:.1f}" y="{y - 12:.1f}" text-anchor="{anchor}"'
            parts.append(f'<text class="value {name}" {place}>{label(value)}</text>')
    return parts


def _path(name: str, values: Iterable[float], across: Callable[[int], float], up: Callable[[float], float]) -> str:
    steps = "L".join(f"{across(position):.1f} {up(value):.1f}" for position, value in enumerate(values))
    return f'<path class="{name}" d="M{steps}"/>'
