"""What is asked and answered about users."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from shop.schemas import Line, Request, View

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=254),
    Field(pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00.]+$"),
]
"""An address in lower case. Only a message that arrives proves an address, so the pattern is a loose one."""


class Registration(Request):
    """A new user."""

    email: Email
    name: Line


class UserView(View):
    """A user as others may see them."""

    id: int
    email: str
    name: str
    created_at: datetime
