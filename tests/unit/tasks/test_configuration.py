"""The declaration as rows: every source, no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from juncture.config.schema import schema
from juncture.config.types import Template
from juncture.provisioning import declare
from juncture.services import schemas
from juncture.tasks._configuration import config_rows, without_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Run


def test_configuration_names_the_source_of_every_setting(project: Path) -> None:
    """Each row has the layer that decided, and the variable where that was the environment."""
    rows = {
        key: (value, source)
        for key, value, source in config_rows(declare(project, environ={"JUNCTURE_PROVIDER": "embedded"}))
    }
    assert rows["shards"] == ("4", "pyproject.toml")
    assert rows["provider"] == ("embedded", "environment JUNCTURE_PROVIDER")
    assert rows["reports"][1] == "default"
    assert rows["services.db.version"] == ("16", "pyproject.toml")
    assert rows["env.DATABASE_URL"] == ("{db.url}", "pyproject.toml")
    assert all(source for _, source in rows.values())


def test_configuration_shows_no_password(project: Path) -> None:
    """A password that somebody wrote into the declaration is hidden."""
    rows = config_rows(declare(project, environ={}))
    assert ("env.BROKER_URL", "amqp://me:***@broker/x", "pyproject.toml") in rows


@pytest.mark.parametrize(
    ("name", "parts", "text"),
    [
        ("API_TOKEN", ("abc",), "***"),
        ("DB_PASSWORD", (("db", "password"),), "{db.password}"),
        ("SECRET_URL", ("x", ("db", "host"), "y"), "***{db.host}***"),
        ("URL", ("db://u:", ("db", "password"), "@h/x"), "db://u:{db.password}@h/x"),
        ("URL", ("db://:hunter2@h/x",), "db://:***@h/x"),
        ("URL", ("http://host:80/p@x",), "http://host:80/p@x"),
        ("LEVEL", ("debug",), "debug"),
    ],
)
def test_secrets_are_hidden_but_fields_are_shown(
    name: str, parts: tuple[str | tuple[str, str], ...], text: str
) -> None:
    """What looks like a literal secret becomes ``***``; a ``{service.attribute}`` field is only a name."""
    written = "".join(part if isinstance(part, str) else f"{{{part[0]}.{part[1]}}}" for part in parts)
    assert without_secrets(name, Template(text=written, parts=parts)) == text


def test_configuration_shows_a_budget_where_there_is_one(project: Path) -> None:
    """A budget has its unit; none has no row."""
    assert not [row for row in config_rows(declare(project, environ={})) if row[0] == "budget"]
    rows = config_rows(declare(project, environ={"JUNCTURE_BUDGET": "1.5m"}))
    assert ("budget", "90 s", "environment JUNCTURE_BUDGET") in rows


def test_schema_is_printed_for_the_catalogue(tmp_path: Path, run: Run) -> None:
    """The command needs no declaration, and its schema knows every kind that can be declared."""
    done = run(tmp_path, "config.schema")
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert printed == schema(schemas())
    assert printed["$defs"]["service"]["properties"]["kind"]["enum"] == sorted(schemas())


def test_configuration_shows_processes_without_their_secrets(tmp_path: Path) -> None:
    """A process has its own keys, and each variable a row."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.juncture.services.web]\nkind = 'http'\ncommand = 'serve {port} http://me:secret@x/'\n"
        "env = { API_TOKEN = 'abc', DB = '{web.host}' }\n"
    )
    rows = {key: value for key, value, _ in config_rows(declare(tmp_path, environ={})) if key.startswith("services")}
    assert rows == {
        "services.web.kind": "http",
        "services.web.command": "serve {port} http://me:***@x/",
        "services.web.ready": "/",
        "services.web.env.API_TOKEN": "***",
        "services.web.env.DB": "{web.host}",
        "services.web.cwd": ".",
        "services.web.timeout": "30 s",
    }


def test_configuration_shows_containers(tmp_path: Path) -> None:
    """A container has its own keys, and the sign of readiness is one row; a server has its image and its lifetime."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.juncture.services.mail]\nkind = 'container'\nimage = 'mailpit'\nports = [8025, 1025]\n"
        "ready = { http = '/readyz', port = 8025 }\nshared = true\n"
        "[tool.juncture.services.db]\nkind = 'postgres'\nreuse = 'session'\n"
    )
    rows = {key: value for key, value, _ in config_rows(declare(tmp_path, environ={})) if key.startswith("services")}
    assert rows == {
        "services.mail.kind": "container",
        "services.mail.image": "mailpit",
        "services.mail.reuse": "true",
        "services.mail.ports": "8025, 1025",
        "services.mail.ready": "http /readyz port 8025",
        "services.mail.timeout": "30 s",
        "services.mail.shared": "true",
        "services.db.kind": "postgres",
        "services.db.reuse": "session",
        "services.db.disposable": "false",
    }


def test_source_in_a_compose_file_is_shown(tmp_path: Path) -> None:
    """A value that was taken over tells the file, the service and the key there."""
    (tmp_path / "pyproject.toml").write_text("[tool.juncture]\ncompose = 'compose.yml'\n")
    (tmp_path / "compose.yml").write_text("services: {db: {image: 'postgres:16'}}\n")
    rows = config_rows(declare(tmp_path, environ={}))
    assert ("services.db.image", "postgres:16", "compose.yml: services.db.image") in rows
    assert ("compose", "compose.yml", "pyproject.toml") in rows
