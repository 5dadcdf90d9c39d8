"""Tests of ``juncture.isolation.migrations``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.config import Service
from juncture.errors import ConfigError
from juncture.isolation.migrations import migration_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.isolation.conftest import Write

SCRIPTS = {
    "migrations/env.py": "run",
    "migrations/versions/1.py": "one",
    "migrations/versions/data.csv": "1,2",
    "migrations/versions/__pycache__/1.pyc": "compiled",
}
FOUND = ["migrations/env.py", "migrations/versions/1.py", "migrations/versions/data.csv"]


def found(root: Path, command: str) -> list[str]:
    """Return the names of the files that a command reads."""
    service = Service(name="db", kind="postgres", migrate=command)
    return [path.relative_to(root).as_posix() for path in migration_files(root, service)]


@pytest.mark.parametrize(
    "location",
    ["migrations", "./migrations/", "%(here)s/migrations", "migrations:versions/..", "%(here)s/versions/../migrations"],
)
def test_alembic_scripts_are_found_beside_the_ini_file(root: Path, write: Write, location: str) -> None:
    """Every form of ``script_location`` leads to the scripts, the versions and the data beside them."""
    write({"alembic.ini": f"[alembic]\nscript_location = {location}\n", **SCRIPTS})
    assert found(root, "alembic upgrade head") == ["alembic.ini", *FOUND]


@pytest.mark.parametrize(
    "command",
    [
        "alembic -c db/alembic.ini upgrade head",
        "alembic -cdb/alembic.ini upgrade head",
        "alembic --config db/alembic.ini upgrade head",
        "alembic --config=db/alembic.ini upgrade head",
        "python -m alembic -c db/alembic.ini upgrade head",
        "/venv/bin/alembic -c db/alembic.ini upgrade head",
    ],
)
def test_alembic_reads_the_ini_file_that_is_named(root: Path, write: Write, command: str) -> None:
    """The file's own folder is ``here``, not the root; another alembic.ini at the root is none of its business."""
    write({"alembic.ini": "[alembic]\nscript_location = elsewhere\n"})
    write({"db/alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n"})
    write({f"db/{name}": text for name, text in SCRIPTS.items()})
    assert found(root, command) == ["db/alembic.ini", *[f"db/{name}" for name in FOUND]]


def test_alembic_section_can_be_named(root: Path, write: Write) -> None:
    """One file may hold the settings of several databases."""
    write({"alembic.ini": "[alembic]\nscript_location = no\n[second]\nscript_location = migrations\n", **SCRIPTS})
    assert found(root, "alembic -n second upgrade head") == ["alembic.ini", *FOUND]
    assert found(root, "alembic --name=second upgrade head") == ["alembic.ini", *FOUND]


@pytest.mark.parametrize(
    ("separator", "setting"),
    [("", "%(here)s/a, b"), ("", "a b"), ("path_separator = os\n", "a:b"), ("version_path_separator = ;\n", "a;b")],
)
def test_alembic_version_locations_count(root: Path, write: Write, separator: str, setting: str) -> None:
    """Migrations in further folders are as good as those beside the scripts."""
    ini = f"[alembic]\nscript_location = migrations\n{separator}version_locations = {setting}\n"
    write({"alembic.ini": ini, "a/1.py": "", "b/2.py": "", **SCRIPTS})
    assert found(root, "alembic upgrade head") == ["a/1.py", "alembic.ini", "b/2.py", *FOUND]


@pytest.mark.parametrize("ini", [{}, {"alembic.ini": "[alembic]\nsqlalchemy.url = x\n"}])
def test_alembic_settings_may_be_in_pyproject(root: Path, write: Write, ini: dict[str, str]) -> None:
    """Alembic reads its table in pyproject.toml where the INI file is missing or names no scripts."""
    table = '[tool.alembic]\nscript_location = "%(here)s/migrations"\nversion_locations = ["a", "%(here)s/b"]\n'
    write({"pyproject.toml": table, "a/1.py": "", "b/2.py": "", **ini, **SCRIPTS})
    assert sorted([*ini, "a/1.py", "b/2.py", *FOUND]) == found(root, "alembic upgrade head")


@pytest.mark.parametrize("base", ["", "src/"])
def test_alembic_scripts_may_be_in_a_package(root: Path, write: Write, base: str) -> None:
    """``package:folder`` is looked for beside pyproject.toml and below src."""
    write({"alembic.ini": "[alembic]\nscript_location = shop.db:migrations\n"})
    write({f"{base}shop/db/{name}": text for name, text in SCRIPTS.items()})
    assert found(root, "alembic upgrade head") == ["alembic.ini", *[f"{base}shop/db/{name}" for name in FOUND]]


@pytest.mark.parametrize("location", ["nowhere", "package:nowhere"])
def test_scripts_that_are_not_there_are_an_error(root: Path, write: Write, location: str) -> None:
    """A folder that juncture can't find would hide every change of a migration."""
    write({"alembic.ini": f"[alembic]\nscript_location = {location}\n"})
    with pytest.raises(ConfigError, match="there is no folder") as raised:
        found(root, "alembic upgrade head")
    assert raised.value.where == "alembic.ini"
    assert "watch" in raised.value.hint


@pytest.mark.parametrize("files", [{}, {"alembic.ini": "[other]\n"}, {"pyproject.toml": "[tool]\n"}])
def test_settings_without_scripts_are_an_error(root: Path, write: Write, files: dict[str, str]) -> None:
    """The error says what is missing and how to do without."""
    write(files)
    with pytest.raises(ConfigError, match="names no script_location") as raised:
        found(root, "alembic upgrade head")
    assert "watch" in raised.value.hint


@pytest.mark.parametrize("text", ["no section\n", "[alembic]\nscript_location = a\nscript_location = b\n"])
def test_damaged_ini_file_is_an_error(root: Path, write: Write, text: str) -> None:
    """The parser's reason is part of the error."""
    write({"alembic.ini": text})
    with pytest.raises(ConfigError, match="not an INI file"):
        found(root, "alembic upgrade head")


@pytest.mark.parametrize(
    "command", ["python manage.py migrate", "./manage.py migrate --noinput", "django-admin migrate"]
)
def test_django_migrations_are_the_projects_own(root: Path, write: Write, command: str) -> None:
    """Those of every application, but not those of packages in an environment, whose walk would take seconds."""
    write(
        {
            "shop/migrations/0001.py": "",
            "shop/migrations/0001.sql": "",
            "shop/models.py": "",
            ".nox/lib/site-packages/django/migrations/0001.py": "",
            "venv/pyvenv.cfg": "",
            "venv/lib/auth/migrations/0001.py": "",
        }
    )
    assert found(root, command) == ["shop/migrations/0001.py", "shop/migrations/0001.sql"]


def test_quote_without_end_is_an_error(root: Path) -> None:
    """A command that no shell would take is told where it stands."""
    with pytest.raises(ConfigError, match="No closing quotation") as raised:
        found(root, 'alembic "upgrade head')
    assert raised.value.where == "pyproject.toml: tool.juncture.services.db.migrate"


@pytest.mark.parametrize("command", ["make migrate", "flyway migrate", "python manage.py setup", "sh -c 'alembic up'"])
def test_unknown_command_needs_watch(root: Path, command: str) -> None:
    """What reads unknown files is refused, with the key that helps."""
    with pytest.raises(ConfigError, match="can't tell which files") as raised:
        found(root, command)
    assert raised.value.where == "pyproject.toml: tool.juncture.services.db"
    assert raised.value.hint.endswith('watch = ["migrations/**"]')
