"""``/orders/{id}/shipment`` and ``/orders/{id}/notifications``."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter

from shop.dependencies import DatabaseSession, PathId
from shop.fulfilment import service
from shop.fulfilment.models import ShipmentState
from shop.orders.states import Status
from shop.schemas import View

router = APIRouter(prefix="/orders/{order_id}", tags=["fulfilment"])


class ShipmentView(View):
    """The goods on their way out."""

    order_id: int
    state: ShipmentState
    since: datetime


class NotificationView(View):
    """What the customer was told."""

    status: Status
    at: datetime


@router.get("/shipment")
def shipment(order_id: PathId, session: DatabaseSession) -> ShipmentView:
    """Show the shipment of an order; a moment after the payment there is one."""
    return ShipmentView.model_validate(service.shipment_of(session, order_id))


@router.get("/notifications")
def notifications(order_id: PathId, session: DatabaseSession) -> list[NotificationView]:
    """List what the customer was told of an order."""
    return [NotificationView.model_validate(each) for each in service.notifications_of(session, order_id)]
