"""Writing invoices and taking back the signed copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.catalogue import repository as catalogue
from shop.errors import NotFoundError, TooLargeError, WrongTypeError
from shop.invoices.document import Invoice, Item, render
from shop.orders import repository as orders
from shop.orders.states import INVOICED

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from sqlalchemy.orm import Session

    from shop.invoices.store import InvoiceStore
    from shop.orders.models import Order

PDF = "application/pdf"
MAX_COPY_BYTES = 256 * 1024


def issue(session: Session, store: InvoiceStore, order: Order, day: date) -> Path:
    """Write the invoice of an order that is being paid.

    It is written before the payment is committed: a payment without an invoice can't be, and the file of a payment that
    failed is shown to nobody.
    """
    names = catalogue.names(session, [line.product_id for line in order.lines])
    invoice = Invoice(
        order_id=order.id,
        day=day,
        customer=order.user.name,
        items=tuple(Item(names[line.product_id], line.quantity, line.unit_price_cents) for line in order.lines),
        shipping_cents=order.shipping_cents,
    )
    return store.write_invoice(order.id, render(invoice))


def find(session: Session, store: InvoiceStore, order_id: int) -> Path:
    """Return the file of an order's invoice; ``NotFoundError`` where the order was not paid."""
    return store.invoice(_invoiced(session, order_id))


def keep_copy(session: Session, store: InvoiceStore, order_id: int, name: str, content: bytes) -> Path:
    """Keep the signed copy of an invoice: a PDF of ``MAX_COPY_BYTES`` at most, under a name of its own."""
    if len(content) > MAX_COPY_BYTES:
        raise TooLargeError(f"a signed copy has {MAX_COPY_BYTES} bytes at most")
    if not content.startswith(b"%PDF-"):
        raise WrongTypeError("a signed copy is a PDF file")
    return store.write_copy(_invoiced(session, order_id), name, content)


def find_copy(session: Session, store: InvoiceStore, order_id: int, name: str) -> Path:
    """Return the file of a signed copy; ``NotFoundError`` where there is none."""
    return store.copy(_invoiced(session, order_id), name)


def copies(session: Session, store: InvoiceStore, order_id: int) -> list[str]:
    """Return the names of an invoice's signed copies; ``NotFoundError`` where there is no invoice."""
    return store.copies(_invoiced(session, order_id))


def _invoiced(session: Session, order_id: int) -> int:
    order = orders.get(session, order_id)
    if order is None or order.status not in INVOICED:
        raise NotFoundError(f"there is no invoice of an order {order_id}")
    return order.id
