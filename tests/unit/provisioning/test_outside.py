"""Tests of ``juncture.provisioning.outside``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config import Service
from juncture.errors import ConfigError, ProviderError
from juncture.provisioning.outside import Named, is_named, named, refuse_denied, variable, with_ports
from juncture.services import kind

if TYPE_CHECKING:
    from juncture.model import Endpoint

SECRET = "h1dden"


def read(name: str, **variables: str) -> Endpoint:
    """Return the one server of a kind that variables name, such as ``URL``."""
    service = Service(name="orders-db", kind=name)
    environ = {f"JUNCTURE_ORDERS_DB_{part}": value for part, value in variables.items()}
    found = named(service, kind(name), environ)
    assert found is not None
    (endpoint,) = found.endpoints
    return endpoint


def test_variable_is_in_capitals() -> None:
    """A hyphen can't be in a variable's name."""
    assert variable("orders-db", "URL") == "JUNCTURE_ORDERS_DB_URL"


@pytest.mark.parametrize("part", ["URL", "HOST", "PORT"])
def test_place_makes_a_server_named(part: str) -> None:
    """A password alone says nothing, and an empty variable is none."""
    service = Service(name="db", kind="postgres")
    assert is_named(service, {f"JUNCTURE_DB_{part}": "x"})
    assert not is_named(service, {f"JUNCTURE_DB_{part}": " "})
    assert not is_named(service, {"JUNCTURE_DB_PASSWORD": "x", "JUNCTURE_DB_USER": "x", "JUNCTURE_OTHER_URL": "x"})
    assert named(service, kind("postgres"), {}) is None


def test_url_has_every_part() -> None:
    """What is encoded in the URL is decoded for juncture, and encoded again for the application."""
    url = "postgresql://us%40er:p%2Fw%25@db.internal:5433/the%20base?sslmode=prefer&application_name=x"
    endpoint = read("postgres", URL=url)
    assert (endpoint.host, endpoint.port) == ("db.internal", 5433)
    assert (endpoint.user, endpoint.password, endpoint.database) == ("us@er", "p/w%", "the base")
    assert endpoint.url == url
    assert (endpoint.provider, endpoint.service, endpoint.kind) == ("external", "orders-db", "postgres")
    assert SECRET not in repr(replace(endpoint, password=SECRET, url=SECRET, parameters=SECRET))


def test_parts_say_the_same_as_a_url() -> None:
    """Platforms that give host and port apart are served too; a password is taken as it is."""
    parts = read("postgres", HOST="db.internal", PORT="5433", USER="me", PASSWORD=" p@ss ", DATABASE="app")
    assert parts.url == "postgresql://me:%20p%40ss%20@db.internal:5433/app"
    assert read("postgres", URL="postgresql://me@db.internal:5433/app", PASSWORD=" p@ss ") == parts


@pytest.mark.parametrize(
    ("name", "variables", "url"),
    [
        ("postgres", {"PORT": "49153"}, "postgresql://postgres@127.0.0.1:49153/postgres"),
        ("postgres", {"URL": "postgres://db"}, "postgresql://postgres@db:5432/postgres"),
        ("postgres", {"URL": "postgresql+psycopg://a:b@db/c"}, "postgresql://a:b@db:5432/c"),
        ("postgres", {"URL": " POSTGRESQL://a@DB.local/c\n"}, "postgresql://a@db.local:5432/c"),
        ("postgres", {"URL": "postgresql://a@[::1]:5433/c"}, "postgresql://a@[::1]:5433/c"),
        ("postgres", {"HOST": "::1"}, "postgresql://postgres@[::1]:5432/postgres"),
        ("postgres", {"HOST": "[fe80::1%eth0]"}, "postgresql://postgres@[fe80::1%eth0]:5432/postgres"),
        ("postgres", {"URL": "postgresql://a:b@c@db/d"}, "postgresql://a:b%40c@db:5432/d"),
        ("redis", {"URL": "redis://cache"}, "redis://cache:6379/0"),
        ("redis", {"URL": "redis://:pw@cache:7000/0?protocol=3"}, "redis://:pw@cache:7000/0?protocol=3"),
        ("redis", {"HOST": "cache", "USER": "me", "PASSWORD": "pw"}, "redis://me:pw@cache:6379/0"),
        ("valkey", {"URL": "valkey://me:pw@cache"}, "redis://me:pw@cache:6379/0"),
        ("nats", {"URL": "nats://t0ken@events"}, "nats://t0ken@events:4222"),
        ("nats", {"HOST": "events"}, "nats://events:4222"),
        ("http", {"URL": "http://billing:8000/api/"}, "http://billing:8000/api"),
        ("http", {"URL": "http://billing"}, "http://billing:80"),
        ("http", {"PORT": "8000"}, "http://127.0.0.1:8000"),
    ],
)
def test_what_is_not_named_has_its_usual_value(name: str, variables: dict[str, str], url: str) -> None:
    """The application gets a URL in the form that every provider gives it."""
    assert read(name, **variables).url == url


@pytest.mark.parametrize(
    ("name", "variables", "where", "what"),
    [
        ("postgres", {"URL": "h1dden"}, "URL", "it is no URL"),
        ("postgres", {"URL": "me:h1dden@db/x"}, "URL", "it is no URL"),
        ("postgres", {"URL": "postgresql://me:h1d den@db/x"}, "URL", "it is no URL"),
        ("postgres", {"URL": "postgresql://[h1dden/x"}, "URL", "it is no URL"),
        ("postgres", {"URL": "mysql://me:h1dden@db/x"}, "URL", "it begins with mysql://, and not with postgresql://"),
        ("postgres", {"URL": "postgresql:///x"}, "URL", "it names no host"),
        ("postgres", {"URL": "postgresql://me:h1dden@db:x/x"}, "URL", "its port is no whole number from 1 to 65535"),
        ("postgres", {"URL": "postgresql://me:h1dden@db:0/x"}, "URL", "its port is no whole number from 1 to 65535"),
        ("postgres", {"URL": "postgresql://me:h1dden@db:65536/"}, "URL", "its port is no whole number"),
        ("postgres", {"URL": "postgresql://me:h1/dden@db/x"}, "URL", "it can't be read: a # / or ? in it begins"),
        ("postgres", {"URL": "postgresql://me:12?h1dden@db/x"}, "URL", "it can't be read: a # / or ? in it begins"),
        ("postgres", {"URL": "postgresql://me:12#h1dden@db/x"}, "URL", "it can't be read: a # / or ? in it begins"),
        ("postgres", {"URL": "postgresql://me:h1dden@db/x?host=other"}, "URL", "its parameter host belongs in front"),
        ("postgres", {"URL": "postgresql://db/x?password=h1dden"}, "URL", "its parameter password belongs in front"),
        ("postgres", {"URL": "postgresql://me:h1dden@a,b/x"}, "URL", "it names several servers"),
        ("postgres", {"URL": "postgresql://me:h1dden@%2Frun/x"}, "URL", "it names a socket's file"),
        ("postgres", {"URL": "postgresql://me:h1dden%00@db/x"}, "URL", "it has a control character in it"),
        ("postgres", {"URL": "postgresql://db/x?sslmode=require"}, "URL", "it asks for TLS (sslmode=require), which"),
        ("postgres", {"HOST": "/run/postgresql"}, "HOST", "it names a socket's file: connections go over TCP"),
        ("postgres", {"HOST": "postgresql://me:h1dden@db"}, "HOST", "it is a URL and no host"),
        ("postgres", {"HOST": "db:5432"}, "HOST", "its host is no name and no address"),
        ("postgres", {"HOST": "db", "PASSWORD": "h1dden\n"}, "PASSWORD", "it has a control character in it, an end of"),
        ("postgres", {"PORT": "tcp://db:5432"}, "PORT", "it is no port: a whole number from 1 to 65535"),
        ("postgres", {"PORT": "99999"}, "PORT", "it is no port: a whole number from 1 to 65535"),
        ("postgres", {"URL": "postgresql://db", "HOST": "db"}, "HOST", "JUNCTURE_ORDERS_DB_URL is set too, and says"),
        ("postgres", {"URL": "postgresql://a:b@db", "PASSWORD": "h1dden"}, "PASSWORD", "JUNCTURE_ORDERS_DB_URL has a"),
        (
            "redis",
            {"URL": "rediss://:h1dden@cache"},
            "URL",
            "it asks for TLS (rediss://), which juncture does not speak",
        ),
        ("redis", {"URL": "redis://:h1dden@cache/3"}, "URL", "it names a database, and juncture chooses those"),
        ("redis", {"URL": "redis://:h1dden@cache?db=3"}, "URL", "its parameter db belongs in front of the ?"),
        ("redis", {"HOST": "cache", "DATABASE": "1"}, "DATABASE", "it names a database, and juncture chooses those"),
        ("nats", {"URL": "tls://me:h1dden@events"}, "URL", "it asks for TLS (tls://), which juncture does not speak"),
        ("nats", {"URL": "nats://events/x"}, "URL", "it names a database, and a nats has none"),
        ("nats", {"URL": "nats://a,nats://me:h1dden@a"}, "URL", "it names a server twice"),
        ("http", {"URL": "https://billing"}, "URL", "it asks for TLS (https://), which juncture does not speak"),
        ("http", {"URL": "http://me:h1dden@billing"}, "URL", "it may have a host, a port and a path only"),
        ("http", {"HOST": "billing", "USER": "me"}, "USER", "a http has none"),
    ],
)
def test_nonsense_is_told_with_its_variable(name: str, variables: dict[str, str], where: str, what: str) -> None:
    """The message says what is wrong and where, and never what may be a password."""
    with pytest.raises(ConfigError) as raised:
        read(name, **variables)
    assert raised.value.where == f"JUNCTURE_ORDERS_DB_{where}"
    assert raised.value.what.startswith(what)
    assert "h1d" not in str(raised.value)
    assert "12" not in str(raised.value)


@given(st.text(max_size=20), st.sampled_from(["postgresql", "redis", "nats", "http"]))
def test_no_url_is_a_traceback(text: str, scheme: str) -> None:
    """Whatever stands in a variable is read, or told."""
    name = {"postgresql": "postgres"}.get(scheme, scheme)
    service = Service(name="db", kind=name)
    for value in (text, f"{scheme}://{text}", f"{scheme}://u:{text}@h", f"{scheme}://h/{text}"):
        try:
            named(service, kind(name), {"JUNCTURE_DB_URL": value})
        except ConfigError as error:
            assert error.where == "JUNCTURE_DB_URL"  # noqa: PT017 - one of two outcomes


def test_list_of_servers_keeps_its_order() -> None:
    """Where each worker needs a server, several can be named."""
    service = Service(name="events", kind="nats")
    found = named(service, kind("nats"), {"JUNCTURE_EVENTS_URL": "nats://a:1, nats://me:pw@b:2"})
    assert found is not None
    assert [each.url for each in found.endpoints] == ["nats://a:1", "nats://me:pw@b:2"]
    assert [each.shared for each in found.endpoints] == [False, False]


def test_kind_without_an_address_is_told() -> None:
    """A kind that the environment can't name says so, and is not started somewhere else without a word."""
    postgres = replace(kind("postgres"), address=None)
    with pytest.raises(ConfigError, match="a postgres can't be a server that runs already"):
        named(Service(name="db", kind="postgres"), postgres, {"JUNCTURE_DB_URL": "x"})


def test_denied_names_are_told_with_the_pattern() -> None:
    """Host and database count; for a server without databases of that name, only the host does."""
    deny = ("prod", "*.rds.amazonaws.com")
    postgres = named(
        Service(name="db", kind="postgres"), kind("postgres"), {"JUNCTURE_DB_URL": "postgres://h/shop-prod"}
    )
    assert postgres is not None
    with pytest.raises(ProviderError) as raised:
        refuse_denied(postgres, kind("postgres"), deny)
    assert str(raised.value) == (
        'service db: JUNCTURE_DB_URL names the database "shop-prod", which "prod" in `deny` keeps tests off\n'
        "  name a server that is for tests; no `disposable` and no marker overrules `deny`"
    )
    cache = read("redis", HOST="x.rds.amazonaws.com")
    with pytest.raises(ProviderError, match=r'names the host "x\.rds\.amazonaws\.com"'):
        refuse_denied(Named("JUNCTURE_CACHE_HOST", (cache,)), kind("redis"), deny)
    refuse_denied(postgres, kind("postgres"), ())


def test_container_has_all_its_ports() -> None:
    """The first is where the URL says, another as its variable says, and else what it is inside."""
    service = Service(name="mail", kind="container", ports=(8025, 1025, 110))
    environ = {"JUNCTURE_MAIL_HOST": "mail", "JUNCTURE_MAIL_PORT_1025": "49153"}
    found = named(service, kind("container"), environ)
    assert found is not None
    endpoint = with_ports(service, found.endpoints[0], environ)
    assert endpoint.url == "http://mail:8025"
    assert endpoint.ports == ((8025, 8025), (1025, 49153), (110, 110))
    with pytest.raises(ConfigError, match="it is no port") as raised:
        with_ports(service, endpoint, {"JUNCTURE_MAIL_PORT_110": "x"})
    assert raised.value.where == "JUNCTURE_MAIL_PORT_110"
