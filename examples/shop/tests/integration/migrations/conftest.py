"""What the tests of migrations and seeds have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy import MetaData


@pytest.fixture(scope="session")
def metadata() -> MetaData:
    """Return the tables of all mapped classes."""
    import shop.catalogue.models
    import shop.events.models
    import shop.fulfilment.models
    import shop.orders.models
    import shop.users.models  # noqa: F401 - each adds its tables
    from shop.database import Base

    return Base.metadata
