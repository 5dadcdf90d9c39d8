"""The fixtures for stubs, and what came that none answers in the report of a test that failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from juncture.model import Endpoint
    from juncture.stubs import HttpStubs, WireMockStubs

__all__ = ["StubReports", "http_stubs", "wiremock_stubs"]

SECTION = "requests to stubs"


class StubReports:
    """The plugin object of a process that runs tests."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[Any],
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what stubs of the test received unmatched to the report of its failure."""
        report = yield
        if report.failed and call.when == "call" and "juncture.stubs" in sys.modules:
            for name, stubs in _stubs_of(item).items():
                try:
                    text = stubs.report()
                except Exception as error:  # noqa: BLE001 - the failure is to be told, whatever became of the server
                    text = f"  they can't be told: {error}"
                if text:
                    report.sections.append((f"{SECTION}: {name}", f"{text}\n"))
        return report


def _stubs_of(item: pytest.Item) -> dict[str, HttpStubs | WireMockStubs]:
    from juncture.stubs import HttpStubs, WireMockStubs  # noqa: PLC0415 - imported already, by who uses them

    values: Mapping[str, object] = getattr(item, "funcargs", {})
    return {name: value for name, value in values.items() if isinstance(value, HttpStubs | WireMockStubs)}


def wiremock_stubs(service: str, prefix: str) -> Any:
    """Return the fixture of a WireMock service's stubs."""

    @pytest.fixture(name=f"{prefix}_stubs")
    def stubs(services: Mapping[str, Endpoint]) -> Iterator[WireMockStubs]:
        """Give stubs on this worker's own WireMock server; exactly these are removed after the test."""
        from juncture.stubs import WireMockStubs  # noqa: PLC0415 - most tests need none

        with WireMockStubs(services[service]) as made:
            yield made

    return stubs


def http_stubs() -> Any:
    """Return the fixture of a server in the test's own process."""

    @pytest.fixture(name="http_stubs")
    def stubs() -> Iterator[HttpStubs]:
        """Give an HTTP server of the test's own on loopback; a request that no stub answers fails the test."""
        from juncture.stubs import HttpStubs  # noqa: PLC0415 - most tests need none

        with HttpStubs() as made:
            yield made
        if unmatched := made.report():
            pytest.fail(f"http_stubs: requests came that no stub answers\n{unmatched}", pytrace=False)

    return stubs
