"""What Alembic runs for every command, on the database that the shop itself would use."""

from __future__ import annotations

from alembic import context
from sqlalchemy import NullPool, create_engine

import shop.catalogue.models
import shop.events.models
import shop.fulfilment.models
import shop.orders.models
import shop.users.models  # noqa: F401 - each adds its tables
from shop.database import Base
from shop.settings import settings

with create_engine(settings().database_url, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
