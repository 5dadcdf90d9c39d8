"""Helpers for integration tests: wait for what comes about, and name what nobody else may have."""

from __future__ import annotations

from juncture.testing._eventually import eventually
from juncture.testing._recorder import Recorder
from juncture.testing._unique import unique

__all__ = ["Recorder", "eventually", "unique"]
