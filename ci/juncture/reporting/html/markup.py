"""HTML as values: whatever is not marked as HTML is text, and is escaped wherever it gets into a page."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from juncture.reporting.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NOTHING", "Html", "clipped", "element", "joined"]

VOID = frozenset({"meta"})
"""Elements that are never closed by a tag of their own."""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


NOTHING = Html("")


def element(tag: str, *children: str, **attributes: str | bool) -> Html:
    """Return an element; children that are not `Html` are escaped.

    An attribute's name may end with an underscore (``class_``), others stand for hyphens. ``False`` and ``""`` leave it
    out, ``True`` needs no value.
    """
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        word = name.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(f" {word}")
        elif value:
            parts.append(f' {word}="{html.escape(visible(str(value)))}"')
    parts.append(">")
    if tag in VOID and not children:
        return Html("".join(parts))
    return Html(f"{''.join(parts)}{joined(children)}</{tag}>")


def joined(parts: Iterable[str]) -> Html:
    """Return the parts one after another; those that are not `Html` are escaped."""
    return Html("".join(part if isinstance(part, Html) else html.escape(visible(part), quote=False) for part in parts))


def clipped(text: str, limit: int) -> str:
    """Return ``text``, or about ``limit`` characters of it: a quarter from its beginning, the rest from its end.

    Where there are lines they stay whole; what is left out is counted between the two parts.
    """
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 4], text[-(limit - limit // 4) :]
    if "\n" in head and "\n" in tail:
        head, tail = head[: head.rindex("\n")], tail[tail.index("\n") + 1 :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n… {left_out} characters left out …\n{tail}" if "\n" in text else f"{head}…{tail}"
