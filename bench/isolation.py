"""Measure what a clean database per test costs: juncture's ways beside what is done elsewhere.

    python bench/isolation.py [--rounds 200] [--copies 50] [--tables 50]

One embedded Postgres with ``--tables`` tables, each referring to the one before, ten of them with 20 seeded rows. Each
round, a test writes five rows into three of them through a connection of its own; what is timed is what comes after, or
before the next test. The ways take turns in blocks, so that the machine's load is the same for all:

- *TRUNCATE*: all tables, CASCADE, sequences restarted. It leaves no seed.
- *DELETE*: all tables, in one round trip, children first (as Respawn does). It leaves no seed.
- *pytest-postgresql*: its janitor drops the database and clones its template anew.
- juncture, *rollback*: the test's transaction is rolled back; beside it the same with the look at the next test's
  beginning that nothing else was written.
- juncture, *rows*: look, put back rows and sequences of the touched tables.
- juncture, *new copy*: the database is replaced by one from the pool; tests take 20 ms each while it is filled.

Run it with the Python of an environment with juncture, psycopg and pytest-postgresql.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from pytest_postgresql.janitor import DatabaseJanitor

from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import databases_of, schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.model import Endpoint

DIRTY = (3, 20, 40)
BLOCKS = 4
TEST = 0.02
"""Seconds that a test takes while the pool is filled."""

TARGETS = {"rollback": 0.2, "rows": 1.0, "new copy": 1.5}
"""Milliseconds."""


def schema(tables: int) -> str:
    """Return the seed file: tables that refer to each other, and rows in the first ten."""
    lines = []
    for number in range(tables):
        key = f"REFERENCES t{number - 1}" if number else ""
        lines.append(
            f"CREATE TABLE t{number} (id serial PRIMARY KEY, parent int {key}, name text NOT NULL, "
            f"made timestamptz DEFAULT now()); CREATE INDEX ON t{number} (parent);"
        )
    lines += [f"INSERT INTO t{n} (name) SELECT 'seed ' || i FROM generate_series(1, 20) i;" for n in range(10)]
    return "\n".join(lines)


class Bench:
    """The databases, and a test that writes to one of them."""

    def __init__(self, admin: Endpoint, own: Endpoint, sql: str, tables: int) -> None:
        """Make a database of the same schema for the ways that are not juncture's."""
        self.admin = admin
        self.own = own
        self.tables = tables
        self.databases = databases_of("postgres")
        self.plain = self.databases.at(admin, "bench_plain")
        self.template = self.databases.at(admin, "bench_template")
        for endpoint in (self.plain, self.template):
            self.databases.drop(admin, endpoint.database, force=True)
            self.databases.clone(admin, "", endpoint.database)
            with psycopg.connect(endpoint.url, autocommit=True) as connection:
                connection.execute(sql)
        self.janitor = DatabaseJanitor(
            user=admin.user,
            host=admin.host,
            port=admin.port,
            version=admin.version,
            dbname="bench_janitor",
            template_dbname=self.template.database,
            password=admin.password,
        )
        self.janitor.drop()
        self.janitor.init()

    def close(self) -> None:
        """Drop what was made."""
        for name in ("bench_plain", "bench_template", "bench_janitor"):
            self.databases.drop(self.admin, name, force=True)


def write(connection: psycopg.Connection[Any]) -> None:
    """Do what the test does."""
    for number in DIRTY:
        connection.execute(f"INSERT INTO t{number} (name) SELECT 'new' FROM generate_series(1, 5)")


def timed(action: Callable[[], object]) -> float:
    """Return the milliseconds that something takes."""
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    """Print the median and the fastest tenth of each way, and the ratio to TRUNCATE."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="tests per way (default: 200)")
    parser.add_argument("--copies", type=int, default=50, help="new copies, and clones elsewhere (default: 50)")
    parser.add_argument("--tables", type=int, default=50, help="tables in the schema (default: 50)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "schema.sql").write_text(schema(asked.tables), encoding="utf-8")
        table = {"services": {"db": {"kind": "postgres", "seed": ["schema.sql"]}}, "provider": "embedded"}
        config = parse(table, root=Path(folder), kinds=schemas(), project="bench", environ={}, overrides={})
        with open_workspace(config, environ=dict(os.environ), worker="bench") as workspace:
            bench = Bench(
                workspace.servers["db"].endpoint, workspace.endpoints["db"], schema(asked.tables), asked.tables
            )
            try:
                report(measure(bench, workspace.cleaners["db"], asked.rounds, asked.copies))
            finally:
                bench.close()


def measure(bench: Bench, cleaner: Any, rounds: int, copies: int) -> dict[str, list[float]]:
    """Return the milliseconds of every round by way."""
    found: dict[str, list[float]] = {}
    every = ", ".join(f"t{number}" for number in range(bench.tables))
    truncate = f"TRUNCATE {every} RESTART IDENTITY CASCADE"
    delete = "; ".join(f"DELETE FROM t{number}" for number in reversed(range(bench.tables)))
    cleaner.clean()
    with (
        psycopg.connect(bench.plain.url, autocommit=True) as plain,
        psycopg.connect(bench.own.url, autocommit=True) as own,
        psycopg.connect(bench.own.url) as held,
    ):
        ways: dict[str, tuple[psycopg.Connection[Any], Callable[[], object]]] = {
            "TRUNCATE of all": (plain, lambda: plain.execute(truncate)),
            "DELETE of all": (plain, lambda: plain.execute(delete)),
            "rollback": (held, held.rollback),
            "rollback, and a look": (held, lambda: (held.rollback(), cleaner.clean())),
            "rows": (own, cleaner.clean),
        }
        for _ in range(BLOCKS):
            for name, (connection, action) in ways.items():
                for number in range(rounds // BLOCKS + 1):
                    write(connection)
                    taken = timed(action)
                    if number:  # the first one of a block finds caches that another way emptied
                        found.setdefault(name, []).append(taken)
    for _ in range(copies):
        with psycopg.connect(
            host=bench.admin.host,
            port=bench.admin.port,
            user=bench.admin.user,
            password=bench.admin.password,
            dbname="bench_janitor",
            autocommit=True,
        ) as connection:
            write(connection)
        found.setdefault("pytest-postgresql", []).append(timed(lambda: (bench.janitor.drop(), bench.janitor.init())))
    cleaner.want()
    time.sleep(1)
    for _ in range(copies):
        began = time.perf_counter()
        with psycopg.connect(bench.own.url, autocommit=True) as connection:
            write(connection)
        time.sleep(max(0.0, TEST - (time.perf_counter() - began)))
        found.setdefault("new copy", []).append(timed(lambda: cleaner.clean(fresh=True)))
    return found


def report(found: dict[str, list[float]]) -> None:
    """Print the table."""
    base = statistics.median(found["TRUNCATE of all"])
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(
        f"{platform.system()} {platform.machine()}, {cores} cores, load {load:.1f}, Python {platform.python_version()}"
    )
    print(f"{'milliseconds per test':<24}{'median':>9}{'fastest tenth':>15}{'TRUNCATE is':>14}   target")
    for name, values in found.items():
        median, tenth = statistics.median(values), statistics.quantiles(values, n=10)[0]
        target = TARGETS.get(name)
        verdict = f"{target:g}: {'met' if median <= target else 'missed'}" if target else ""
        print(f"{name:<24}{median:9.3f}{tenth:15.3f}{base / median:12.1f} x   {verdict}")


if __name__ == "__main__":
    main()
