"""Databases that are brought back to their templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cleaned import Cleaned, cleaned_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from juncture.model import Endpoint


@pytest.fixture
def cleaned(admin: Endpoint, shared_home: Path) -> Callable[[str], AbstractContextManager[Cleaned]]:
    """Return a function that makes such a database on the shared embedded Postgres."""
    return lambda sql: cleaned_on(admin, sql, shared_home)
