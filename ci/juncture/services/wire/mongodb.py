"""The MongoDB wire protocol: commands in OP_MSG, SCRAM-SHA-256, and the part of BSON that both need.

Sources: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ and https://bsonspec.org/spec.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import struct
from typing import TYPE_CHECKING, Any, Self

from juncture.services.wire import MOST_ROUNDS, WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MongoConnection", "MongoError", "decode", "encode"]

OP_MSG = 2013

LARGEST = 48_000_000
"""Bytes of a message, as every server says in its ``hello``."""

INT32 = 1 << 31

FIXED = {0x01: ("<d", 8), 0x09: ("<q", 8), 0x10: ("<i", 4), 0x11: ("<Q", 8), 0x12: ("<q", 8)}
"""Format and size of double, date, int32, timestamp and int64, by their types."""


class MongoError(WireError):
    """The server answered a command with an error; ``code`` is its own."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the code beside the message."""
        self.code = code
        super().__init__(message)


class MongoConnection:
    """One connection; use it as a context manager. ``timeout`` is the longest silence in seconds."""

    def __init__(self, host: str, port: int, *, user: str = "", password: str = "", timeout: float = 10.0) -> None:
        """Connect and, where a user is named, authenticate. Raise ``OSError`` or `MongoError` where that fails."""
        self._number = 0
        self._socket = socket.create_connection((host, port), timeout)
        self._stream = self._socket.makefile("rb")
        if user:
            try:
                self._authenticate(user, password)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()

    def command(self, database: str, name: str, value: object = 1, **more: object) -> dict[str, Any]:
        """Run a command and return the server's reply. Raise `MongoError` where it refuses."""
        self._number += 1
        body = b"\0\0\0\0\0" + encode({name: value, **more, "$db": database})
        self._socket.sendall(struct.pack("<iiii", len(body) + 16, self._number, 0, OP_MSG) + body)
        size, _, to, code = struct.unpack("<iiii", self._read(16))
        if code != OP_MSG or to != self._number or not 26 <= size <= LARGEST:  # noqa: PLR2004 - an empty document's
            raise MongoError(0, "not a MongoDB server: what it answered is no message of its protocol")
        reply = decode(self._read(size - 16)[5:])
        if reply.get("ok") != 1:
            raise _refusal(name, reply)
        if failures := reply.get("writeErrors"):
            raise _refusal(name, failures[0] if isinstance(failures, list) else failures)
        return reply

    def _authenticate(self, user: str, password: str) -> None:
        """Prove that we know the password, and see that the server does: RFC 5802 and RFC 7677."""
        name = user.replace("=", "=3D").replace(",", "=2C")
        first = f"n={name},r={secrets.token_urlsafe(18)}"
        options = {"skipEmptyExchange": True}
        reply = self.command(
            "admin", "saslStart", mechanism="SCRAM-SHA-256", payload=f"n,,{first}".encode(), options=options
        )
        try:
            challenge = _payload(reply).decode()
            fields = dict(part.split("=", 1) for part in challenge.split(","))
            nonce, salt, rounds = fields["r"], base64.b64decode(fields["s"]), int(fields["i"])
        except (KeyError, ValueError):
            raise MongoError(18, "what the server asks to log in is none of its protocol") from None
        if not nonce.startswith(first.partition("r=")[2]):
            raise MongoError(18, "the server's nonce does not continue ours")
        if not 0 < rounds <= MOST_ROUNDS:
            raise MongoError(18, f"the server asks for {rounds} rounds of PBKDF2 to log in")
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        last = f"c=biws,r={nonce}"
        message = f"{first},{challenge},{last}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True))).decode()
        payload, number = f"{last},p={proof}".encode(), reply.get("conversationId")
        reply = self.command("admin", "saslContinue", conversationId=number, payload=payload)
        expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        if not hmac.compare_digest(_payload(reply), b"v=" + base64.b64encode(expected)):
            raise MongoError(18, "the server could not prove that it knows the password")

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            message = "the server closed the connection"
            raise ConnectionError(message)
        return data


def _refusal(name: str, reply: object) -> MongoError:
    """Return the error that a reply tells of."""
    told = reply if isinstance(reply, dict) else {}
    code = told.get("code", 0)
    return MongoError(code if isinstance(code, int) else 0, f"{name}: {told.get('errmsg', 'no reason is given')}")


def _payload(reply: Mapping[str, object]) -> bytes:
    """Return what a server says while we log in; empty where it says nothing."""
    payload = reply.get("payload")
    return payload if isinstance(payload, bytes) else b""


def encode(document: Mapping[str, object]) -> bytes:
    """Return a document of texts, numbers, truth values, bytes, None, and lists and documents of those, as BSON."""
    body = b"".join(_element(name.encode() + b"\0", value) for name, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def decode(data: bytes) -> dict[str, Any]:
    """Return the document that BSON begins with; dates and timestamps are numbers, ids are bytes.

    Raise `MongoError` where it is none, or has a type that no reply to a command has.
    """
    try:
        return _document(data, 0)[0]
    except (struct.error, IndexError, ValueError, RecursionError):
        raise MongoError(0, "not a MongoDB server: its answer is no document") from None


def _element(name: bytes, value: object) -> bytes:  # noqa: PLR0911 - one for each type
    match value:
        case bool():
            return b"\x08" + name + bytes([value])
        case int():
            small = -INT32 <= value < INT32
            return (b"\x10" if small else b"\x12") + name + struct.pack("<i" if small else "<q", value)
        case str():
            text = value.encode() + b"\0"
            return b"\x02" + name + struct.pack("<i", len(text)) + text
        case bytes():
            return b"\x05" + name + struct.pack("<i", len(value)) + b"\0" + value
        case dict():
            return b"\x03" + name + encode(value)
        case list() | tuple():
            return b"\x04" + name + encode({str(number): each for number, each in enumerate(value)})
        case None:
            return b"\x0a" + name
        case _:
            raise TypeError(type(value))


def _document(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    """Return the document at a place, and the place behind it."""
    (size,) = struct.unpack_from("<i", data, at)
    end, at = at + size, at + 4
    if end > len(data) or size < 5:  # noqa: PLR2004 - its own length and its end
        raise ValueError(size)
    found: dict[str, Any] = {}
    while data[at]:
        kind, stop = data[at], data.index(b"\0", at + 1)
        found[data[at + 1 : stop].decode()], at = _value(kind, data, stop + 1)
    if at != end - 1:
        raise ValueError(size)
    return found, end


def _value(kind: int, data: bytes, at: int) -> tuple[Any, int]:  # noqa: PLR0911 - one for each type
    if kind in FIXED:
        form, size = FIXED[kind]
        return struct.unpack_from(form, data, at)[0], at + size
    match kind:
        case 0x02:
            size = _size(data, at)
            return data[at + 4 : at + 3 + size].decode(errors="replace"), at + 4 + size
        case 0x03:
            return _document(data, at)
        case 0x04:
            found, at = _document(data, at)
            return list(found.values()), at
        case 0x05:
            size = _size(data, at)
            return data[at + 5 : at + 5 + size], at + 5 + size
        case 0x07:
            return data[at : at + 12], at + 12
        case 0x08:
            return data[at] == 1, at + 1
        case 0x0A:
            return None, at
        case _:
            raise ValueError(kind)


def _size(data: bytes, at: int) -> int:
    """Return the length of a text or of bytes: a negative one would lead back, and never to an end."""
    size: int
    (size,) = struct.unpack_from("<i", data, at)
    if size < 0:
        raise ValueError(size)
    return size
