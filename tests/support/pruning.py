"""A home that is pruned, what went, and a process that holds a lease against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.isolation.census import clear
from juncture.provisioning.prune import Pruned, prune

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HOLD", "pruned", "told"]

HOLD = """
import sys
from pathlib import Path
from juncture.host import leases
lease = leases.hold(Path(sys.argv[1]), exclusive=False, timeout=5, purpose="hold it")
print("held", flush=True)
sys.stdin.read()
"""


def pruned(environ: Mapping[str, str], *, dry_run: bool = False) -> Pruned:
    """Prune a home, which has no problem with that."""
    found = prune(environ=environ, dry_run=dry_run, clear=clear)
    assert found.problems == []
    return found


def told(found: Pruned) -> set[str]:
    """Return the sorts of what went."""
    return {item.what for item in found.items}
