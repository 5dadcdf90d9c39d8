"""The building blocks of every request and answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_CENTS = 10_000_000

Identifier = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A primary key: what fits into a Postgres integer."""

Cents = Annotated[int, Field(ge=0, le=MAX_CENTS)]
"""A price in cents; amounts are never floats."""

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text without control characters: Postgres stores no NUL."""


class Request(BaseModel):
    """What a client sends; a misspelt field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """What a client gets, read from the attributes of a mapped object."""

    model_config = ConfigDict(from_attributes=True)
