"""Bring a Postgres database back to what its template holds, by the cheapest way that is sure."""

from __future__ import annotations
