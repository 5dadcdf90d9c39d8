"""Tests of ``juncture.config.deny``."""

from __future__ import annotations

import pytest

from juncture.config._keys import DENY
from juncture.config.deny import denied_by


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("prod", "prod"),
        ("PROD", "prod"),
        ("db-prod-1.internal", "prod"),
        ("shop_prod", "prod"),
        ("prod2.example.com", "prod?"),
        ("proddb", "prod??"),
        ("orders-production", "production"),
        ("live.example.com.", "live"),
        ("shop.abc123.eu-west-1.rds.amazonaws.com", "*.rds.amazonaws.com"),
        ("shop.abc123.eu-west-1.rds.amazonaws.com.", "*.rds.amazonaws.com"),
        ("shop.database.windows.net", "*.database.windows.net"),
        ("shop.postgres.database.azure.com", "*.database.azure.com"),
        ("/cloudsql/shop:europe-west1:orders", "*cloudsql*"),
    ],
)
def test_production_is_kept_off(name: str, pattern: str) -> None:
    """The default names what is nobody's test server, and tells which pattern it was."""
    assert denied_by(name, DENY.default) == pattern


@pytest.mark.parametrize(
    "name",
    [
        *("", "localhost", "127.0.0.1", "::1", "db", "shop_test", "products", "product", "delivery", "delivery-test"),
        *("olive", "alive-db", "producer.example.com", "reproduction", "postgres", "cache.internal", "liver", "lives"),
    ],
)
def test_tests_are_let_in(name: str) -> None:
    """A word that only begins or ends like one of production is another word."""
    assert denied_by(name, DENY.default) == ""


@pytest.mark.parametrize(
    ("pattern", "name", "hit"),
    [
        ("a.b", "axb", False),
        ("a.b", "x.a.b", False),
        ("*.a.b", "x.a.b", True),
        ("b?", "a-b1", True),
        ("b?", "a-b", False),
        ("[ab]", "a", False),
        ("[ab]", "[AB]", True),
        ("*", "x", True),
        ("*", "", False),
    ],
)
def test_pattern_matches_a_whole_name_or_a_whole_part(pattern: str, name: str, *, hit: bool) -> None:
    """Only ``*`` and ``?`` mean something; a dot is a dot, and a pattern with one can't match a part."""
    assert denied_by(name, [pattern]) == (pattern if hit else "")
