"""Invoices, from the payment to the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.integration.conftest import Rows

PLACED_ORDER, CANCELLED_ORDER, NO_ORDER = 2, 3, 999_999


def test_a_payment_writes_the_invoice(tmp_path: Path, paid: int) -> None:
    """After the payment there is one file, and it belongs to the order."""
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert [file.parts for file in files] == [(str(paid), "invoice.txt")]


def test_an_invoice_is_downloaded_as_written(client: TestClient, tmp_path: Path, paid: int) -> None:
    """The download is the file, as text and with a name to save it under."""
    answer = client.get(f"/orders/{paid}/invoice")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoice.txt"'
    assert answer.content == (tmp_path / str(paid) / "invoice.txt").read_bytes()


def test_an_invoice_tells_what_the_rows_tell(client: TestClient, rows: Rows, paid: int) -> None:
    """Number, day, customer, lines and total are those of the order."""
    (order,) = rows(
        "SELECT name, paid_at, total_cents FROM orders JOIN users ON users.id = user_id WHERE orders.id = :id", id=paid
    )
    lines = client.get(f"/orders/{paid}/invoice").text.splitlines()
    assert lines[0] == f"Invoice {order['paid_at']:%Y}-{paid:06d}"
    assert lines[1] == f"{order['paid_at']:%Y-%m-%d}, Ada Lovelace"
    assert [line.split() for line in lines[3:5]] == [
        ["2", "x", "Blue", "mug", "25.80"],
        ["1", "x", "Spoon,", "100%", "silver", "39.00"],
    ]
    assert lines[-2].split() == ["Total", f"{order['total_cents'] / 100:.2f}"]


def test_an_invoice_tells_the_price_of_the_order(client: TestClient) -> None:
    """A price that changed between order and payment is not on the invoice."""
    order = client.post("/orders", json={"user_id": 1, "lines": [{"product_id": 1, "quantity": 1}]}).json()
    client.put("/products/1/price", json={"price_cents": 99})
    client.post(f"/orders/{order['id']}/pay")
    assert client.get(f"/orders/{order['id']}/invoice").text.splitlines()[3].split()[-1] == "12.90"


def test_an_invoice_outlives_the_refund(client: TestClient, rows: Rows, paid: int) -> None:
    """A refunded order still shows its invoice, unchanged."""
    before = client.get(f"/orders/{paid}/invoice").content
    client.post(f"/orders/{paid}/refund", json={"reason": "Arrived broken"})
    assert rows("SELECT status FROM orders WHERE id = :id", id=paid) == [{"status": "refunded"}]
    assert client.get(f"/orders/{paid}/invoice").content == before


def test_a_refused_payment_leaves_the_invoice_alone(client: TestClient, tmp_path: Path, paid: int) -> None:
    """A second payment is a conflict and does not touch the file."""
    file = tmp_path / str(paid) / "invoice.txt"
    written = file.stat()
    assert client.post(f"/orders/{paid}/pay").status_code == 409
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_an_order_that_was_not_paid_has_no_invoice(client: TestClient, tmp_path: Path) -> None:
    """Before the payment the invoice is 404, even where a payment that failed left a file behind."""
    file = tmp_path / str(PLACED_ORDER) / "invoice.txt"
    file.parent.mkdir()
    file.write_text("of a payment that failed", encoding="utf-8")
    answer = client.get(f"/orders/{PLACED_ORDER}/invoice")
    assert (answer.status_code, answer.json()) == (404, {"detail": f"there is no invoice of an order {PLACED_ORDER}"})
    assert client.get(f"/orders/{CANCELLED_ORDER}/invoice").status_code == 404


def test_an_unknown_order_has_no_invoice(client: TestClient) -> None:
    """Without the order there is no invoice either."""
    assert client.get(f"/orders/{NO_ORDER}/invoice").status_code == 404
