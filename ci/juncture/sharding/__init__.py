"""Divide a suite into shards: the plan, its file, and what it is made from.

All of it is pure but `files`, which reads and writes, and `garbage`.
"""

from __future__ import annotations

from juncture.sharding.agreement import check_collection
from juncture.sharding.costs import PlannedTest
from juncture.sharding.document import from_json, to_json
from juncture.sharding.groups import group_of
from juncture.sharding.number import ShardNumber
from juncture.sharding.plan import MOST_SHARDS, Plan, Shard, make_plan

__all__ = [
    "MOST_SHARDS",
    "Plan",
    "PlannedTest",
    "Shard",
    "ShardNumber",
    "check_collection",
    "from_json",
    "group_of",
    "make_plan",
    "to_json",
]
