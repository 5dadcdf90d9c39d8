"""Tests of ``juncture.config._services``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.config import Service

if TYPE_CHECKING:
    from tests.unit.config.conftest import Declare, Refused


def test_service_with_every_key(declare: Declare) -> None:
    """A service is read with all that its kind allows."""
    config = declare(
        """
        [services.orders-db]
        kind = "postgres"
        version = "16"
        migrate = "alembic upgrade head"
        seed = ["seeds/b.sql", "seeds/a.sql"]
        watch = ["shop/models.py"]
        """
    )
    assert config.services == (
        Service(
            name="orders-db",
            kind="postgres",
            version="16",
            migrate="alembic upgrade head",
            seed=("seeds/b.sql", "seeds/a.sql"),
            watch=("shop/models.py",),
        ),
    )


def test_services_keep_the_order_of_the_file(declare: Declare) -> None:
    """Services come in the order of the file."""
    config = declare('services.b.kind = "redis"\nservices.a.kind = "redis"')
    assert [service.name for service in config.services] == ["b", "a"]


def test_only_the_keys_of_the_kind_have_sources(declare: Declare) -> None:
    """A key that the service can't have is no value of the declaration."""
    config = declare('services.cache.kind = "redis"')
    assert {key for key in config.sources if key.startswith("services.")} == {
        "services.cache.kind",
        "services.cache.version",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('services = "db"', "services: must be a table, not a string"),
        ('services.db = "postgres"', "services.db: must be a table, not a string"),
        ("services.db = {}", 'services.db: "kind" is missing; for example kind = "postgres"'),
        ("services.db.kind = 5", "services.db.kind: must be a string, not a number"),
        ('services.db.kind = "postgre"', 'services.db.kind: unknown kind "postgre". Did you mean "postgres"?'),
        ('services.db.kind = "mysql"', 'services.db.kind: unknown kind "mysql". Known: postgres, redis.'),
        (
            'services.db = {kind = "postgres", versoin = "16"}',
            'services.db.versoin: unknown key. Did you mean "version"?',
        ),
        (
            'services.db = {kind = "redis", image = "x"}',
            "services.db.image: unknown key. Allowed: kind, version.",
        ),
        ('services.db = {kind = "redis", migrate = "x"}', "services.db.migrate: not for redis; only for postgres"),
        (
            'services.db = {kind = "postgres", version = 16}',
            'services.db.version: must be a string, not a number; write it as a string: version = "16"',
        ),
        ('services.db = {kind = "postgres", version = ""}', "services.db.version: must not be empty"),
        ('services.db = {kind = "postgres", seed = ["../x"]}', 'services.db.seed: "../x" may not have ".."; name'),
        (
            'services.My_DB.kind = "redis"',
            "services.My_DB: a name has 1 to 32 of a-z, 0-9 and -, a letter first; write",
        ),
    ],
)
def test_wrong_service_is_told_on_one_line(refused: Refused, text: str, line: str) -> None:
    """Each mistake in a service is one problem, with its dotted key."""
    (told,) = refused(text)
    assert told.startswith(line)


def test_options_of_an_unknown_kind_pass(refused: Refused) -> None:
    """While the kind is wrong, what depends on it is not judged; what no kind has is."""
    lines = refused('services.db = {kind = "postgre", migrate = "x", foo = 1}')
    assert [line.partition(":")[0] for line in lines] == ["services.db.kind", "services.db.foo"]


def test_colliding_services_are_told(refused: Refused) -> None:
    """Two names that make one variable are a problem besides the wrong name."""
    lines = refused('services.my-db.kind = "redis"\nservices.my_db.kind = "redis"')
    assert 'services.my_db: collides with "my-db": both are the same in variables and fixtures; rename one' in lines


def test_version_is_overridden_by_its_variable(declare: Declare) -> None:
    """The variable has the service's name in capitals, with underscores."""
    config = declare('services.orders-db.kind = "postgres"', environ={"JUNCTURE_ORDERS_DB_VERSION": "15"})
    assert config.service("orders-db").version == "15"


def test_variable_of_no_service_is_not_read(declare: Declare) -> None:
    """Variables that juncture does not know here are others' business."""
    assert declare("", environ={"JUNCTURE_DB_VERSION": "15", "JUNCTURE_HOME": "/x"}).services == ()
