"""Which shard of how many."""

from __future__ import annotations

import re
from dataclasses import dataclass

from juncture.errors import UsageError
from juncture.sharding.plan import MOST_SHARDS

__all__ = ["ShardNumber"]


@dataclass(frozen=True, slots=True)
class ShardNumber:
    """One shard's ``index``, counted from 1, and the ``total`` of shards."""

    index: int
    total: int

    def __str__(self) -> str:
        """Return ``2 of 4``."""
        return f"{self.index} of {self.total}"

    @property
    def slashed(self) -> str:
        """The form of the command line, ``2/4``; `parse` reads it."""
        return f"{self.index}/{self.total}"

    @classmethod
    def parse(cls, text: str, *, where: str) -> ShardNumber:
        """Read ``2/4``; ``where`` is the option or variable that says it."""
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text.strip())
        if match is None:
            raise UsageError(f'"{text}" is not I/N', where=where, hint="the second of four shards is 2/4")
        number = cls(int(match[1]), int(match[2]))
        if not 1 <= number.total <= MOST_SHARDS:
            raise UsageError(f"there can be 1 to {MOST_SHARDS} shards, not {number.total}", where=where)
        if not 1 <= number.index <= number.total:
            hint = f"the first is 1/{number.total}, the last {number.total}/{number.total}"
            raise UsageError(f"there is no shard {number}", where=where, hint=hint)
        return number
