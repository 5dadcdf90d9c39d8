"""The PostgreSQL frontend/backend protocol 3.0: start-up, authentication and the simple query, nothing else.

Source: https://www.postgresql.org/docs/current/protocol.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import struct
from typing import Self

from juncture.services.wire import MOST_ROUNDS, WireError

__all__ = ["PostgresConnection", "PostgresError", "identifier", "literal"]

Row = tuple[str | None, ...]

PROTOCOL = 196608
"""3.0, as the major version in the high and the minor in the low 16 bits."""

LONGEST_GREETING, LONGEST_MESSAGE = 30_000, 0x3FFFFFFF
"""Bytes: libpq's limit before a connection is made, and the server's own for a message."""


class PostgresError(WireError):
    """The server answered with an error; ``state`` is its SQLSTATE."""

    def __init__(self, state: str, message: str) -> None:
        """Keep the SQLSTATE beside the message."""
        self.state = state
        super().__init__(message)


def identifier(name: str) -> str:
    """Return ``name`` quoted as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return ``text`` quoted as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


class PostgresConnection:
    """One connection, each query in a transaction of its own; use it as a context manager.

    ``proven`` says that the server asked for the password, and showed that it knows it too.
    """

    def __init__(  # noqa: PLR0913 - a connection has this many parts, in every library
        self, host: str, port: int, *, user: str, password: str, database: str, timeout: float = 5.0
    ) -> None:
        """Connect and authenticate; ``timeout`` is the longest silence in seconds.

        Raise ``OSError`` where nothing answers, `PostgresError` where the server refuses.
        """
        self.parameters: dict[str, str] = {}
        self.proven = False
        self._ready = False
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")
        try:
            self._start(user, password, database)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye and close."""
        try:
            self._send(b"X", b"")
        except OSError:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()
        self._socket.close()

    def patience(self, seconds: float) -> None:
        """Set the longest silence that a query may keep."""
        self._socket.settimeout(seconds)

    def query(self, sql: str) -> list[Row]:
        """Run one or more statements and return the rows of the last that had any.

        Values are the server's text form, None for NULL. Raise `PostgresError` with the server's words.
        """
        self._send(b"Q", sql.encode() + b"\0")
        rows: list[Row] = []
        failure: PostgresError | None = None
        while True:
            kind, body = self._receive()
            if kind == b"T":
                rows = []
            elif kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                failure = failure or _error(body)
            elif kind == b"G":  # COPY ... FROM STDIN: there is nothing to copy
                self._send(b"f", b"COPY FROM STDIN has no input here\0")
            elif kind == b"Z":
                if failure:
                    raise failure
                return rows

    def value(self, sql: str) -> str | None:
        """Return the first column of the first row, or None where there is none."""
        rows = self.query(sql)
        return rows[0][0] if rows else None

    def _start(self, user: str, password: str, database: str) -> None:
        words = ["user", user, "database", database, "application_name", "juncture", "client_encoding", "UTF8", ""]
        body = struct.pack("!i", PROTOCOL) + b"".join(word.encode() + b"\0" for word in words)
        self._socket.sendall(struct.pack("!i", len(body) + 4) + body)
        scram = _Scram(password)
        while True:
            kind, body = self._receive()
            if kind == b"E":
                raise _error(body)
            if kind == b"Z":
                self._ready = True
                return
            try:
                if kind == b"S":
                    name, value, _ = body.split(b"\0")
                    self.parameters[name.decode()] = value.decode()
                elif kind == b"R":
                    self._authenticate(body, user, scram)
            except (ValueError, KeyError, struct.error):
                raise _strange(kind + body) from None

    def _authenticate(self, body: bytes, user: str, scram: _Scram) -> None:
        (code,) = struct.unpack("!i", body[:4])
        match code:
            case 0:  # AuthenticationOk
                pass
            case 3:  # AuthenticationCleartextPassword
                self._send(b"p", scram.password + b"\0")
            case 5:  # AuthenticationMD5Password
                self._send(b"p", _md5(scram.password, user.encode(), body[4:8]))
            case 10:  # AuthenticationSASL
                first = scram.first()
                self._send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first)
            case 11:  # AuthenticationSASLContinue
                self._send(b"p", scram.final(body[4:]))
            case 12:  # AuthenticationSASLFinal
                scram.verify(body[4:])
                self.proven = True
            case _:
                state = "28000"
                raise PostgresError(state, f"the server wants an authentication that is not supported ({code})")

    def _send(self, kind: bytes, body: bytes) -> None:
        self._socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def _receive(self) -> tuple[bytes, bytes]:
        head = self._stream.read(5)
        if len(head) < 5:  # noqa: PLR2004 - a type of one byte and a length of four
            message = "the server closed the connection"
            raise ConnectionError(message)
        kind, length = head[:1], int.from_bytes(head[1:], "big") - 4
        if not 0 <= length <= (LONGEST_MESSAGE if self._ready else LONGEST_GREETING):
            raise _strange(head)
        body = self._stream.read(length)
        if len(body) < length:
            message = "the server closed the connection in the middle of a message"
            raise ConnectionError(message)
        return kind, body


class _Scram:
    """The client's half of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677)."""

    def __init__(self, password: str) -> None:
        self.password = password.encode()
        self._first = f"n=,r={secrets.token_urlsafe(18)}"
        self._proof_of_server = b""

    def first(self) -> bytes:
        return b"n,," + self._first.encode()

    def final(self, challenge: bytes) -> bytes:
        fields = dict(part.split("=", 1) for part in challenge.decode().split(","))
        if not fields["r"].startswith(self._first.partition("r=")[2]):
            state = "28000"
            raise PostgresError(state, "the server's nonce does not continue ours")
        if not 0 < (rounds := int(fields["i"])) <= MOST_ROUNDS:
            raise ValueError(rounds)
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(fields["s"]), rounds)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        without_proof = f"c=biws,r={fields['r']}"
        message = f"{self._first},{challenge.decode()},{without_proof}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self._proof_of_server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, outcome: bytes) -> None:
        expected = b"v=" + base64.b64encode(self._proof_of_server)
        if not self._proof_of_server or not hmac.compare_digest(outcome, expected):
            state = "28000"
            raise PostgresError(state, "the server could not prove that it knows the password")


def _md5(password: bytes, user: bytes, salt: bytes) -> bytes:
    inner = hashlib.md5(password + user, usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode() + b"\0"


def _row(body: bytes) -> Row:
    try:
        (count,) = struct.unpack_from("!h", body)
        values: list[str | None] = []
        at = 2
        for _ in range(count):
            (length,) = struct.unpack_from("!i", body, at)
            at += 4
            if length < 0:
                values.append(None)
            else:
                values.append(body[at : at + length].decode(errors="replace"))
                at += length
    except struct.error:
        raise _strange(b"D" + body) from None
    if at != len(body):
        raise _strange(b"D" + body)
    return tuple(values)


def _strange(answer: bytes) -> PostgresError:
    return PostgresError("08P01", f"not a PostgreSQL server: it answered {answer[:40]!r}")


def _error(body: bytes) -> PostgresError:
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    text = fields.get(b"M", "unknown error")
    if detail := fields.get(b"D"):
        text += f" ({detail})"
    return PostgresError(fields.get(b"C", ""), text)
