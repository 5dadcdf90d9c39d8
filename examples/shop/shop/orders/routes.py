"""``/orders``, and the orders of a user."""

from __future__ import annotations

from fastapi import APIRouter, Response

from shop.dependencies import DatabaseSession, Invoices, PathId, Payments, SharedCache
from shop.orders import service
from shop.orders.schemas import NewOrder, OrderView, RefundRequest

router = APIRouter(tags=["orders"])


@router.post("/orders", status_code=201)
def place(order: NewOrder, session: DatabaseSession, cache: SharedCache, response: Response) -> OrderView:
    """Place an order; 409 where the stock does not suffice."""
    view = OrderView.model_validate(service.place(session, cache, order))
    response.headers["Location"] = f"/orders/{view.id}"
    return view


@router.get("/orders/{order_id}")
def show(order_id: PathId, session: DatabaseSession) -> OrderView:
    """Show an order."""
    return OrderView.model_validate(service.find(session, order_id))


@router.get("/users/{user_id}/orders")
def of_user(user_id: PathId, session: DatabaseSession) -> list[OrderView]:
    """List the orders of a user, the latest first."""
    return [OrderView.model_validate(order) for order in service.of_user(session, user_id)]


@router.post("/orders/{order_id}/pay")
def pay(order_id: PathId, session: DatabaseSession, billing: Payments, store: Invoices) -> OrderView:
    """Pay an order, which writes its invoice; 402 where the bank refuses, 502 to 504 where billing lets us down."""
    return OrderView.model_validate(service.pay(session, billing, store, order_id))


@router.post("/orders/{order_id}/cancel")
def cancel(order_id: PathId, session: DatabaseSession, billing: Payments, cache: SharedCache) -> OrderView:
    """Cancel an order that is not paid; the goods go back to the stock."""
    return OrderView.model_validate(service.cancel(session, billing, cache, order_id))


@router.post("/orders/{order_id}/refund")
def refund(
    order_id: PathId, request: RefundRequest, session: DatabaseSession, billing: Payments, cache: SharedCache
) -> OrderView:
    """Refund an order that is paid; the goods go back to the stock."""
    return OrderView.model_validate(service.refund(session, billing, cache, order_id, request.reason))
