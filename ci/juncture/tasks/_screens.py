"""What the tasks print, as text: tables, human units, and environments in three spellings."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from juncture.provisioning.prune import Pruned
    from juncture.provisioning.survey import ServerStatus

__all__ = [
    "FORMATS",
    "dotenv_text",
    "human_age",
    "human_size",
    "json_text",
    "prune_screen",
    "shell_text",
    "status_screen",
    "table",
]

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?-]*")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_NOTHING = "-"


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, optional: frozenset[str] = frozenset()
) -> list[str]:
    """Return aligned lines, two spaces between the columns; an empty cell shows as ``-``.

    Columns that are ``optional`` are left out where no row has anything in them.
    """
    found = [list(row) for row in rows]
    used = [n for n, name in enumerate(headings) if name not in optional or any(row[n] for row in found)]
    cells = [[row[n] or _NOTHING for n in used] for row in (list(headings), *found)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def status_screen(servers: Sequence[ServerStatus]) -> list[str]:
    """Return one line per server: what it is, where, for how long, and who holds it."""
    if not servers:
        return ["no services are declared"]
    shown = table(_HEADINGS, [_status_cells(server) for server in servers], optional=_OPTIONAL)
    old = [server for server in servers if not server.current]
    return [*shown, *(["", "old: not what the declaration asks for now; it goes when nobody uses it"] if old else [])]


_HEADINGS = ("service", "server", "provider", "state", "image", "address", "pid", "up", "held by", "namespaces", "size")
_OPTIONAL = frozenset({"image", "pid", "namespaces"})


def _status_cells(server: ServerStatus) -> tuple[str, ...]:
    """Return the cells of one server; what only a running one has stays empty for a stopped one."""
    return (
        server.service,
        f"{server.product} {server.version}".strip(),
        server.provider,
        server.state if server.current else f"{server.state}, old",
        server.image,
        server.address if server.state != "stopped" else "",
        str(server.pid) if server.pid else "",
        human_age(server.age) if server.age is not None else "",
        counted(server.leases, "process", "processes") if server.leases else "nobody",
        "" if server.namespaces is None else str(server.namespaces),
        human_size(server.size) if server.size is not None else "",
    )


def prune_screen(pruned: Pruned, *, dry_run: bool) -> list[str]:
    """Return one line per thing that went, or would go, what it comes to, and what stays because it is in use."""
    lines = []
    if pruned.items:
        rows = [
            (item.what, item.name, "" if item.size is None else human_size(item.size), item.why)
            for item in pruned.items
        ]
        many = counted(len(rows), "thing", "things")
        size = human_size(sum(item.size or 0 for item in pruned.items))
        verdict = f"{many}, {size}, would go; nothing was touched" if dry_run else f"{many}, {size}, removed"
        lines = [*table(("what", "name", "size", "why"), rows), "", verdict]
    if pruned.used:
        lines.append(f"in use, and left alone: {', '.join(pruned.used)}")
    return lines or ["nothing to do"]


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"


def human_age(seconds: float) -> str:
    """Return a duration in its two largest sensible units: ``12 s``, ``3 min``, ``2 h 05 min``, ``3 d 4 h``."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def human_size(size: int) -> str:
    """Return a number of bytes in decimal units, with one decimal below ten: ``512 B``, ``7.4 MB``, ``61 MB``."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        # 999.5 would be rounded to 1000: it belongs to the next unit.
        if round(number) < 1000:  # noqa: PLR2004 - the step of decimal units
            return f"{number:.0f} {unit}" if unit == "B" or number >= 9.95 else f"{number:.1f} {unit}"  # noqa: PLR2004
        number /= 1000
    return f"{number:.1f} TB"


def shell_text(environment: Mapping[str, str]) -> str:
    """Return ``export`` lines for any POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def dotenv_text(environment: Mapping[str, str]) -> str:
    r"""Return a dotenv file that a POSIX shell can source too.

    Plain values stand bare and the others in single quotes, where every reader takes them literally. A value with a
    single quote or a backslash, on which readers differ, stands in double quotes with ``\ " $`` and the backtick
    escaped; python-dotenv alone keeps the backslash before ``$`` and the backtick.
    """
    return "\n".join(f"{name}={_dotenv_value(value)}" for name, value in environment.items())


def _dotenv_value(value: str) -> str:
    """Return one value in the quotes it needs."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" in value or "\\" in value:
        return '"' + re.sub(r'[\\"$`]', r"\\\g<0>", value) + '"'
    return f"'{value}'"


def json_text(environment: Mapping[str, str]) -> str:
    """Return a JSON object, indented, in the order of the declaration."""
    return json.dumps(dict(environment), indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "dotenv": dotenv_text,
    "shell": shell_text,
    "json": json_text,
}
"""How ``services.env --format`` can spell an environment."""
