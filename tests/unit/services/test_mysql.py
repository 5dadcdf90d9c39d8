"""Tests of ``juncture.services.mysql`` as far as no server is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.services import mysql

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup


def test_url_is_read_by_every_client(endpoint: Endpoint) -> None:
    """What is special in a URL is quoted."""
    place = replace(endpoint, password="p@ss/1", database="a b", parameters="charset=utf8mb4")
    assert mysql.at(place, "a b").url == "mysql://juncture:p%40ss%2F1@127.0.0.1:5432/a%20b?charset=utf8mb4"


def test_client_is_the_products_own(endpoint: Endpoint) -> None:
    """The password goes by the environment: arguments can be read by everybody."""
    for kind, program in ((mysql.MYSQL, "mysql"), (mysql.MARIADB, "mariadb")):
        assert kind.client is not None
        argv, environment = kind.client(endpoint)
        assert argv == (program, "--protocol=tcp", "-h", "127.0.0.1", "-P", "5432", "-u", "juncture", "jn_shop")
        assert environment == {"MYSQL_PWD": "pass-word_1"}


def test_arguments_hold_no_secret_and_no_socket(setup: Setup) -> None:
    """The server listens on loopback alone, and reads no file of the machine's."""
    argv = mysql.command(setup)
    assert argv[1] == "--no-defaults"
    assert {"--bind-address=127.0.0.1", "--port=5432", "--socket=", "--skip-log-bin"} <= set(argv)
    assert setup.password not in " ".join(argv)


def test_mysql_has_no_embedded_form() -> None:
    """MariaDB is another product: it does not stand in for it without a word."""
    assert mysql.MYSQL.embedded is None
    assert mysql.MYSQL.image is not None
    assert mysql.MYSQL.image.reference() == "mysql:8.4"


def test_images_get_the_password_as_their_contract_says() -> None:
    """Each product has its own variable."""
    assert mysql.MARIADB.image is not None
    assert mysql.MYSQL.image is not None
    assert mysql.MARIADB.image.environment("x") == {"MARIADB_ROOT_PASSWORD": "x"}
    assert mysql.MYSQL.image.environment("x") == {"MYSQL_ROOT_PASSWORD": "x"}
