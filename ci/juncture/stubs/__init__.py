"""Stand-ins for services of others that answer over HTTP as a test says, and tell what they received."""

from __future__ import annotations

from juncture.stubs._http import HttpStub, HttpStubs
from juncture.stubs._stubbing import Received
from juncture.stubs._wiremock import WireMockStub, WireMockStubs

__all__ = ["HttpStub", "HttpStubs", "Received", "WireMockStub", "WireMockStubs"]
