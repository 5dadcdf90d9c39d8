"""The way to the billing service, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.errors import BillingTimeoutError, BillingUnreachableError
from shop.payments.answers import Charge, idempotency_key, read_charge, read_refund

if TYPE_CHECKING:
    from httpx2 import Client

SECONDS = 2.0


def connect(url: str) -> Client:
    """Return a client for *url* that keeps its connections; it connects at its first request.

    Where the address has no certificate to check, those of the authorities are not loaded, which takes 40 ms.
    """
    from httpx2 import Client, Limits  # noqa: PLC0415 - as heavy as a framework, and only payments need it

    # Most servers hang up on a connection that was idle for five seconds: let it go before they do.
    return Client(verify=not url.startswith("http:"), limits=Limits(keepalive_expiry=2.0))


class Billing:
    """Have an order's money taken, and given back.

    Both can be asked for again: the charge of an order has one key, so that a lost answer costs nobody money. Neither
    tries again by itself, because a customer waits.
    """

    def __init__(self, client: Client, url: str, *, seconds: float = SECONDS) -> None:
        """Use the account at *url*; a silence of *seconds* is no answer."""
        self._client = client
        self._url = url
        self._seconds = seconds

    def charge(self, order_id: int, amount_cents: int) -> Charge:
        """Take the money for an order.

        Errors are those of ``read_charge``, ``BillingTimeoutError`` and ``BillingUnreachableError``. After all of them
        but ``DeclinedError`` and the last, the money may have been taken.
        """
        key = idempotency_key(order_id)
        answer = self._ask("PUT", f"/charges/{key}", {"amount_cents": amount_cents})
        return read_charge(*answer, Charge(key=key, amount_cents=amount_cents, status="charged"))

    def refund(self, order_id: int, amount_cents: int) -> Charge | None:
        """Give the money of an order back; None where none was taken. Errors are those of ``charge``."""
        key = idempotency_key(order_id)
        answer = self._ask("POST", f"/charges/{key}/refund", None)
        return read_refund(*answer, Charge(key=key, amount_cents=amount_cents, status="refunded"))

    def _ask(self, method: str, path: str, body: dict[str, int] | None) -> tuple[int, bytes]:
        from httpx2 import TimeoutException, TransportError  # noqa: PLC0415 - loaded by ``connect``

        try:
            answer = self._client.request(method, self._url + path, json=body, timeout=self._seconds)
        except TimeoutException as error:
            raise BillingTimeoutError(f"billing did not answer within {self._seconds:g} s") from error
        except TransportError as error:
            raise BillingUnreachableError("billing cannot be reached") from error
        return answer.status_code, answer.content
