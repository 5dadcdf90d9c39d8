"""Signed copies, up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient
    from httpx2 import Response

PLACED_ORDER, NO_ORDER = 2, 999_999
PDF = b"%PDF-1.7\n" + bytes(range(256))
LIMIT = 256 * 1024


def upload(
    client: TestClient, order_id: int, *, name: str = "signed.pdf", content: bytes = PDF, kind: str = "application/pdf"
) -> Response:
    """Send a signed copy."""
    return client.post(f"/orders/{order_id}/invoice/copies", files={"file": (name, content, kind)})


def files(folder: Path) -> list[str]:
    """Return the names of all files below the folder but the invoices."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != "invoice.txt")


def test_an_upload_is_answered_and_kept(client: TestClient, tmp_path: Path, paid: int) -> None:
    """A copy is answered with 201, its address and its size, and lies byte for byte with its order."""
    answer = upload(client, paid)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/orders/{paid}/invoice/copies/signed.pdf"
    assert answer.json() == {"name": "signed.pdf", "bytes": len(PDF)}
    assert (tmp_path / str(paid) / "copies" / "signed.pdf").read_bytes() == PDF


def test_the_download_is_what_was_uploaded(client: TestClient, paid: int) -> None:
    """The bytes come back as they were sent, as a PDF to save."""
    location = upload(client, paid).headers["Location"]
    answer = client.get(location)
    assert answer.status_code == 200
    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="signed.pdf"'


def test_copies_lie_side_by_side(client: TestClient, tmp_path: Path, paid: int) -> None:
    """Several copies of one invoice are kept apart."""
    upload(client, paid, name="first.pdf", content=b"%PDF-first")
    upload(client, paid, name="second.pdf", content=b"%PDF-second")
    assert files(tmp_path) == ["first.pdf", "second.pdf"]
    assert client.get(f"/orders/{paid}/invoice/copies/first.pdf").content == b"%PDF-first"


def test_copies_are_listed_by_name(client: TestClient, paid: int) -> None:
    """The list has every copy that was kept, and nothing else of the order."""
    assert client.get(f"/orders/{paid}/invoice/copies").json() == []
    for name in ("second.pdf", "first.pdf", "../third.pdf"):
        upload(client, paid, name=name)
    answer = client.get(f"/orders/{paid}/invoice/copies")
    assert (answer.status_code, answer.json()) == (200, ["first.pdf", "second.pdf"])


def test_a_signature_is_not_replaced(client: TestClient, paid: int) -> None:
    """A second copy of the same name is a conflict and the first one stays."""
    upload(client, paid)
    answer = upload(client, paid, content=b"%PDF-forged")
    assert (answer.status_code, answer.json()) == (409, {"detail": "signed.pdf is there already"})
    assert client.get(f"/orders/{paid}/invoice/copies/signed.pdf").content == PDF


def test_a_copy_that_was_not_uploaded_is_not_found(client: TestClient, paid: int) -> None:
    """A name that nobody used is answered with 404."""
    answer = client.get(f"/orders/{paid}/invoice/copies/other.pdf")
    assert (answer.status_code, answer.json()) == (404, {"detail": "there is no file other.pdf"})


@pytest.mark.parametrize(
    "name", ["../signed.pdf", "../../../signed.pdf", "/signed.pdf", "..\\signed.pdf", "signed.pdf/..", ".signed.pdf"]
)
def test_an_upload_does_not_leave_its_folder(client: TestClient, tmp_path: Path, paid: int, name: str) -> None:
    """A path for a name is refused with 422 and nothing is written, inside or outside."""
    assert upload(client, paid, name=name).status_code == 422
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    ["..%2Fsecret.pdf", "..%2F..%2Fsecret.pdf", "..%5Csecret.pdf", "%2E%2E/%2E%2E/secret.pdf", "a/..%2Fsecret.pdf"],
)
def test_a_download_does_not_leave_its_folder(client: TestClient, tmp_path: Path, paid: int, name: str) -> None:
    """A path for a name is refused with 422, also where it leads to a file."""
    for folder in (tmp_path, tmp_path / str(paid)):
        (folder / "secret.pdf").write_bytes(b"secret")
    answer = client.get(f"/orders/{paid}/invoice/copies/{name}")
    assert answer.status_code == 422
    assert b"secret" not in answer.content


def test_the_invoice_is_not_a_copy(client: TestClient, paid: int) -> None:
    """The shop's own file can't be fetched, or written over, as a copy."""
    assert client.get(f"/orders/{paid}/invoice/copies/..%2Finvoice.txt").status_code == 422
    assert upload(client, paid, name="../invoice.txt").status_code == 422


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "image/png"])
def test_another_content_type_is_refused(client: TestClient, tmp_path: Path, paid: int, kind: str) -> None:
    """What is not sent as a PDF is answered with 415."""
    answer = upload(client, paid, kind=kind)
    assert (answer.status_code, answer.json()) == (415, {"detail": "a signed copy is sent as application/pdf"})
    assert files(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"<html>", b" %PDF-1.7"], ids=["empty", "html", "space first"])
def test_another_content_is_refused(client: TestClient, tmp_path: Path, paid: int, content: bytes) -> None:
    """What only says it is a PDF is answered with 415."""
    answer = upload(client, paid, content=content)
    assert (answer.status_code, answer.json()) == (415, {"detail": "a signed copy is a PDF file"})
    assert files(tmp_path) == []


def test_the_largest_copy_is_kept(client: TestClient, paid: int) -> None:
    """A copy may be as large as the limit."""
    answer = upload(client, paid, content=b"%PDF-".ljust(LIMIT))
    assert (answer.status_code, answer.json()["bytes"]) == (201, LIMIT)


def test_a_larger_copy_is_refused(client: TestClient, tmp_path: Path, paid: int) -> None:
    """One byte more is answered with 413 and nothing is kept of it."""
    answer = upload(client, paid, content=b"%PDF-".ljust(LIMIT + 1))
    assert (answer.status_code, answer.json()) == (413, {"detail": f"a signed copy has {LIMIT} bytes at most"})
    assert files(tmp_path) == []


@pytest.mark.parametrize("order_id", [PLACED_ORDER, NO_ORDER])
def test_without_an_invoice_there_is_no_copy(client: TestClient, tmp_path: Path, order_id: int) -> None:
    """An order that was not paid, or does not exist, takes and gives no copy."""
    assert upload(client, order_id).status_code == 404
    assert client.get(f"/orders/{order_id}/invoice/copies/signed.pdf").status_code == 404
    assert client.get(f"/orders/{order_id}/invoice/copies").status_code == 404
    assert files(tmp_path) == []


def test_an_upload_has_a_file(client: TestClient, paid: int) -> None:
    """A request without a file is answered with 422."""
    assert client.post(f"/orders/{paid}/invoice/copies").status_code == 422
