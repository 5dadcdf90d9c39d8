"""A MariaDB project with rows, keys, views, triggers and routines, and a workspace on it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from juncture.isolation.workspace import open_workspace
from juncture.services.mysql_address import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.integration.conftest import Declare

    from juncture.config import Config
    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint
    from juncture.providers.embedded import Server

    Open = Callable[..., Workspace]


SEED = """
CREATE TABLE authors (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, upper_name VARCHAR(40)
  AS (UPPER(name)) STORED, UNIQUE (name));
CREATE TABLE books (id INT AUTO_INCREMENT PRIMARY KEY, author INT, title TEXT,
  FOREIGN KEY (author) REFERENCES authors (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE loans (id BIGINT AUTO_INCREMENT PRIMARY KEY, book INT, FOREIGN KEY (book) REFERENCES books (id)
  ON DELETE SET NULL);
CREATE TABLE nodes (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES nodes (id));
CREATE TABLE audit (what VARCHAR(80));
CREATE TABLE odd (`a b` INT, `c``d` BLOB, e JSON, f BIT(3), g DOUBLE, h DATETIME(6), i DECIMAL(30, 10));
CREATE TABLE parts (id INT, at DATE) PARTITION BY HASH (id) PARTITIONS 4;
CREATE TRIGGER audited AFTER INSERT ON books FOR EACH ROW INSERT INTO audit VALUES (CONCAT('new ', NEW.title));
CREATE TRIGGER deleted BEFORE DELETE ON books FOR EACH ROW INSERT INTO audit VALUES (CONCAT('gone ', OLD.id));
INSERT INTO authors (name) VALUES ('Ann'), ('Bob'), ('größe 🚀');
INSERT INTO books (author, title) VALUES (1, 'One'), (1, 'Two'), (2, NULL), (3, 'it''s \\\\ "q"');
INSERT INTO loans (book) VALUES (1), (4);
INSERT INTO nodes VALUES (1, NULL), (2, 1), (3, 2);
UPDATE nodes SET parent = 3 WHERE id = 1;
INSERT INTO odd VALUES (1, 0x00ff27, '{"a": 1}', b'101', 0.1, '2026-01-02 03:04:05.678901', 1234567890.0987654321);
INSERT INTO parts VALUES (1, '2026-01-01'), (2, '2026-02-02');
CREATE VIEW zebra AS SELECT id, name FROM authors;
CREATE VIEW aardvark AS SELECT name FROM zebra WHERE id < 3;
CREATE FUNCTION twice (n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
CREATE PROCEDURE add_author (who VARCHAR(40)) INSERT INTO authors (name) VALUES (who);
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM audit;
"""

TABLES = ("authors", "books", "loans", "nodes", "audit", "odd", "parts")


@pytest.fixture
def admin(mariadb_server: Server) -> Endpoint:
    """Return the administrator's endpoint of the shared MariaDB."""
    return mariadb_server.endpoint


@pytest.fixture
def open_mariadb(declare: Declare, environ: Mapping[str, str]) -> Open:
    """Return a function that opens a workspace with one MariaDB."""
    return lambda **keys: open_workspace(declare({"db": {"kind": "mariadb"} | keys}), environ=environ, worker="gw0")


@pytest.fixture
def seeded(root: Path, declare: Declare) -> Config:
    """Declare one MariaDB whose template has a bit of everything."""
    (root / "seed.sql").write_text(SEED)
    return declare({"db": {"kind": "mariadb", "seed": ["seed.sql"]}}, project=f"p{secrets.token_hex(4)}")


@pytest.fixture
def opened(seeded: Config, environ: Mapping[str, str]) -> Iterator[Workspace]:
    """Return a started workspace on it."""
    with open_workspace(seeded, environ=environ, worker="gw0") as workspace:
        yield workspace


@pytest.fixture
def database(opened: Workspace) -> Endpoint:
    """Return the endpoint of the worker's database."""
    return opened.endpoints["db"]


@pytest.fixture
def run(database: Endpoint) -> Callable[[str], None]:
    """Return a function that runs statements as a test would, on a connection of their own."""

    def execute(sql: str) -> None:
        with connect(database) as connection:
            connection.query(sql)

    return execute


def picture(database: Endpoint) -> dict[str, object]:
    """Return all that there is in a database: rows, counters, and what makes each object."""
    with connect(database) as connection:
        found: dict[str, object] = {}
        for name, sort in connection.query("SHOW FULL TABLES"):
            table = f"`{name}`"
            if sort in {"BASE TABLE", "VIEW"}:
                found[f"rows of {name}"] = sorted(map(repr, connection.query(f"SELECT * FROM {table}")))
            found[f"{sort} {name}"] = connection.query(f"SHOW CREATE TABLE {table}")[0][1]
        for what, names in (
            ("TRIGGER", "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()"),
            ("EVENT", "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()"),
        ):
            for (name,) in connection.query(names):
                found[f"{what} {name}"] = connection.query(f"SHOW CREATE {what} `{name}`")[0][:4]
        routines = connection.query(
            "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()"
        )
        for routine, name in routines:
            found[f"{routine} {name}"] = connection.query(f"SHOW CREATE {routine} `{name}`")[0][:3]
        return found
