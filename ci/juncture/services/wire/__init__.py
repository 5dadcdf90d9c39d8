"""The few protocol messages that probing, isolating and resetting a service needs.

A client library would be imported by every process of every test run, at 20 to 110 ms each, and would have to agree in
version with the one the project under test uses. See docs/decisions/0003.
"""

from __future__ import annotations

__all__ = ["MOST_ROUNDS", "WireError"]

MOST_ROUNDS = 10_000_000
"""Of PBKDF2, which a server may ask for at a SCRAM login: they take some seconds."""


class WireError(Exception):
    """The server answered with an error of its own."""
