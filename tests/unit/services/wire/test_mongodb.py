"""Tests of ``juncture.services.wire.mongodb`` against peers that answer what no real server would."""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING

import pytest

from juncture.services.wire.mongodb import OP_MSG, MongoConnection, MongoError, decode, encode

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer

HOST = "127.0.0.1"


def reply(**document: object) -> bytes:
    """Return the reply to a connection's first command."""
    body = b"\0\0\0\0\0" + encode(document)
    return struct.pack("<iiii", len(body) + 16, 7, 1, OP_MSG) + body


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"nonsense", "none of its protocol"),
        (b"r=ours+,s=c2FsdA==", "none of its protocol"),
        (b"r=ours+,s=c2FsdA==,i=many", "none of its protocol"),
        (1 << 40, "none of its protocol"),
        (b"r=theirs,s=c2FsdA==,i=4096", "nonce does not continue"),
        (b"r=ours+,s=c2FsdA==,i=2000000000", "asks for 2000000000 rounds"),
        (b"r=ours+,s=c2FsdA==,i=0", "asks for 0 rounds"),
    ],
)
def test_log_in_that_makes_no_sense_is_told(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, payload: object, words: str
) -> None:
    """Whatever a server asks for, the error is one of this protocol, and comes at once."""
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: "ours")
    with pytest.raises(MongoError, match=words):
        MongoConnection(HOST, peer(reply(ok=1, payload=payload)), user="ann", password="secret")


@pytest.mark.parametrize(
    "told", [{"ok": 0, "code": "x"}, {"ok": 1, "writeErrors": 7}, {"ok": 1, "writeErrors": [7]}, {}]
)
def test_refusal_without_words_is_one(peer: Peer, told: dict[str, object]) -> None:
    """A reply that tells no code, or no reason, still refuses."""
    with MongoConnection(HOST, peer(reply(**told))) as connection, pytest.raises(MongoError, match="no reason is"):
        connection.command("admin", "ping")


def nested(depth: int) -> bytes:
    """Return documents in one another."""
    document = b"\x05\0\0\0\0"
    for _ in range(depth):
        document = struct.pack("<i", len(document) + 8) + b"\x03a\0" + document + b"\0"
    return document


@pytest.mark.parametrize(
    "data",
    [
        nested(100_000),
        struct.pack("<i", 17) + b"\x02a\0" + struct.pack("<i", -7) + b"xxxxx\0",
        struct.pack("<i", 17) + b"\x05a\0" + struct.pack("<i", -8) + b"\0xxxx\0",
        struct.pack("<i", 20) + b"\x03a\0" + struct.pack("<i", 5) + b"\x08b\0\1" + b"\0" * 4,
    ],
    ids=["without a bottom", "text that leads back", "bytes that lead back", "inner end before its contents"],
)
def test_document_without_an_end_is_none(data: bytes) -> None:
    """No length leads back, and none passes over what was read."""
    with pytest.raises(MongoError, match="its answer is no document"):
        decode(data)
