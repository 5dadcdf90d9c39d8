"""Tests of ``juncture.services.mongodb`` with a server that answers as its documentation says: none runs here.

Its messages are made and read with the ``bson`` of PyMongo, which others wrote.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import struct
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import bson
import pytest

from juncture.errors import StartError
from juncture.services import mongodb
from juncture.services.kinds import NotReadyError
from juncture.services.wire.mongodb import MongoError, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint

SALT, ROUNDS = b"0123456789abcdef", 4096


@dataclass
class Mongo:
    """A server that knows one user and some collections, in the few commands that juncture sends."""

    password: str
    primary: bool = True
    open: bool = False
    honest: bool = True
    port: int = 0
    databases: dict[str, dict[str, str]] = field(default_factory=dict)
    emptied: list[str] = field(default_factory=list)
    _first: str = ""

    def answer(self, asked: dict[str, Any], peer: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911 - a table
        """Return the reply to a command; ``peer`` is what is known of a connection."""
        command, database = next(iter(asked)), asked["$db"]
        known = self.databases.get(database, {})
        if command == "saslStart":
            self._first = asked["payload"].decode().removeprefix("n,,")
            nonce = self._first.partition("r=")[2] + "server"
            challenge = f"r={nonce},s={base64.b64encode(SALT).decode()},i={ROUNDS}"
            peer["challenge"] = challenge
            return {"ok": 1.0, "conversationId": 1, "done": False, "payload": challenge.encode()}
        if command == "saslContinue":
            return self._prove(asked["payload"].decode(), peer)
        if command == "hello":
            return {"ok": 1.0, "isWritablePrimary": self.primary, "localTime": datetime(2026, 1, 1, tzinfo=UTC)}
        if not self.open and not peer.get("known"):
            return {"ok": 0.0, "code": 13, "errmsg": f"Command {command} requires authentication"}
        match command:
            case "buildInfo":
                return {"ok": 1.0, "version": "8.0.4", "oid": bson.ObjectId(), "none": None, "long": 1 << 40}
            case "listDatabases":
                return {"ok": 1.0, "databases": [{"name": name} for name in self.databases]}
            case "listCollections":
                batch = [{"name": name, "type": sort} for name, sort in known.items()]
                return {"ok": 1.0, "cursor": {"id": bson.Int64(0), "ns": "x", "firstBatch": batch}}
            case "drop":
                known.pop(asked["drop"])
                return {"ok": 1.0}
            case "delete":
                assert asked["deletes"] == [{"q": {}, "limit": 0}]
                self.emptied.append(asked["delete"])
                return {"ok": 1.0, "n": 3}
        return {"ok": 0.0, "code": 59, "errmsg": f"no such command: {command}"}

    def _prove(self, last: str, peer: dict[str, Any]) -> dict[str, Any]:
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), SALT, ROUNDS)
        without, _, proof = last.partition(",p=")
        message = f"{self._first},{peer['challenge']},{without}".encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        if base64.b64decode(proof) != bytes(a ^ b for a, b in zip(key, signature, strict=True)):
            return {"ok": 0.0, "code": 18, "errmsg": "Authentication failed."}
        peer["known"] = True
        server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        payload = b"v=" + base64.b64encode(server if self.honest else b"x" * 32)
        return {"ok": 1.0, "conversationId": 1, "done": True, "payload": payload}


@pytest.fixture
def server(endpoint: Endpoint) -> Iterator[Mongo]:
    """Return a running server."""
    made = Mongo(endpoint.password)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        made.port = listener.getsockname()[1]

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    peer: dict[str, Any] = {}
                    with connection, connection.makefile("rb") as stream, suppress(struct.error):
                        while True:
                            size, number, _, _ = struct.unpack("<iiii", stream.read(16))
                            asked = bson.decode(stream.read(size - 16)[5:])
                            body = b"\0" * 5 + bson.encode(made.answer(asked, peer))
                            connection.sendall(struct.pack("<iiii", len(body) + 16, 7, number, 2013) + body)

        thread = threading.Thread(target=serve)
        thread.start()
        stack.callback(thread.join)
        stack.callback(lambda: listener.shutdown(socket.SHUT_RDWR))
        yield made


@pytest.fixture
def store(endpoint: Endpoint, server: Mongo) -> Endpoint:
    """Return the endpoint of a worker's database on that server."""
    return mongodb.at(replace(endpoint, kind="mongodb", port=server.port), 3)


def test_documents_are_those_of_pymongo() -> None:
    """What one writes the other reads."""
    mine = {"a": 1, "b": "ü", "c": [True, None, {"d": 1 << 40}], "e": b"\0\1", "f": {}, "g": -1}
    assert bson.decode(encode(mine)) == mine
    assert decode(bson.encode({**mine, "h": 1.5, "i": bson.Int64(2)})) == {**mine, "h": 1.5, "i": 2}


@pytest.mark.parametrize("data", [b"", b"\5\0\0\0", b"\xff\0\0\0\0", b"\x0b\0\0\0\x13a\0\0\0\0\0", b"\1\0\0\0\0"])
def test_what_is_no_document_is_told(data: bytes) -> None:
    """Cut off, too long, or with a type that no reply has."""
    with pytest.raises(MongoError, match="no document"):
        decode(data)


def test_probe_tells_product_and_version(store: Endpoint) -> None:
    """Both sides have proved that they know the password."""
    assert mongodb.probe(store) == ("mongodb", "8.0.4")


def test_server_that_is_no_primary_yet_is_not_ready(store: Endpoint, server: Mongo) -> None:
    """It answers, but takes no document."""
    server.primary = False
    with pytest.raises(NotReadyError, match="it is no primary"):
        mongodb.probe(store)


def test_wrong_password_is_an_error_at_once(store: Endpoint) -> None:
    """Waiting would not help."""
    with pytest.raises(StartError, match="the server refuses the user: saslContinue: Authentication failed"):
        mongodb.probe(replace(store, password="wrong"))


def test_server_has_to_know_the_password_too(store: Endpoint, server: Mongo) -> None:
    """One that lets everybody in could be anybody's."""
    server.honest = False
    with pytest.raises(StartError, match="could not prove that it knows the password"):
        mongodb.probe(store)
    server.honest, server.open = True, True
    with pytest.raises(StartError, match="lets in whoever comes"):
        mongodb.probe(store)


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_server_is_not_ready(store: Endpoint, words: bytes) -> None:
    """What hangs up, or says something else, is none."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(words)

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(NotReadyError):
            mongodb.probe(replace(store, port=listener.getsockname()[1]))
        thread.join()


def test_reset_drops_what_a_test_made(store: Endpoint, server: Mongo) -> None:
    """What was there before loses its documents alone, a view of it stays, and so does another worker's database."""
    mine = {"orders": "collection", "recent": "view", "system.views": "collection"}
    server.databases = {"juncture-3": dict(mine), "juncture-31": {"theirs": "collection"}, "admin": {}}
    before = mongodb.standing(store)
    assert before == {"collection": {"orders"}, "view": {"recent"}}
    server.databases["juncture-3"] |= {"made": "collection", "seen": "view"}
    mongodb.empty(store, before)
    assert server.databases["juncture-3"] == mine
    assert server.databases["juncture-31"] == {"theirs": "collection"}
    assert server.emptied == ["orders"]
    assert mongodb.used(store) == [3, 31]


def test_url_names_where_the_user_is(store: Endpoint) -> None:
    """A user of ``admin`` is not one of the worker's database."""
    place = f"127.0.0.1:{store.port}/juncture-3"
    assert store.url == f"mongodb://juncture:pass-word_1@{place}?authSource=admin"
    assert mongodb.url(replace(store, user="", password="")) == f"mongodb://{place}"
    assert mongodb.url(replace(store, parameters="authSource=shop")).endswith("/juncture-3?authSource=shop")
