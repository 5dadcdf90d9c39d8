"""The rows of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from shop.users.models import User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def add(session: Session, *, email: str, name: str) -> User | None:
    """Insert a user; return None where the address is taken, whoever took it however recently."""
    statement = insert(User).values(email=email, name=name).on_conflict_do_nothing(index_elements=[User.email])
    return session.scalar(statement.returning(User))


def get(session: Session, user_id: int) -> User | None:
    """Return the user of that id, if there is one."""
    return session.get(User, user_id)
