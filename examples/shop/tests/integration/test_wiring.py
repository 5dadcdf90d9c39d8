"""The application as it runs in production: with nothing overridden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fastapi.testclient import TestClient
    from httpx2 import Client
    from juncture.model import Endpoint
    from redis import Redis

    from tests.integration.conftest import Rows


@pytest.fixture
def unchanged(running: TestClient) -> Iterator[TestClient]:
    """Return a client of the application with its own engine, whose connections end with the test."""
    from shop.database import engine

    yield running
    engine().dispose()


def test_the_settings_are_the_services_of_this_process(services: Mapping[str, Endpoint]) -> None:
    """The environment told the application where its services are before it was imported."""
    from shop.settings import settings

    assert settings().database_url == services["db"].url
    assert settings().redis_url == services["cache"].url
    assert settings().nats_url == services["events"].url
    assert settings().billing_url == services["billing"].url + "/accounts/shop"


def test_a_payment_goes_through_to_billing(billing_client: Client, services: Mapping[str, Endpoint]) -> None:
    """The application's own client books on the account that the environment names."""
    from shop.dependencies import billing_account

    charge = billing_account().charge(999_999, 500)
    account = billing_client.get(services["billing"].url + "/accounts/shop/charges")
    assert charge.model_dump() in account.json()


def test_a_search_goes_through_to_both_services(unchanged: TestClient, rows: Rows, redis: Redis) -> None:
    """Sessions of the application's own read the same rows, and the answer is kept in the same server."""
    answer = unchanged.get("/products")
    assert answer.status_code == 200
    assert [{"id": product["id"]} for product in answer.json()] == rows("SELECT id FROM products ORDER BY lower(name)")
    assert answer.content in [redis.get(key) for key in redis.keys("shop:catalogue:*")]
