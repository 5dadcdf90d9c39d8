"""``/products``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shop.catalogue import service
from shop.catalogue.schemas import Delivery, NewProduct, Price, ProductView, Search
from shop.dependencies import DatabaseSession, PathId, SharedCache

router = APIRouter(prefix="/products", tags=["catalogue"])


@router.get("", response_model=list[ProductView])
def search(search: Annotated[Search, Query()], session: DatabaseSession, cache: SharedCache) -> Response:
    """List products by name, or search them; ``X-Cache`` tells whether the answer was kept."""
    page, kept = service.search(session, cache, search)
    return Response(page, media_type="application/json", headers={"X-Cache": "hit" if kept else "miss"})


@router.post("", status_code=201)
def add(product: NewProduct, session: DatabaseSession, cache: SharedCache, response: Response) -> ProductView:
    """Put a product into the catalogue; 409 where its SKU is taken."""
    view = ProductView.model_validate(service.add(session, cache, product))
    response.headers["Location"] = f"/products/{view.id}"
    return view


@router.get("/{product_id}")
def show(product_id: PathId, session: DatabaseSession) -> ProductView:
    """Show a product as it is now, past the cache."""
    return ProductView.model_validate(service.find(session, product_id))


@router.put("/{product_id}/price")
def change_price(product_id: PathId, price: Price, session: DatabaseSession, cache: SharedCache) -> ProductView:
    """Change the price for orders to come."""
    return ProductView.model_validate(service.change_price(session, cache, product_id, price.price_cents))


@router.post("/{product_id}/restock")
def restock(product_id: PathId, delivery: Delivery, session: DatabaseSession, cache: SharedCache) -> ProductView:
    """Add goods that arrived to the stock."""
    return ProductView.model_validate(service.restock(session, cache, product_id, delivery.quantity))
