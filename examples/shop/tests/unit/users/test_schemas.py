"""What may be registered."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shop.users.schemas import Registration


def test_an_address_is_kept_in_lower_case() -> None:
    """Capitals and the space around an address make no difference."""
    assert Registration(email="  Ada@Example.ORG ", name="Ada").email == "ada@example.org"


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@example.org", "ada@example", "ada@example.", "a da@example.org", "a@b@c.org", "a\x00@b.org"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """An address has one @ and a domain with a dot, and nothing blank."""
    with pytest.raises(ValidationError, match="email"):
        Registration(email=address, name="Ada")


def test_a_name_is_stripped() -> None:
    """The space around a name is not part of it."""
    assert Registration(email="ada@example.org", name=" Ada Lovelace ").name == "Ada Lovelace"


@pytest.mark.parametrize("name", ["", "   ", "Ada\nLovelace", "Ada\x00", "A" * 101])
def test_what_is_no_name_is_refused(name: str) -> None:
    """A name is one line of 1 to 100 characters."""
    with pytest.raises(ValidationError, match="name"):
        Registration(email="ada@example.org", name=name)


def test_an_unknown_field_is_refused() -> None:
    """A misspelt field is an error, not a field left out."""
    with pytest.raises(ValidationError, match="nmae"):
        Registration.model_validate({"email": "ada@example.org", "name": "Ada", "nmae": "Ada"})
