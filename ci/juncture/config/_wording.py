"""How a problem in the declaration is put into words: quoting, naming types, offering the closest match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

__all__ = ["dotted", "listed", "quoted", "shortened", "shown", "suggestion", "type_name"]

_LONGEST_QUOTE = 60
_MOST_LISTED = 12
_LARGEST_NUMBER_SHOWN = 10**12


def quoted(text: str) -> str:
    """Return the text in double quotes on one line, cut where it is long."""
    import json  # noqa: PLC0415 - only when there is a problem to tell

    if len(text) > _LONGEST_QUOTE:
        text = f"{text[:_LONGEST_QUOTE]}…"
    return json.dumps(text, ensure_ascii=not text.isprintable()).replace("\x7f", "\\u007f")


def shown(value: object) -> str:
    """Return a text or a number as the user wrote it, anything else by the name of its type."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return type_name(value)
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER_SHOWN:
        return "a larger number" if value > 0 else "a smaller number"
    return str(value)


def type_name(value: object) -> str:
    """Return what TOML calls a value of this type, with its article."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return f"a {type(value).__name__}"


def dotted(name: str) -> str:
    """Return one part of a TOML key path: the name, quoted where it is no bare key."""
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else quoted(name)


def listed(names: Iterable[str]) -> str:
    """Return the names with commas, and how many more there are where the list is long."""
    every = list(names)
    head = ", ".join(name if _is_plain(name) else quoted(name) for name in every[:_MOST_LISTED])
    more = len(every) - _MOST_LISTED
    return f"{head} and {more} more" if more > 0 else head


def shortened(text: str, longest: int) -> str:
    """Return the text, its middle left out where it is longer."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def suggestion(name: str, allowed: Sequence[str], *, lead: str = "Allowed") -> str:
    """Return the sentence that follows a wrong name: the closest right one, or all of them.

    It begins with a space; it is empty where nothing is allowed.
    """
    import difflib  # noqa: PLC0415 - only when there is a problem to tell

    plain = {candidate.lower(): candidate for candidate in allowed}
    wrong = name.lower()[:_LONGEST_QUOTE]
    # difflib finds "bd" and "db" too different: in a short name swapped letters weigh much.
    swapped = [candidate for candidate in plain if sorted(candidate) == sorted(wrong)]
    close = swapped or difflib.get_close_matches(wrong, plain, n=1)
    if close:
        return f" Did you mean {quoted(plain[close[0]])}?"
    return f" {lead}: {listed(allowed)}." if allowed else ""


def _is_plain(name: str) -> bool:
    """Tell whether a name can stand in a list without quotes."""
    return bool(name.strip()) and name.isprintable() and len(name) <= _LONGEST_QUOTE
