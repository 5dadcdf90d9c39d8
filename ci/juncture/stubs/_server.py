"""The HTTP server behind stubs: of the standard library, with a thread for each connection, all ended at its end."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from juncture.stubs._stubbing import Received

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.stubs._stubbing import Answer

__all__ = ["Listener"]

LOOK_EVERY = 0.02
"""Seconds between two looks of the server whether it is to end."""

BODILESS = frozenset({204, 304})
"""Statuses whose answers have no body, besides those from 100 to 199."""

LONGEST_LINE = 64 * 1024


class Listener:
    """A running server. ``answer`` is called in threads of its own."""

    def __init__(self, answer: Callable[[Received], Answer]) -> None:
        """Listen on a free port of loopback."""
        self._server = _Server(answer)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(LOOK_EVERY,), name="juncture-stubs")
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, end those that are there, and return when every thread has ended."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, answer: Callable[[Received], Answer]) -> None:
        self.answer = answer
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is the test's business."""

    def server_bind(self) -> None:
        """Bind without asking for the host's name, which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def hang_up(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # status, headers and body leave in one packet

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike."""
        if name.startswith("do_"):
            return self._respond
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Send at once what the client waits for before it sends its body: all else waits for the answer's end."""
        told = super().handle_expect_100()
        self.wfile.flush()
        return told

    def log_message(self, *_: object) -> None:
        """Say nothing: what was received is told where a test fails."""

    def _respond(self) -> None:
        parts = urlsplit(self.path)
        request = Received(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
        )
        answer = self.server.answer(request)
        bodiless = answer.status in BODILESS or answer.status < 200  # noqa: PLR2004 - the informational ones
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not bodiless:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(answer.body)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(LONGEST_LINE).partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline(LONGEST_LINE)
        while self.rfile.readline(LONGEST_LINE).strip():
            pass  # trailers
        return body
