"""``/orders/{id}/invoice`` and its signed copies."""

from __future__ import annotations

from fastapi import APIRouter, Response, UploadFile
from fastapi.responses import FileResponse

from shop.dependencies import DatabaseSession, Invoices, PathId
from shop.errors import WrongTypeError
from shop.invoices import service
from shop.schemas import View

router = APIRouter(prefix="/orders/{order_id}/invoice", tags=["invoices"])


class CopyView(View):
    """A signed copy that was kept."""

    name: str
    bytes: int


@router.get("", response_class=FileResponse)
def download(order_id: PathId, session: DatabaseSession, store: Invoices) -> FileResponse:
    """Download the invoice of an order that was paid."""
    return FileResponse(service.find(session, store, order_id), media_type="text/plain", filename="invoice.txt")


@router.post("/copies", status_code=201)
def upload_copy(
    order_id: PathId, file: UploadFile, session: DatabaseSession, store: Invoices, response: Response
) -> CopyView:
    """Upload a signed copy; 413 for one too large, 415 for anything but a PDF."""
    if file.content_type != service.PDF:
        raise WrongTypeError(f"a signed copy is sent as {service.PDF}")
    content = file.file.read(service.MAX_COPY_BYTES + 1)
    path = service.keep_copy(session, store, order_id, file.filename or "", content)
    response.headers["Location"] = f"/orders/{order_id}/invoice/copies/{path.name}"
    return CopyView(name=path.name, bytes=len(content))


@router.get("/copies")
def list_copies(order_id: PathId, session: DatabaseSession, store: Invoices) -> list[str]:
    """List the names of the signed copies."""
    return service.copies(session, store, order_id)


@router.get("/copies/{name:path}", response_class=FileResponse)
def download_copy(order_id: PathId, name: str, session: DatabaseSession, store: Invoices) -> FileResponse:
    """Download a signed copy; the name may hold a path only to be refused."""
    return FileResponse(service.find_copy(session, store, order_id, name), media_type=service.PDF, filename=name)
