"""The plan as JSON text, and back with every doubt cleared."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from juncture.errors import IncompleteError
from juncture.sharding.plan import MOST_SHARDS, VERSION, Plan, Shard, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["from_json", "to_json"]

AGAIN = "make it again: juncture plan --shards N --out plan.json"


def to_json(plan: Plan) -> str:
    """Return the plan as one line of ASCII; equal plans give equal bytes."""
    document = {
        "version": VERSION,
        "digest": plan.digest,
        "shards": [
            {"index": shard.index, "predicted_seconds": shard.predicted_seconds, "nodeids": shard.nodeids}
            for shard in plan.shards
        ],
        "lower_bound_seconds": plan.lower_bound_seconds,
        "bound_by": plan.bound_by,
        "workers": plan.workers,
        "history": plan.history,
        "groups": dict(plan.groups),
    }
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"))


def from_json(text: str, *, where: str = "the plan") -> Plan:
    """Return the plan that `to_json` wrote; ``where`` names it in messages.

    Raise `IncompleteError` for what is no whole plan, is of another version, or does not match its own digest.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise IncompleteError("it is torn: this is not JSON", where=where, hint=AGAIN) from None
    if not isinstance(document, dict):
        raise IncompleteError("it is no plan", where=where, hint=AGAIN)
    if document.get("version") != VERSION:
        raise IncompleteError(
            f"written in version {document.get('version')}, this juncture reads {VERSION}",
            where=where,
            hint="use the same version of juncture in every job",
        )
    if problem := next((text for text, holds in _RULES if not holds(document)), ""):
        raise IncompleteError(problem, where=where, hint=AGAIN)
    plan = _plan(document)
    placed = {nodeid: shard.index for shard in plan.shards for nodeid in shard.nodeids}
    if digest_of(len(plan.shards), plan.groups, dict(sorted(placed.items()))) != plan.digest:
        raise IncompleteError("it was changed: its digest is of another plan", where=where, hint=AGAIN)
    return plan


def _plan(document: dict[str, Any]) -> Plan:
    return Plan(
        digest=document["digest"],
        shards=tuple(
            Shard(index, float(shard["predicted_seconds"]), tuple(sorted(shard["nodeids"])))
            for index, shard in enumerate(document["shards"], 1)
        ),
        lower_bound_seconds=float(document["lower_bound_seconds"]),
        groups=dict(sorted(document["groups"].items())),
        bound_by=document["bound_by"],
        history=document["history"],
        workers=document["workers"],
    )


def _nodeids(document: dict[str, Any]) -> list[Any]:
    return [nodeid for shard in document["shards"] for nodeid in shard["nodeids"]]


def _is_duration(value: object) -> bool:
    # No NaN, no infinity, and no integer that float() would not take.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max


_RULES: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("it has no digest", lambda plan: isinstance(plan.get("digest"), str)),
    ("it has no lower bound", lambda plan: _is_duration(plan.get("lower_bound_seconds"))),
    ("it does not say what it is bound by", lambda plan: isinstance(plan.get("bound_by"), str)),
    ("it does not say which history it knew", lambda plan: isinstance(plan.get("history"), str)),
    ("it has no number of workers", lambda plan: type(plan.get("workers")) is int and plan["workers"] > 0),
    ("it has no groups", lambda plan: isinstance(plan.get("groups"), dict)),
    ("a group is no text", lambda plan: all(isinstance(group, str) for group in plan["groups"].values())),
    ("it has no shards", lambda plan: isinstance(plan.get("shards"), list)),
    ("a shard is no object", lambda plan: all(isinstance(shard, dict) for shard in plan["shards"])),
    ("it has too few or too many shards", lambda plan: 1 <= len(plan["shards"]) <= MOST_SHARDS),
    (
        "its shards do not count from 1",
        lambda plan: all(shard.get("index") == index for index, shard in enumerate(plan["shards"], 1)),
    ),
    (
        "a shard has no predicted seconds",
        lambda plan: all(_is_duration(shard.get("predicted_seconds")) for shard in plan["shards"]),
    ),
    ("a shard has no node ids", lambda plan: all(isinstance(shard.get("nodeids"), list) for shard in plan["shards"])),
    ("a node id is no text", lambda plan: all(isinstance(nodeid, str) for nodeid in _nodeids(plan))),
    ("its shards and its groups are not of the same tests", lambda plan: set(_nodeids(plan)) == plan["groups"].keys()),
    ("a test is in it twice", lambda plan: len(_nodeids(plan)) == len(plan["groups"])),
)
"""What holds for every plan, each where those before it hold; with what to say where it does not."""
