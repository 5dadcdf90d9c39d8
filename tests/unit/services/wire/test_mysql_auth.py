"""Tests of ``juncture.services.wire.mysql_auth``, by known answers and with a key of its own."""

from __future__ import annotations

import hashlib

import pytest

from juncture.services.wire.mysql_auth import _mask, _public_key, _xor, cached_scramble, encrypted, native_scramble


def sha1(data: bytes) -> bytes:
    """Return the digest that the protocol uses."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


SALT = bytes(range(1, 21))

PUBLIC = b"""-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCrmSkNc7I1dKm88opeBn2Hwz8X
qV29RqlwRMQGFnlzxFxjzfKwHD0c2hz3RGmlwOwQCf22auaMnKwo7cPfmN9iCiFU
2pt3JF5KBDoq1UrnPX6GUcN3YaxgfUwpRDwadQOAw0+YBD743G/BZypLXDLrHbdX
Ein38dsBpLhFqQB7RQIDAQAB
-----END PUBLIC KEY-----
"""
PRIVATE = int(
    "1c371ae0f35d221d04abe4d58b9055a3b51ef2ad0e94c8c1a38c2b0f3532d32e"
    "3e62cac254e2cfc9a6b38c94db2a3e0692bc91d324d0b3de2f10abc7c14449b6"
    "78165cf063cabcaf2b69879d25afb565c43e6d109468c786eca37fb4d38184b7"
    "25a682da6af55edbe65f81afe23df8515486373f3ccb211417ba2d8895c61a21",
    16,
)
"""The private exponent that belongs to it: nobody else uses this pair."""


def test_native_scramble_is_what_a_server_checks() -> None:
    """A server has SHA1(SHA1(password)), and finds SHA1(password) in the answer."""
    stored = sha1(sha1(b"secret"))
    once = _xor(native_scramble(b"secret", SALT), sha1(SALT + stored))
    assert sha1(once) == stored
    assert native_scramble(b"secret", SALT).hex() == "b32bb3a583e1340c0a1108d58b1be49781ad8c2f"


def test_cached_scramble_is_what_a_server_checks() -> None:
    """A server that saw the password before has SHA256(SHA256(password))."""
    stored = hashlib.sha256(hashlib.sha256(b"secret").digest()).digest()
    once = _xor(cached_scramble(b"secret", SALT), hashlib.sha256(stored + SALT).digest())
    assert hashlib.sha256(once).digest() == stored


def test_no_password_is_no_answer() -> None:
    """An account without one is sent nothing."""
    assert native_scramble(b"", SALT) == cached_scramble(b"", SALT) == b""


@pytest.mark.parametrize("password", [b"", b"secret", "größer".encode() * 8])
def test_encrypted_password_is_read_by_the_owner_of_the_key(password: bytes) -> None:
    """RSA, then OAEP, then the salt: what comes out is the password and a zero."""
    modulus, _ = _public_key(PUBLIC)
    block = pow(int.from_bytes(encrypted(password, SALT, PUBLIC), "big"), PRIVATE, modulus).to_bytes(128, "big")
    seed = _xor(block[1:21], _mask(block[21:], 20))
    data = _xor(block[21:], _mask(seed, 107))
    assert data[:20] == sha1(b"")
    message = data[20:].lstrip(b"\0").removeprefix(b"\x01")
    assert _xor(message, (SALT * 8)[: len(message)]) == password + b"\0"


def test_other_key_is_told() -> None:
    """Only RSA's can encrypt."""
    with pytest.raises(ValueError, match="none of RSA"):
        encrypted(b"secret", SALT, b"-----BEGIN PUBLIC KEY-----\nAgEB\n-----END PUBLIC KEY-----\n")
