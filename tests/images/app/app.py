"""A small HTTP server, for tests of containers that no catalogue knows.

``/`` says ok, ``/env`` gives the environment, ``/reach/HOST/PORT`` tells whether a TCP connection to that place opens,
``/log/WORDS`` writes a line, ``/put/WORD`` keeps a word and ``/words`` gives them all, ``/exit/CODE`` ends the server.
``APP_HOST`` (0.0.0.0) and ``APP_PORT`` (8000) are where it listens, ``APP_DELAY`` how many seconds it waits before
that, and with ``APP_FAIL`` it ends with that code in place of listening.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

WORDS: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    """Answer one request."""

    def do_GET(self) -> None:
        """Do what the path says."""
        action, *words = [unquote(word) for word in self.path.strip("/").split("/")]
        if action == "":
            self.answer("ok\n")
        elif action == "env":
            self.answer(json.dumps(dict(os.environ)))
        elif action == "reach":
            self.answer(reach(words[0], int(words[1])))
        elif action == "log":
            say(" ".join(words))
            self.answer("written\n")
        elif action == "put":
            WORDS.update(words)
            self.answer("kept\n")
        elif action == "words":
            self.answer("\n".join(sorted(WORDS)))
        elif action == "exit":
            self.answer("bye\n")
            os._exit(int(words[0]))
        else:
            self.answer("no such path\n", HTTPStatus.NOT_FOUND)

    def answer(self, text: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Send the whole answer."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def reach(host: str, port: int) -> str:
    """Tell whether a TCP connection opens within a second, or why it does not."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return "reached\n"
    except OSError as error:
        return f"{error}\n"


def say(text: str) -> None:
    """Write one line to what Docker keeps as the container's log."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    port = int(os.environ.get("APP_PORT", "8000"))
    say("starting")
    time.sleep(float(os.environ.get("APP_DELAY", "0")))
    if code := os.environ.get("APP_FAIL"):
        say(f"failing with {code}")
        sys.exit(int(code))
    host = os.environ.get("APP_HOST", "0.0.0.0")  # noqa: S104 - in a container
    with ThreadingHTTPServer((host, port), Handler) as server:
        say(f"listening on port {port}")
        server.serve_forever()


if __name__ == "__main__":
    main()
