"""What the routes are given; a test overrides the functions named in ``Depends``."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from fastapi import Depends, Path
from sqlalchemy.orm import Session

from shop.cache import Cache, connect
from shop.database import open_session
from shop.invoices.store import InvoiceStore
from shop.payments import billing
from shop.schemas import Identifier
from shop.settings import settings


@cache
def shared_cache() -> Cache:
    """Return the cache of this process."""
    return Cache(connect(settings().redis_url))


@cache
def billing_account() -> billing.Billing:
    """Return this process's way to the billing service."""
    url = settings().billing_url
    return billing.Billing(billing.connect(url), url)


def invoice_store() -> InvoiceStore:
    """Return the folder of invoices."""
    return InvoiceStore(settings().invoice_dir)


DatabaseSession = Annotated[Session, Depends(open_session)]
SharedCache = Annotated[Cache, Depends(shared_cache)]
Payments = Annotated[billing.Billing, Depends(billing_account)]
Invoices = Annotated[InvoiceStore, Depends(invoice_store)]
PathId = Annotated[Identifier, Path()]
