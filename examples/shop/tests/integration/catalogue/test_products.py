"""Products, from the request to the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.integration.conftest import Rows

MUG, SPOON, NO_PRODUCT = 1, 6, 999_999
BOWL = {"sku": "BOWL-OAK", "name": "Oak bowl", "price_cents": 1990, "quantity": 4}


def names(client: TestClient, **query: str | int) -> list[str]:
    """Return the names that a search finds."""
    answer = client.get("/products", params=query)
    assert answer.status_code == 200
    return [product["name"] for product in answer.json()]


def test_the_catalogue_is_listed_by_name(client: TestClient, rows: Rows) -> None:
    """The list holds every product with its price and stock, as the tables have them."""
    answer = client.get("/products")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == rows(
        "SELECT id, sku, name, price_cents, quantity AS available FROM products JOIN stock ON product_id = id"
        " ORDER BY lower(name)"
    )


@pytest.mark.parametrize("text", ["mug", "MUG", " Mug "])
def test_a_search_finds_part_of_a_name(client: TestClient, text: str) -> None:
    """Case and surrounding space do not matter."""
    assert names(client, q=text) == ["Blue mug", "Red mug"]


@pytest.mark.parametrize(("text", "found"), [("100%", ["Spoon, 100% silver"]), ("b%m", []), ("b_ue", []), ("\\", [])])
def test_a_search_takes_text_as_it_is(client: TestClient, text: str, found: list[str]) -> None:
    """What is a pattern for the database is plain text for the customer."""
    assert names(client, q=text) == found


def test_pages_follow_each_other(client: TestClient) -> None:
    """Pages put together are the whole list."""
    everything = names(client)
    assert names(client, limit=3) + names(client, limit=3, offset=3) + names(client, limit=3, offset=6) == everything


def test_behind_the_last_page_is_nothing(client: TestClient) -> None:
    """An offset too large gives an empty page."""
    assert names(client, offset=1000) == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "all"}, {"page": 2}])
def test_a_bad_search_is_refused(client: TestClient, query: dict[str, str | int]) -> None:
    """A page out of bounds and an unknown parameter are answered with 422."""
    assert client.get("/products", params=query).status_code == 422


def test_a_product_is_shown_as_stored(client: TestClient) -> None:
    """A product tells its price and how many there are."""
    answer = client.get(f"/products/{SPOON}")
    assert answer.status_code == 200
    assert answer.json() == {
        "id": SPOON,
        "sku": "SPOON",
        "name": "Spoon, 100% silver",
        "price_cents": 3900,
        "available": 1,
    }


def test_an_unknown_product_is_not_found(client: TestClient) -> None:
    """A product that does not exist is answered with 404."""
    answer = client.get(f"/products/{NO_PRODUCT}")
    assert answer.status_code == 404
    assert answer.json() == {"detail": f"there is no product {NO_PRODUCT}"}


def test_a_new_product_is_kept_with_its_stock(client: TestClient, rows: Rows) -> None:
    """A new product is answered with 201 and its address, and has a row in both tables."""
    answer = client.post("/products", json=BOWL)
    product_id = answer.json()["id"]
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/products/{product_id}"
    assert rows("SELECT sku, name, price_cents FROM products WHERE id = :id", id=product_id) == [
        {"sku": "BOWL-OAK", "name": "Oak bowl", "price_cents": 1990}
    ]
    assert rows("SELECT quantity FROM stock WHERE product_id = :id", id=product_id) == [{"quantity": 4}]


def test_a_duplicate_sku_is_a_conflict(client: TestClient, rows: Rows) -> None:
    """A SKU is there once, however it was typed."""
    answer = client.post("/products", json={**BOWL, "sku": "mug-blue"})
    assert answer.status_code == 409
    assert answer.json() == {"detail": "MUG-BLUE is in the catalogue already"}
    assert rows("SELECT id, name FROM products WHERE sku = 'MUG-BLUE'") == [{"id": MUG, "name": "Blue mug"}]


def test_a_new_price_is_kept(client: TestClient, rows: Rows) -> None:
    """A price change is answered with the product and stands in its row, and in no other."""
    others = rows("SELECT * FROM products WHERE id <> :id ORDER BY id", id=MUG)
    answer = client.put(f"/products/{MUG}/price", json={"price_cents": 990})
    assert answer.status_code == 200
    assert answer.json()["price_cents"] == 990
    assert rows("SELECT price_cents FROM products WHERE id = :id", id=MUG) == [{"price_cents": 990}]
    assert rows("SELECT * FROM products WHERE id <> :id ORDER BY id", id=MUG) == others


def test_a_price_below_zero_is_refused(client: TestClient, rows: Rows) -> None:
    """A bad price is answered with 422 and the row stays as it was."""
    assert client.put(f"/products/{MUG}/price", json={"price_cents": -1}).status_code == 422
    assert rows("SELECT price_cents FROM products WHERE id = :id", id=MUG) == [{"price_cents": 1290}]


def test_a_delivery_adds_to_the_stock(client: TestClient, rows: Rows) -> None:
    """Goods that arrived are added to those that are there."""
    answer = client.post(f"/products/{SPOON}/restock", json={"quantity": 9})
    assert answer.status_code == 200
    assert answer.json()["available"] == 10
    assert rows("SELECT quantity FROM stock WHERE product_id = :id", id=SPOON) == [{"quantity": 10}]


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_delivery_of_nothing_is_refused(client: TestClient, rows: Rows, quantity: int) -> None:
    """A delivery that brings nothing is answered with 422 and the stock stays as it was."""
    assert client.post(f"/products/{SPOON}/restock", json={"quantity": quantity}).status_code == 422
    assert rows("SELECT quantity FROM stock WHERE product_id = :id", id=SPOON) == [{"quantity": 1}]


def test_what_does_not_exist_has_no_price_and_no_stock(client: TestClient) -> None:
    """Changes to an unknown product are answered with 404."""
    assert client.put(f"/products/{NO_PRODUCT}/price", json={"price_cents": 1}).status_code == 404
    assert client.post(f"/products/{NO_PRODUCT}/restock", json={"quantity": 1}).status_code == 404
