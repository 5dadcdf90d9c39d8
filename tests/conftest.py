"""What all of juncture's own tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from juncture.host.engine import Engine, EngineError, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    *("postgres:15", "mariadb:10.11", "redis:7", "valkey:9", "nats:2", "rabbitmq:3", "s3:1", "app:1"),
    *("memcached:1", "mosquitto:2", "wiremock:3"),
)
IMAGES = tuple(f"juncture-test/{name}" for name in NAMES)
MANDATORY = bool(os.environ.get("JUNCTURE_MANDATORY"))
SOAK = bool(os.environ.get("JUNCTURE_SOAK"))


for _number, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:  # a job in the background: so would be all that tests start
        signal.signal(_number, _handler)


@pytest.fixture(scope="session")
def rounds() -> Callable[[int, int], int]:
    """Return a function that returns its first number, or the second in `nox -s soak`."""
    return lambda few, all_of_them: all_of_them if SOAK else few


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Return this machine's Docker engine, which has the test images; where there is none, its tests are skipped."""
    found = locate(os.environ)
    try:
        missing = [image for image in IMAGES if found and found.image(image) is None]
    except (EngineError, OSError) as error:
        pytest.skip(f"the Docker engine does not answer: {error}")
    if found is None:
        pytest.skip("no Docker engine is here: tests/images/engine starts one")
    if missing:
        pytest.skip(f"the engine has no {missing[0]}: tests/images/build makes it")
    return found


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Pass over a project that tests run, and that has tests of its own."""
    return True if (collection_path / "pyproject.toml").is_file() and collection_path != ROOT else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests to `nox -s soak`, unless somebody names tests, modules or folders to run."""
    named = [path for path in config.args if Path(path).resolve() != ROOT / "tests"]
    long = [] if SOAK or named else [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 - the hook's name for it
    call: pytest.CallInfo[Any],  # noqa: ARG001
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what is skipped where everything is mandatory: a test that never runs proves nothing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and MANDATORY:
        report.outcome = "failed"
        report.longrepr = f"skipped, but JUNCTURE_MANDATORY is set: {report.longrepr}"
    return report
