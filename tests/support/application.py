"""An application that declarations start as a service of kind ``http``, and what it says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.config import Config
    from juncture.model import Endpoint

__all__ = ["APPLICATION", "WORKER", "get", "serve_again"]

APPLICATION = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
port, waits, busy = int(sys.argv[1]), float(os.environ.get("WAITS", 0)), float(os.environ.get("BUSY", 0))
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path
        status = 503 if path == "/health" and time.monotonic() < born + busy else 404 if path == "/none" else 200
        told = {"pid": os.getpid(), "environ": dict(os.environ), "folder": os.getcwd(), "argv": sys.argv[1:]}
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print("this is the application", flush=True)
time.sleep(waits)
born = time.monotonic()
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

WORKER = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
services = {"web": {"kind": "http", "command": "python app.py {port}"}}
config = parse({"services": services, "provider": "embedded"}, root=Path(sys.argv[1]), kinds=schemas(), project="shop")
with open_workspace(config, environ=dict(os.environ), worker="gw0") as workspace:
    print(json.dumps(workspace.endpoints["web"].url), flush=True)
    sys.stdin.read()
"""


def get(endpoint: Endpoint, path: str = "/") -> dict[str, Any]:
    """Return what an application says of itself."""
    with urlopen(f"{endpoint.url}{path}", timeout=5) as answer:  # noqa: S310 - our own server
        told: dict[str, Any] = json.load(answer)
        return told


def serve_again(serve: Callable[..., Config], root: Path, **options: Any) -> Config:
    """Return the declaration, with the application that was there before."""
    text = (root / "app.py").read_text()
    config = serve(**options)
    (root / "app.py").write_text(text)
    return config
