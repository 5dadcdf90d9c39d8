"""The connection to Postgres and the base of all mapped classes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Enum, MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, Session

from shop.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

    from sqlalchemy import Engine


class Base(DeclarativeBase):
    """Collect the tables; constraints get the names that the migrations give them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


def word_of(kind: type[StrEnum]) -> Enum:
    """Return the type of a column that holds one of few words, as text; a check constraint knows them too."""
    return Enum(kind, native_enum=False, length=10, values_callable=lambda words: [word.value for word in words])


@cache
def engine() -> Engine:
    """Return the engine of this process; the first call loads the driver."""
    return create_engine(settings().database_url)


def open_session() -> Iterator[Session]:
    """Give one request its session; what the request did not commit is rolled back."""
    with Session(engine()) as session:
        yield session
