"""An endpoint and a set-up that no server stands behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.model import Endpoint
from juncture.services.kinds import Setup

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def endpoint() -> Endpoint:
    """Return an endpoint with every part."""
    return Endpoint(
        service="db",
        kind="postgres",
        provider="embedded",
        product="postgres",
        version="18.6",
        host="127.0.0.1",
        port=5432,
        user="juncture",
        password="pass-word_1",
        database="jn_shop",
        url="postgresql://juncture:pass-word_1@127.0.0.1:5432/jn_shop",
    )


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """Return a set-up in an empty folder, for a server that is not dropped to another user."""
    return Setup(
        program=tmp_path / "bin" / "server",
        version="18.6",
        data=tmp_path / "data with space",
        cache=tmp_path / "cache",
        host="127.0.0.1",
        port=5432,
        password="pass-word_1",
        user=None,
        group=None,
    )
