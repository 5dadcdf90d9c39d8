"""The manifest of a bundle: what it is of and what its files are, in a form that shows its own damage."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from juncture.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Manifest", "from_json", "to_json"]

VERSION = 1
MOST = 1_000_000
"""Of shards and attempts; a larger number is damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle is of. ``shard`` counts from 1; ``files`` maps each file's name to its SHA-256 in hex.

    ``plan`` and ``history`` are digests, of the plan and of the durations that it was made from, ``commit`` is the
    checkout's; each is empty where it is not known. ``rerun`` names the earlier run of which this one ran some tests
    again, empty where it did not.
    """

    suite: str
    shard: int
    total: int
    attempt: int
    plan: str = ""
    history: str = ""
    commit: str = ""
    run: str = ""
    rerun: str = ""
    juncture: str = ""
    pytest: str = ""
    python: str = ""
    platform: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


def to_json(manifest: Manifest) -> str:
    """Return the manifest as JSON, with a checksum over all of it."""
    document = {"version": VERSION, **asdict(manifest)}
    return json.dumps({**document, "checksum": _checksum(document)}, indent=2) + "\n"


def from_json(text: str | bytes, *, where: str) -> Manifest:
    """Return the manifest that `to_json` wrote; ``where`` names it in messages.

    Raise `IncompleteError` where it is torn, was changed, or is of another version.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise IncompleteError("it is torn: this is not JSON", where=where) from None
    if not isinstance(document, dict):
        raise IncompleteError("it is not a manifest", where=where)
    if (version := document.get("version")) != VERSION:
        raise IncompleteError(f"written in version {version}, this juncture reads {VERSION}", where=where)
    stated = document.pop("checksum", None)
    if stated != _checksum(document):
        raise IncompleteError("it was changed: its checksum is of another manifest", where=where)
    del document["version"]
    if problem := _misfit(document):
        raise IncompleteError(f"it is not a manifest: {problem}", where=where)
    return Manifest(**document)


def _misfit(document: Mapping[str, Any]) -> str:
    """Return what keeps a mapping from being a manifest's fields; empty where nothing does."""
    types = {each.name: each.type for each in fields(Manifest)}
    if document.keys() != types.keys():
        return f"its fields are {', '.join(document) or 'none'}"
    for name, kind in types.items():
        value = document[name]
        match kind:
            case "int":
                sound = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST
            case "str":
                sound = isinstance(value, str)
            case _:
                sound = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        if not sound:
            return f"{name} is {json.dumps(value)[:40]}"
    return ""


def _checksum(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
