"""``/users``."""

from __future__ import annotations

from fastapi import APIRouter, Response

from shop.dependencies import DatabaseSession, PathId
from shop.users import service
from shop.users.schemas import Registration, UserView

router = APIRouter(prefix="/users", tags=["users"])


@router.post("", status_code=201)
def register(registration: Registration, session: DatabaseSession, response: Response) -> UserView:
    """Register a user; 409 where the e-mail address is taken."""
    user = UserView.model_validate(service.register(session, registration))
    response.headers["Location"] = f"/users/{user.id}"
    return user


@router.get("/{user_id}")
def show(user_id: PathId, session: DatabaseSession) -> UserView:
    """Show a user."""
    return UserView.model_validate(service.find(session, user_id))
