"""Containers of the project's own in a real pytest run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from built import moored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from moorings import Moorings

    from juncture.host.engine import Engine

DECLARATION = """
[project]
name = "small"
version = "1"
[tool.juncture]
provider = "docker"
idle = "30s"
[tool.juncture.services.shared]
kind = "container"
image = "juncture-test/app:1"
ports = [8000]
shared = true
[tool.juncture.services.app]
kind = "container"
build = "app"
ports = [8000]
ready = { log = "listening" }
env = { BEHIND = "{shared.url}" }
[tool.juncture.env]
APP_URL = "{app.url}"
"""

IN_USE = """
import json, os, time, urllib.request, pytest
from pathlib import Path
def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()
@pytest.mark.parametrize("number", range(2))
def test_use(number, services):
    assert services["app"].url == os.environ["APP_URL"]
    behind = json.loads(get(services["app"].url + "/env"))["BEHIND"]
    host, port = behind.removeprefix("http://").split(":")
    assert get(f"{services['app'].url}/reach/{host}/{port}") == "reached\\n"
    Path(f"{number}.txt").write_text(f"{services['app'].url} {services['shared'].url} {behind}")
    deadline = time.monotonic() + 20
    while not Path(f"{1 - number}.txt").exists() and os.environ.get("PYTEST_XDIST_WORKER"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
"""


@pytest.fixture
def moorings(engine: Engine, bare_home: Path) -> Iterator[Moorings]:
    """Return what the home has on the engine; it is gone afterwards."""
    with moored(engine, bare_home) as found:
        yield found


@pytest.fixture
def project(
    pytester: pytest.Pytester, moorings: Moorings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], pytest.Pytester]:
    """Return a function that writes the one test module of a project with two containers, and returns its pytester."""
    for name in ("CI", "JUNCTURE_PROVIDER", "JUNCTURE_RUN", "JUNCTURE_BUNDLE", "JUNCTURE_SUITE", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(moorings.home))
    pytester.makefile(".toml", pyproject=DECLARATION)
    folder = pytester.mkdir("app")
    (folder / "Dockerfile").write_text("FROM juncture-test/app:1\nENV BUILT=1\n")

    def write(text: str) -> pytest.Pytester:
        path = pytester.path / "tests" / "integration" / "test_it.py"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        return pytester

    return write


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_suite_uses_containers(
    project: Callable[[str], pytest.Pytester], moorings: Moorings, options: tuple[str, ...]
) -> None:
    """Tests reach a container that is built, each worker its own, and that one reaches what all of them share."""
    small = project(IN_USE)
    result = small.runpytest_subprocess(*options)
    result.assert_outcomes(passed=2)
    result.stdout.re_match_lines(
        [
            r"services   app: built juncture-build/small-app:\w{12} in ",
            r"services   shared  app 1 +docker  ready in ",
            rf" +app     small-app \w+ +docker  {'one for each worker' if options else 'starts'}",
        ]
    )
    apps, shareds, behinds = zip(*((small.path / f"{at}.txt").read_text().split() for at in range(2)), strict=True)
    assert len(set(apps)) == (2 if options else 1)
    assert len(set(shareds)) == len(set(behinds)) == 1
    assert [name.rpartition("-")[0] for name in moorings.containers] == ["juncture-container-shared"]


def test_container_that_can_not_start_fails_its_tests(project: Callable[[str], pytest.Pytester]) -> None:
    """The tests say what is the matter with the container, with the end of its log."""
    small = project("def test_nothing(): pass")
    (small.path / "app" / "Dockerfile").write_text("FROM juncture-test/app:1\nENV APP_FAIL=9\n")
    result = small.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.re_match_lines(
        [
            r"juncture: service app, juncture-build/small-app:.*: its container ended with exit code 9",
            r".*\| failing with 9",
        ]
    )
