"""Tests of ``juncture.config._composed``."""

from __future__ import annotations

from typing import Any

import pytest

from juncture.config import Source
from juncture.config._composed import Composed


def at(key: str) -> Source:
    """Return where a value of the compose file stands."""
    return Source("compose", f"c.yml: {key}")


COMPOSED = Composed(
    services={
        "db": {"kind": "postgres", "image": "postgres:16", "version": "16"},
        "app": {"kind": "container", "build": "app", "env": {"A": "1", "B": "2"}, "ready": {"tcp": 80}},
    },
    origins={
        path: at(path)
        for path in (
            *("services.db", "services.db.kind", "services.db.image", "services.db.version"),
            *("services.app", "services.app.build", "services.app.env", "services.app.env.A", "services.app.env.B"),
            "services.app.ready",
        )
    },
    notes=("c.yml: something is left out",),
)


def laid(services: object) -> tuple[dict[str, Any], set[str]]:
    """Return the services with a declaration laid over, and the dotted keys that still stand in the compose file."""
    table, origins = COMPOSED.below({"shards": 2, "services": services})
    assert table["shards"] == 2
    services = table["services"]
    assert isinstance(services, dict)
    return services, set(origins)


def test_nothing_over_leaves_everything() -> None:
    """Without a table of services the file's own stand."""
    table, origins = COMPOSED.below({"shards": 2})
    assert table == {"shards": 2, "services": COMPOSED.services}
    assert origins == COMPOSED.origins


def test_keys_are_laid_over_one_by_one() -> None:
    """What the declaration says replaces, or adds to, what the file says; its new services come last."""
    services, origins = laid({"cache": {"kind": "redis"}, "db": {"version": "15", "migrate": "x"}})
    assert list(services) == ["db", "app", "cache"]
    assert services["db"] == {"kind": "postgres", "image": "postgres:16", "version": "15", "migrate": "x"}
    assert "services.db.version" not in origins
    assert {"services.db", "services.db.kind", "services.db.image"} <= origins


def test_variables_are_laid_over_one_by_one() -> None:
    """A variable of the declaration leaves the others."""
    services, origins = laid({"app": {"env": {"B": "3", "C": "4"}}})
    assert services["app"]["env"] == {"A": "1", "B": "3", "C": "4"}
    assert "services.app.env.A" in origins
    assert "services.app.env.B" not in origins


def test_table_of_readiness_is_one_value() -> None:
    """It is not mixed with another one."""
    services, origins = laid({"app": {"ready": {"log": "up"}}})
    assert services["app"]["ready"] == {"log": "up"}
    assert "services.app.ready" not in origins


def test_image_and_build_replace_each_other() -> None:
    """A service has one of them, whichever the declaration says."""
    assert "build" not in laid({"app": {"image": "x"}})[0]["app"]
    assert "image" not in laid({"db": {"build": "x"}})[0]["db"]


@pytest.mark.parametrize("services", ["db", 5, []])
def test_wrong_table_is_left_to_the_parser(services: object) -> None:
    """What is no table of services is told where it stands."""
    table, origins = COMPOSED.below({"services": services})
    assert table == {"services": services}
    assert origins == {}


def test_wrong_service_is_left_to_the_parser() -> None:
    """A service that is no table, or whose variables are none, stands as it was written."""
    services, origins = laid({"db": "x", "app": {"env": "y"}})
    assert services["db"] == "x"
    assert services["app"]["env"] == "y"
    assert not {"services.db.kind", "services.app.env.A"} & origins
