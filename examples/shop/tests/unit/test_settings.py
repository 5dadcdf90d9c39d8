"""What the environment has to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.settings import Settings, SettingsError

COMPLETE = {
    "DATABASE_URL": "postgresql://db/shop",
    "REDIS_URL": "redis://cache/0",
    "NATS_URL": "nats://events",
    "BILLING_URL": "https://billing/accounts/shop",
    "INVOICE_DIR": "/srv/invoices",
}


def test_every_variable_is_read() -> None:
    """Each setting comes from the variable of its name."""
    assert Settings.read(COMPLETE) == Settings(
        database_url="postgresql://db/shop",
        redis_url="redis://cache/0",
        nats_url="nats://events",
        billing_url="https://billing/accounts/shop",
        invoice_dir=Path("/srv/invoices"),
    )


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "NATS_URL", "BILLING_URL"])
def test_a_missing_address_is_named(name: str) -> None:
    """An address that is not set, or set to nothing, is an error that says which."""
    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        Settings.read({**COMPLETE, name: ""})


def test_invoices_have_a_default_folder() -> None:
    """Without ``INVOICE_DIR`` the invoices lie in a folder of the working directory."""
    environment = {name: value for name, value in COMPLETE.items() if name != "INVOICE_DIR"}
    assert Settings.read(environment).invoice_dir == Path("invoices")
