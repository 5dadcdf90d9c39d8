"""Tests of ``juncture.services.postgres`` as far as no server is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services import postgres

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup


def test_another_database_has_its_own_url(endpoint: Endpoint) -> None:
    """Both the database and the URL change; the server stays."""
    other = postgres.at(endpoint, "jk_other")
    assert other.url == "postgresql://juncture:pass-word_1@127.0.0.1:5432/jk_other"
    assert (other.database, other.port, other.password) == ("jk_other", endpoint.port, endpoint.password)


def test_client_gets_the_password_by_the_environment(endpoint: Endpoint) -> None:
    """A command line can be read by every user of the machine."""
    argv, environment = postgres.client(endpoint)
    assert argv == ("psql", "-h", "127.0.0.1", "-p", "5432", "-U", "juncture", "jn_shop")
    assert environment == {"PGPASSWORD": "pass-word_1"}


def test_server_listens_on_loopback_and_its_arguments_hold_no_secret(setup: Setup) -> None:
    """Only TCP on 127.0.0.1; the password is nowhere in the arguments."""
    argv = postgres.command(setup)
    assert argv[:3] == (str(setup.program), "-D", str(setup.data))
    assert {"listen_addresses=127.0.0.1", "port=5432", "unix_socket_directories="} <= set(argv)
    assert not [argument for argument in argv if setup.password in argument]


def test_statements_are_counted_where_the_extension_is_there(setup: Setup) -> None:
    """A PostgreSQL without contrib starts all the same."""
    assert "shared_preload_libraries=pg_stat_statements" not in postgres.command(setup)
    library = setup.program.parent.parent / "lib" / "postgresql" / "pg_stat_statements.so"
    library.parent.mkdir(parents=True)
    library.touch()
    assert "shared_preload_libraries=pg_stat_statements" in postgres.command(setup)
