"""Registering users and finding them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.errors import ConflictError, NotFoundError
from shop.users import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shop.users.models import User
    from shop.users.schemas import Registration


def register(session: Session, registration: Registration) -> User:
    """Add a user; ``ConflictError`` where the e-mail address is taken."""
    user = repository.add(session, email=registration.email, name=registration.name)
    if user is None:
        raise ConflictError(f"{registration.email} is registered already")
    session.commit()
    return user


def find(session: Session, user_id: int) -> User:
    """Return a user; ``NotFoundError`` where there is none."""
    user = repository.get(session, user_id)
    if user is None:
        raise NotFoundError(f"there is no user {user_id}")
    return user
