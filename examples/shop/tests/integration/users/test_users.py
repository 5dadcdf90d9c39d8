"""Users, from the request to the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Rows

ADA = 1
MARY = {"email": "mary@example.org", "name": "Mary Shelley"}


def test_a_registration_is_answered_and_kept(client: TestClient, rows: Rows) -> None:
    """A new user is answered with 201, its address and its data, which are those of the row."""
    answer = client.post("/users", json=MARY)
    user = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/users/{user['id']}"
    assert answer.headers["Content-Type"] == "application/json"
    assert rows("SELECT id, email, name FROM users WHERE email = :email", email=MARY["email"]) == [
        {"id": user["id"], **MARY}
    ]


def test_the_location_leads_to_the_user(client: TestClient) -> None:
    """What a registration answers is found again where its Location says."""
    registered = client.post("/users", json=MARY)
    found = client.get(registered.headers["Location"])
    assert found.status_code == 200
    assert found.json() == registered.json()


def test_an_address_is_stored_in_lower_case(client: TestClient, rows: Rows) -> None:
    """However an address was typed, one spelling is stored."""
    user = client.post("/users", json={**MARY, "email": " Mary@Example.ORG "}).json()
    assert user["email"] == "mary@example.org"
    assert rows("SELECT email FROM users WHERE id = :id", id=user["id"]) == [{"email": "mary@example.org"}]


def test_a_duplicate_address_is_a_conflict(client: TestClient, rows: Rows) -> None:
    """The second registration of an address is refused with 409 and changes nothing."""
    client.post("/users", json=MARY)
    answer = client.post("/users", json={**MARY, "name": "Another Mary"})
    assert answer.status_code == 409
    assert answer.json() == {"detail": "mary@example.org is registered already"}
    assert "Location" not in answer.headers
    assert rows("SELECT name FROM users WHERE email = :email", email=MARY["email"]) == [{"name": MARY["name"]}]


def test_a_duplicate_in_another_case_is_a_conflict(client: TestClient, rows: Rows) -> None:
    """An address is the same in capitals, also beside one that a seed file brought."""
    answer = client.post("/users", json={"email": "ADA@EXAMPLE.ORG", "name": "Not Ada"})
    assert answer.status_code == 409
    assert rows("SELECT id, name FROM users WHERE email = 'ada@example.org'") == [{"id": ADA, "name": "Ada Lovelace"}]


def test_after_a_conflict_the_next_registration_works(client: TestClient, rows: Rows) -> None:
    """A refusal leaves no broken transaction behind."""
    assert client.post("/users", json={**MARY, "email": "ada@example.org"}).status_code == 409
    assert client.post("/users", json=MARY).status_code == 201
    assert rows("SELECT count(*) FROM users WHERE email = :email", email=MARY["email"]) == [{"count": 1}]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"email": "mary"}, "email"), ({"name": " "}, "name"), ({"name": None}, "name"), ({"admin": True}, "admin")],
    ids=["no address", "blank name", "no name", "unknown field"],
)
def test_a_bad_registration_is_refused(client: TestClient, rows: Rows, change: dict[str, object], field: str) -> None:
    """What is no registration is refused with 422, names the field, and leaves no row."""
    before = rows("SELECT count(*) FROM users")
    answer = client.post("/users", json={**MARY, **change})
    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [["body", field]]
    assert rows("SELECT count(*) FROM users") == before


def test_a_user_is_shown_as_stored(client: TestClient, rows: Rows) -> None:
    """Every field of the answer is the row's."""
    answer = client.get(f"/users/{ADA}")
    (row,) = rows("SELECT id, email, name FROM users WHERE id = :id", id=ADA)
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in row} == row
    assert answer.json().keys() == {"id", "email", "name", "created_at"}


def test_an_unknown_user_is_not_found(client: TestClient) -> None:
    """A user that does not exist is answered with 404 and a message that names it."""
    answer = client.get("/users/2147483647")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "there is no user 2147483647"}


@pytest.mark.parametrize("user_id", ["0", "-1", "2147483648", "ada"])
def test_what_can_be_no_id_is_refused(client: TestClient, user_id: str) -> None:
    """An id that no row can have is refused with 422, without an error of the database."""
    assert client.get(f"/users/{user_id}").status_code == 422
