"""The catalogue's answers in Redis: kept, found, and forgotten in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response
    from redis import Redis
    from sqlalchemy import Connection

    from tests.integration.conftest import Place, Rows

ADA, MUG, GLASS, NO_PRODUCT = 1, 1, 8, 999_999


def search(client: TestClient, **query: str | int) -> tuple[str, Response]:
    """Search the catalogue and tell whether the cache had the answer."""
    answer = client.get("/products", params=query)
    return answer.headers["X-Cache"], answer


def answers(redis: Redis) -> list[bytes | str]:
    """Return the keys of all answers that are kept."""
    return [key for key in redis.keys("shop:catalogue:*") if key != b"shop:catalogue:generation"]


def test_the_first_answer_is_a_miss_and_is_kept(client: TestClient, redis: Redis) -> None:
    """An answer is kept as it was sent, under the shop's prefix and for a limited time."""
    assert redis.keys() == []
    cache, answer = search(client)
    (key,) = answers(redis)
    assert cache == "miss"
    assert redis.keys() == [key]
    assert redis.get(key) == answer.content
    assert 0 < redis.ttl(key) <= 300


def test_the_second_answer_is_a_hit(client: TestClient) -> None:
    """The same question has the same answer, from the cache."""
    _, first = search(client, q="mug")
    cache, second = search(client, q="mug")
    assert cache == "hit"
    assert second.content == first.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"]


def test_a_hit_does_not_ask_the_database(client: TestClient, db_connection: Connection) -> None:
    """What changed in the database behind the application's back is not in an answer that was kept."""
    _, first = search(client)
    db_connection.execute(text("UPDATE products SET price_cents = 1"))
    cache, second = search(client)
    assert cache == "hit"
    assert second.json() == first.json()


def test_what_is_in_redis_is_what_is_answered(client: TestClient, redis: Redis) -> None:
    """A hit is read from the server, not from the memory of the process."""
    search(client)
    redis.set(answers(redis)[0], b"[]")
    cache, answer = search(client)
    assert (cache, answer.json()) == ("hit", [])


def test_another_way_to_ask_the_same_is_a_hit(client: TestClient, redis: Redis) -> None:
    """Case and spelt-out defaults do not make another answer."""
    search(client, q="mug")
    assert search(client, q="MUG", limit=20, offset=0)[0] == "hit"
    assert len(answers(redis)) == 1


def test_another_question_is_a_miss(client: TestClient, redis: Redis) -> None:
    """Text and page each have an answer of their own."""
    queries: list[dict[str, str | int]] = [{"q": "mug"}, {"q": "tea"}, {"q": "mug", "limit": 1}]
    assert [search(client, **query)[0] for query in queries] == ["miss"] * 3
    assert len(answers(redis)) == 3


def test_an_answer_that_expired_is_a_miss(client: TestClient, redis: Redis, db_connection: Connection) -> None:
    """Once the time is over, the database is asked again."""
    search(client)
    redis.expire(answers(redis)[0], 0)
    db_connection.execute(text("UPDATE products SET price_cents = 1"))
    cache, answer = search(client)
    assert cache == "miss"
    assert {product["price_cents"] for product in answer.json()} == {1}


def test_a_new_price_is_seen_at_once(client: TestClient, rows: Rows) -> None:
    """A price change makes every answer a miss, and the next one has the new price of the row."""
    search(client)
    search(client, q="mug")
    client.put(f"/products/{MUG}/price", json={"price_cents": 990})
    assert search(client)[0] == "miss"
    cache, answer = search(client, q="mug")
    assert cache == "miss"
    assert [{"price_cents": product["price_cents"]} for product in answer.json()] == rows(
        "SELECT price_cents FROM products WHERE name LIKE '%mug' ORDER BY name"
    )
    assert answer.json()[0]["price_cents"] == 990


def test_a_delivery_is_seen_at_once(client: TestClient) -> None:
    """A restock makes the next answer a miss with the new stock."""
    assert search(client, q="glass")[1].json()[0]["available"] == 0
    client.post(f"/products/{GLASS}/restock", json={"quantity": 5})
    cache, answer = search(client, q="glass")
    assert (cache, answer.json()[0]["available"]) == ("miss", 5)


def test_a_new_product_is_seen_at_once(client: TestClient) -> None:
    """A product that was added is in the next answer."""
    assert search(client, q="bowl")[1].json() == []
    client.post("/products", json={"sku": "BOWL", "name": "Bowl", "price_cents": 100})
    cache, answer = search(client, q="bowl")
    assert (cache, [product["name"] for product in answer.json()]) == ("miss", ["Bowl"])


def test_an_order_is_seen_at_once(client: TestClient) -> None:
    """An order takes from the stock that the next answer shows."""
    before = search(client, q="blue mug")[1].json()[0]["available"]
    client.post("/orders", json={"user_id": ADA, "lines": [{"product_id": MUG, "quantity": 2}]})
    cache, answer = search(client, q="blue mug")
    assert (cache, answer.json()[0]["available"]) == ("miss", before - 2)


@pytest.mark.parametrize("steps", [["cancel"], ["pay", "refund"]], ids=["cancel", "refund"])
def test_goods_put_back_are_seen_at_once(client: TestClient, place: Place, steps: list[str]) -> None:
    """A cancellation and a refund make the next answer a miss with more in stock."""
    order_id = place((MUG, 2))["id"]
    before = search(client, q="blue mug")[1].json()[0]["available"]
    for step in steps:
        assert client.post(f"/orders/{order_id}/{step}", json={"reason": "Cold"}).status_code == 200
    cache, answer = search(client, q="blue mug")
    assert (cache, answer.json()[0]["available"]) == ("miss", before + 2)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"/products/{NO_PRODUCT}/price", {"price_cents": 1}),
        ("PUT", f"/products/{MUG}/price", {"price_cents": -1}),
        ("POST", "/orders", {"user_id": ADA, "lines": [{"product_id": GLASS, "quantity": 1}]}),
    ],
    ids=["unknown product", "bad price", "out of stock"],
)
def test_what_was_refused_forgets_nothing(client: TestClient, method: str, path: str, body: dict[str, object]) -> None:
    """A request that changed nothing leaves the answers where they are."""
    search(client)
    assert client.request(method, path, json=body).status_code in {404, 409, 422}
    assert search(client)[0] == "hit"


def test_the_keys_of_others_are_left_alone(client: TestClient, redis: Redis) -> None:
    """Invalidation touches nothing beyond the shop's prefix."""
    redis.set("neighbour:catalogue:generation", 3)
    client.put(f"/products/{MUG}/price", json={"price_cents": 990})
    assert redis.get("neighbour:catalogue:generation") == b"3"
    assert redis.get("shop:catalogue:generation") == b"1"
