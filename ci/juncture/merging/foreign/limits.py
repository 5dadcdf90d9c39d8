"""What no honest JUnit file comes near: the limits that keep hostile ones from filling the memory.

expat alone keeps every distinct name, every open element and every unfinished tag for as long as it parses, and before
its version 2.6 it reads an unfinished tag again from its start with each piece (CVE-2023-52425).
"""

from __future__ import annotations

__all__ = ["CASES", "DEPTH", "NAMES", "PIECE", "ROOT", "SUITES", "TOKEN"]

PIECE = 1 << 20
"""Bytes that are read and parsed at once."""

TOKEN = 8 << 20
"""Bytes of one tag with its attributes, or of one comment. Text between tags may be of any length."""

ROOT = 1 << 16
"""Characters in the attributes of a root element, which are kept."""

DEPTH = 256
"""Elements inside each other."""

NAMES = 10_000
"""Distinct names of elements and attributes in one file."""

SUITES = 1_000_000
"""Suites in one file; 48 bytes are kept of each."""

CASES = 5_000_000
"""Cases in one file; 8 bytes are kept of each."""
