"""What the fixtures for stubs give a test, and what its failure shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from programs import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

DECLARATION = """
[project]
name = "small"
version = "1"
[tool.juncture.services.pay-ments]
kind = "wiremock"
"""

ASK = """
from urllib.error import HTTPError
from urllib.request import urlopen
import pytest
pytestmark = pytest.mark.integration
def asked(url):
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code
"""


@needs("java", "npm")
def test_stubs_of_a_declared_wiremock_live_for_one_test(
    small: pytest.Pytester, integration: Callable[[str], None]
) -> None:
    """The second test finds none of the first one's; a failure shows what came that none answers, and the nearest."""
    small.makefile(".toml", pyproject=DECLARATION)
    integration(f"""{ASK}
def test_one(pay_ments_stubs):
    pay_ments_stubs.stub("GET", "/a", status=202)
    assert asked(pay_ments_stubs.url + "/a") == 202
def test_two(pay_ments_stubs, services):
    assert pay_ments_stubs.url == services["pay-ments"].url
    pay_ments_stubs.stub("GET", "/b")
    assert asked(pay_ments_stubs.url + "/a") == 200
""")
    result = small.runpytest_subprocess("tests")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines(
        [
            "-+ requests to stubs: pay_ments_stubs -+",
            "  matched by no stub:",
            "    GET /a",
            "  nearest to GET /a: the stub GET /b",
        ],
        consecutive=True,
    )


def test_server_of_the_tests_own_needs_no_service(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """A request that no stub answers fails the test, even one whose own assertions hold."""
    small.makefile(".toml", pyproject='[project]\nname = "small"\nversion = "1"\n[tool.juncture]\n')
    integration(f"""{ASK}
def test_good(http_stubs):
    http_stubs.stub("GET", "/a", status=202)
    assert asked(http_stubs.url + "/a") == 202
def test_surprised(http_stubs):
    assert asked(http_stubs.url + "/strange") == 404
""")
    result = small.runpytest_subprocess("tests")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["http_stubs: requests came that no stub answers", "    GET /strange"])
