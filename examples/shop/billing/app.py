"""The application: ``uvicorn billing.app:app``.

Charges belong to a merchant's account and have a key that the merchant chose: the same request can be sent again until
there is an answer. They are kept in memory, so one process serves them all.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from billing.ledger import ConflictError, Ledger
from billing.misbehaviour import Misbehaviour, misbehave

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from billing.ledger import Charge


class Billing:
    """The handlers, and what they know: a ledger per account, and how the next answer goes wrong."""

    def __init__(self) -> None:
        """Start without an account; one is there as soon as it is named."""
        self._ledgers: defaultdict[str, Ledger] = defaultdict(Ledger)
        self._next: dict[str, Misbehaviour] = {}

    async def health(self, _request: Request) -> Response:
        """Say that the service answers."""
        return PlainTextResponse("ok")

    async def list_charges(self, request: Request) -> Response:
        """List the charges of an account."""
        return JSONResponse([_told(charge) for charge in self._ledger(request).charges()])

    async def charge(self, request: Request) -> Response:
        """Take an amount; 409 where the key was used for another."""
        amount = await _amount(request)

        def take() -> Response:
            if amount is None:
                return JSONResponse({"detail": "amount_cents is a whole number above 0"}, 422)
            try:
                return JSONResponse(_told(self._ledger(request).charge(request.path_params["key"], amount)))
            except ConflictError as error:
                return JSONResponse({"detail": str(error)}, 409)

        return await misbehave(self._next.pop(request.path_params["account"], None), take, request.receive)

    async def refund(self, request: Request) -> Response:
        """Give a charge back; 404 where there is none."""
        await request.body()

        def give_back() -> Response:
            charge = self._ledger(request).refund(request.path_params["key"])
            if charge is None:
                return JSONResponse({"detail": "there is no such charge"}, 404)
            return JSONResponse(_told(charge))

        return await misbehave(self._next.pop(request.path_params["account"], None), give_back, request.receive)

    async def choose_next(self, request: Request) -> Response:
        """Choose how the next answer to this account goes wrong."""
        self._next[request.path_params["account"]] = Misbehaviour((await request.json())["behaviour"])
        return PlainTextResponse("ok")

    def _ledger(self, request: Request) -> Ledger:
        return self._ledgers[request.path_params["account"]]


def create_app(*, control: bool) -> Starlette:
    """Put the routes together; those of ``/control`` are for tests only."""
    billing = Billing()
    charge = "/accounts/{account}/charges/{key}"
    routes = [
        Route("/health", billing.health),
        Route("/accounts/{account}/charges", billing.list_charges),
        Route(charge, billing.charge, methods=["PUT"]),
        Route(f"{charge}/refund", billing.refund, methods=["POST"]),
    ]
    if control:
        routes.append(Route("/control/{account}/next", billing.choose_next, methods=["POST"]))
    return Starlette(routes=routes)


async def _amount(request: Request) -> int | None:
    try:
        body: Any = await request.json()
    except ValueError:
        return None
    amount = body.get("amount_cents") if isinstance(body, dict) else None
    return amount if type(amount) is int and amount > 0 else None


def _told(charge: Charge) -> dict[str, object]:
    status = "refunded" if charge.refunded else "charged"
    return {"key": charge.key, "amount_cents": charge.amount_cents, "status": status}


app = create_app(control=os.environ.get("BILLING_CONTROL") == "1")
