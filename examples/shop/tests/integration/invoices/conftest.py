"""What the tests of invoices have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


@pytest.fixture
def paid(client: TestClient) -> int:
    """Return the id of an order that was placed and paid: two mugs and a spoon."""
    lines = [{"product_id": 1, "quantity": 2}, {"product_id": 6, "quantity": 1}]
    order_id: int = client.post("/orders", json={"user_id": 1, "lines": lines}).json()["id"]
    assert client.post(f"/orders/{order_id}/pay").status_code == 200
    return order_id
