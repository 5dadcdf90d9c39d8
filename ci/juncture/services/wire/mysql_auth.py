"""How MySQL and MariaDB are shown that one knows the password.

Sources: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods.html,
and RFC 8017 (PKCS #1) for the encryption.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

__all__ = ["cached_scramble", "encrypted", "native_scramble"]

SEQUENCE, BITS, INTEGER = 0x30, 0x03, 0x02
"""The tags of ASN.1 that a public key is made of."""


def native_scramble(password: bytes, salt: bytes) -> bytes:
    """Return the answer of ``mysql_native_password``: it proves the password without telling it."""
    if not password:
        return b""
    once = hashlib.sha1(password, usedforsecurity=False).digest()
    twice = hashlib.sha1(once, usedforsecurity=False).digest()
    return _xor(once, hashlib.sha1(salt[:20] + twice, usedforsecurity=False).digest())


def cached_scramble(password: bytes, salt: bytes) -> bytes:
    """Return the first answer of ``caching_sha2_password``; it is enough where the server saw the password before."""
    if not password:
        return b""
    once = hashlib.sha256(password).digest()
    twice = hashlib.sha256(once).digest()
    return _xor(once, hashlib.sha256(twice + salt[:20]).digest())


def encrypted(password: bytes, salt: bytes, key: bytes) -> bytes:
    """Return the password as only the owner of the public ``key`` (PEM) can read it, with RSA and OAEP."""
    modulus, exponent = _public_key(key)
    size = (modulus.bit_length() + 7) // 8
    plain = password + b"\0"
    message = _xor(plain, (salt[:20] * (len(plain) // 20 + 1))[: len(plain)])
    block = int.from_bytes(_padded(message, size), "big")
    return pow(block, exponent, modulus).to_bytes(size, "big")


def _padded(message: bytes, size: int) -> bytes:
    """Return the message in EME-OAEP with SHA-1 and an empty label (RFC 8017, 7.1.1)."""
    label = hashlib.sha1(b"", usedforsecurity=False).digest()
    data = label + b"\0" * (size - len(message) - 2 * len(label) - 2) + b"\x01" + message
    seed = secrets.token_bytes(len(label))
    masked = _xor(data, _mask(seed, len(data)))
    return b"\0" + _xor(seed, _mask(masked, len(seed))) + masked


def _mask(seed: bytes, size: int) -> bytes:
    """Return MGF1 with SHA-1 (RFC 8017, B.2.1)."""
    blocks = (
        hashlib.sha1(seed + counter.to_bytes(4, "big"), usedforsecurity=False).digest()
        for counter in range(size // 20 + 1)
    )
    return b"".join(blocks)[:size]


def _public_key(pem: bytes) -> tuple[int, int]:
    """Return modulus and exponent of a SubjectPublicKeyInfo (RFC 5280, 4.1)."""
    lines = [line for line in pem.splitlines() if line and not line.startswith(b"-----")]
    outer = _inside(base64.b64decode(b"".join(lines)), SEQUENCE)[0]
    _, rest = _inside(outer, SEQUENCE)  # the algorithm
    bits, _ = _inside(rest, BITS)
    numbers, _ = _inside(bits[1:], SEQUENCE)
    modulus, rest = _inside(numbers, INTEGER)
    exponent, _ = _inside(rest, INTEGER)
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def _inside(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the first element, and what follows it."""
    if der[0] != tag:
        raise ValueError(f"the server's key is none of RSA: tag {der[0]} where {tag} is due")
    length, at = der[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(der[2:at], "big")
    return der[at : at + length], der[at + length :]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
