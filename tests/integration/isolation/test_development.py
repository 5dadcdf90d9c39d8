"""Tests of ``juncture.isolation.development`` with a real server."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.errors import ProviderError, StateError, UsageError
from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.isolation import development
from juncture.services.postgres import connect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import Declare

    from juncture.config import Config


@pytest.fixture
def config(declare: Declare, project: str, root: Path) -> Config:
    """Return a declaration with a migration, a seed and a Redis."""
    (root / "a.sql").write_text("CREATE TABLE IF NOT EXISTS fruit (name text); INSERT INTO fruit VALUES ('apple');")
    (root / "run.sh").write_text('echo "$DB_URL" >> urls.txt')
    db = {"kind": "postgres", "migrate": "sh run.sh", "watch": ["run.sh"], "seed": ["a.sql"]}
    return declare({"db": db, "cache": {"kind": "redis"}}, project=project)


def count(config: Config, environ: dict[str, str]) -> str | None:
    """Return how many rows the kept database has."""
    with (
        development.open_development(config, environ=environ) as workspace,
        connect(workspace.endpoints["db"]) as found,
    ):
        return found.value("SELECT count(*) FROM fruit")


def test_kept_database_can_be_seeded_migrated_and_reset(config: Config, environ: dict[str, str], root: Path) -> None:
    """Each command works on the same database and says which; a reset makes it what the template is."""
    assert count(config, environ) == "1"
    assert development.seed(config, environ=environ, service="db").startswith("db: 1 seed, on jk_")
    assert count(config, environ) == "2"
    said = development.migrate(config, environ=environ, service="db")
    assert said.startswith("db: sh run.sh, on jk_")
    assert (root / "urls.txt").read_text().splitlines()[-1].endswith(f"/{said.rpartition(' ')[2]}")
    assert "is as new" in development.reset(config, environ=environ, service="db")
    assert count(config, environ) == "1"


def test_reset_cuts_off_whoever_is_connected(config: Config, environ: dict[str, str]) -> None:
    """A forgotten shell does not keep the database from its reset."""
    with development.open_development(config, environ=environ) as workspace, connect(workspace.endpoints["db"]):
        development.reset(config, environ=environ, service="db")
    assert count(config, environ) == "1"


def test_reset_leaves_nothing_of_ours_in_the_database(config: Config, environ: dict[str, str]) -> None:
    """What the template has for tests goes, as when the database was first made."""
    development.reset(config, environ=environ, service="db")
    with (
        development.open_development(config, environ=environ) as workspace,
        connect(workspace.endpoints["db"]) as found,
    ):
        assert found.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'juncture_state'") == "0"


def test_reset_waits_for_who_makes_the_database(config: Config, environ: dict[str, str], shared_home: Path) -> None:
    """Two that drop and make it at once would be in each other's way."""
    with development.open_development(config, environ=environ) as workspace, ThreadPoolExecutor() as pool:
        make = lease_path(shared_home, f"make-{workspace.endpoints['db'].database}")
        with leases.hold(make, exclusive=True, timeout=5, purpose="make it"):
            renewed = pool.submit(workspace.renew, "db")
            with pytest.raises(TimeoutError):
                renewed.result(0.3)
        renewed.result(30)


def test_service_that_has_no_schema_is_told(config: Config, environ: dict[str, str]) -> None:
    """An unknown name lists the known ones; a Redis can't be migrated; what is not declared is named."""
    with pytest.raises(UsageError, match="no service 'bd' is declared") as raised:
        development.seed(config, environ=environ, service="bd")
    assert raised.value.hint == "declared: db, cache"
    with pytest.raises(UsageError, match="a redis has no schema"):
        development.reset(config, environ=environ, service="cache")
    plain = replace(config, services=(replace(config.service("db"), migrate="", watch=()),))
    with pytest.raises(StateError, match="no migrate command is declared"):
        development.migrate(plain, environ=environ, service="db")


@pytest.mark.parametrize(("service", "text"), [("db", "SELECT 40 + 2"), ("cache", "PING")])
def test_shell_is_the_services_own_client(config: Config, environ: dict[str, str], service: str, text: str) -> None:
    """Where the client is there it connects without asking; its arguments hold no password."""
    with development.open_development(config, environ=environ) as workspace:
        try:
            argv, secrets = development.shell_command(workspace, service)
        except ProviderError as error:
            assert "neither beside the server nor on the PATH" in error.what  # noqa: PT017 - a wheel may lack it
            return
        assert workspace.endpoints[service].password not in " ".join(argv)
        done = subprocess.run(
            argv, input=text, env=os.environ | dict(secrets), capture_output=True, text=True, timeout=30, check=True
        )
    assert {"db": "42", "cache": "PONG"}[service] in done.stdout
