"""Tests of the catalogue, ``juncture.services``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from juncture import services
from juncture.model import Endpoint


def test_kind_is_found_by_its_name() -> None:
    """Each kind has a name of its own."""
    assert [services.kind(kind.name) for kind in services.catalogue()] == list(services.catalogue())


def test_unknown_kind_is_a_key_error() -> None:
    """The declaration was checked before; a kind that is not there is a defect."""
    with pytest.raises(KeyError, match="pigeon"):
        services.kind("pigeon")


def test_schemas_say_what_may_be_declared() -> None:
    """Only a kind whose workers have databases can be migrated and seeded."""
    schemas = services.schemas()
    state = {"migrate", "downgrade", "seed", "watch", "reset", "pool"}
    assert schemas["postgres"].options == state | {"image", "digest", "reuse", "disposable"}
    assert [name for name, schema in schemas.items() if "migrate" in schema.options] == [
        "postgres",
        "mysql",
        "mariadb",
    ]


def test_every_attribute_can_be_asked_of_an_endpoint() -> None:
    """What ``{service.attribute}`` may name is there for every kind, as text."""
    endpoint = Endpoint(
        service="db", kind="postgres", provider="embedded", product="postgres", version="18", host="h", port=5
    )
    endpoint = replace(endpoint, ports=tuple((number, 6) for kind in services.catalogue() for number in kind.ports))
    for schema in services.schemas().values():
        assert all(isinstance(endpoint.attribute(name), str) for name in schema.attributes)
    assert endpoint.attribute("port") == "5"


def test_passwords_stay_out_of_tracebacks() -> None:
    """``repr`` of an endpoint shows neither password nor URL."""
    endpoint = Endpoint(
        service="db",
        kind="postgres",
        provider="embedded",
        product="postgres",
        version="18",
        host="h",
        port=5,
        password="hidden",
        url="postgresql://hidden",
    )
    assert "hidden" not in repr(endpoint)
