"""The application: ``uvicorn shop.app:app``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from shop.catalogue.routes import router as catalogue
from shop.errors import (
    BillingFailedError,
    BillingNonsenseError,
    BillingTimeoutError,
    BillingUnreachableError,
    ConflictError,
    DeclinedError,
    InvalidNameError,
    NotFoundError,
    ShopError,
    TooLargeError,
    WrongTypeError,
)
from shop.fulfilment.routes import router as fulfilment
from shop.invoices.routes import router as invoices
from shop.orders.routes import router as orders
from shop.users.routes import router as users

if TYPE_CHECKING:
    from fastapi import Request

STATUS: dict[type[ShopError], int] = {
    DeclinedError: 402,
    NotFoundError: 404,
    ConflictError: 409,
    TooLargeError: 413,
    WrongTypeError: 415,
    InvalidNameError: 422,
    BillingFailedError: 502,
    BillingNonsenseError: 502,
    BillingUnreachableError: 503,
    BillingTimeoutError: 504,
}


def create_app() -> FastAPI:
    """Put the features together; nothing is connected to before the first request."""
    application = FastAPI(title="Shop")
    for router in (users, catalogue, orders, invoices, fulfilment):
        application.include_router(router)
    application.add_exception_handler(ShopError, _declined)
    return application


def _declined(_request: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    return JSONResponse({"detail": str(error)}, status_code=status)


app = create_app()
