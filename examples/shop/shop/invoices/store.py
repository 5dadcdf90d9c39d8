"""Invoices and their signed copies as files: a folder per order."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from shop.errors import ConflictError, NotFoundError
from shop.invoices.names import copy_name


class InvoiceStore:
    """Keep files below one folder; nothing outside it is read or written, whatever the names say."""

    def __init__(self, folder: Path) -> None:
        """Keep the files below *folder*, which is made when the first one is written."""
        self._folder = folder

    def write_invoice(self, order_id: int, text: str) -> Path:
        """Write the invoice of an order; a reader sees the whole of it or none."""
        path = self._invoice(order_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
        return Path(file.name).replace(path)

    def invoice(self, order_id: int) -> Path:
        """Return the file of an invoice; ``NotFoundError`` where there is none."""
        return _existing(self._invoice(order_id))

    def write_copy(self, order_id: int, name: str, content: bytes) -> Path:
        """Write a signed copy; ``ConflictError`` where one of that name is there: a signature is not replaced."""
        path = self._copy(order_id, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            raise ConflictError(f"{name} is there already") from None
        return path

    def copy(self, order_id: int, name: str) -> Path:
        """Return the file of a signed copy; ``NotFoundError`` where there is none."""
        return _existing(self._copy(order_id, name))

    def copies(self, order_id: int) -> list[str]:
        """Return the names of the signed copies of an order's invoice, in alphabetical order."""
        return sorted(path.name for path in self._copies(order_id).glob("*.pdf"))

    def _invoice(self, order_id: int) -> Path:
        return self._folder / str(order_id) / "invoice.txt"

    def _copy(self, order_id: int, name: str) -> Path:
        return self._copies(order_id) / copy_name(name)

    def _copies(self, order_id: int) -> Path:
        return self._folder / str(order_id) / "copies"


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NotFoundError(f"there is no file {path.name}")
    return path
