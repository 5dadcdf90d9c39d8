"""Invoices as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shop.errors import ConflictError, InvalidNameError, NotFoundError
from shop.invoices.store import InvoiceStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> InvoiceStore:
    """Return a store whose folder does not exist yet."""
    return InvoiceStore(tmp_path / "invoices")


def test_an_invoice_is_found_again(store: InvoiceStore) -> None:
    """What was written for an order is what its file holds."""
    store.write_invoice(1, "one")
    store.write_invoice(2, "two")
    assert store.invoice(1).read_text(encoding="utf-8") == "one"


def test_an_invoice_is_replaced_whole(store: InvoiceStore) -> None:
    """Writing again leaves the new text and no other file."""
    store.write_invoice(1, "a longer first text")
    path = store.write_invoice(1, "second")
    assert path.read_text(encoding="utf-8") == "second"
    assert list(path.parent.iterdir()) == [path]


def test_an_invoice_that_was_not_written_is_not_found(store: InvoiceStore) -> None:
    """No file, no invoice."""
    with pytest.raises(NotFoundError):
        store.invoice(1)


def test_a_copy_belongs_to_its_order(store: InvoiceStore) -> None:
    """The copy of one order is not found at another."""
    store.write_copy(1, "signed.pdf", b"%PDF-1")
    assert store.copy(1, "signed.pdf").read_bytes() == b"%PDF-1"
    with pytest.raises(NotFoundError):
        store.copy(2, "signed.pdf")


def test_a_copy_is_not_replaced(store: InvoiceStore) -> None:
    """A second copy of the same name is refused and the first one stays."""
    store.write_copy(1, "signed.pdf", b"first")
    with pytest.raises(ConflictError, match=r"signed\.pdf"):
        store.write_copy(1, "signed.pdf", b"second")
    assert store.copy(1, "signed.pdf").read_bytes() == b"first"


def test_copies_are_listed_by_order(store: InvoiceStore) -> None:
    """Each order has a list of its own, which is empty before the first copy."""
    store.write_invoice(1, "one")
    store.write_copy(1, "b.pdf", b"%PDF-b")
    store.write_copy(1, "a.pdf", b"%PDF-a")
    assert (store.copies(1), store.copies(2)) == (["a.pdf", "b.pdf"], [])


def test_nothing_outside_the_folder_is_written(store: InvoiceStore, tmp_path: Path) -> None:
    """A path for a name is refused before any folder is made."""
    with pytest.raises(InvalidNameError):
        store.write_copy(1, "../../../signed.pdf", b"content")
    assert list(tmp_path.iterdir()) == []


def test_nothing_outside_the_folder_is_read(store: InvoiceStore, tmp_path: Path) -> None:
    """A path for a name is refused also where it leads to a file."""
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    store.write_copy(1, "signed.pdf", b"first")
    with pytest.raises(InvalidNameError):
        store.copy(1, "../../../secret.pdf")
