"""Whose something is on a server that other machines use too: leases are seen in one home on one machine."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from juncture.host.folders import secret

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["owner"]


def owner(home: Path) -> str:
    """Return what marks the things of this home on this machine.

    The machine's name is part of it: a home that was baked into an image, or restored from a cache, is on many.
    """
    identity = json.dumps([1, os.uname().nodename, str(home.absolute()), secret(home)])
    return hashlib.sha256(identity.encode()).hexdigest()[:8]
