"""Measure what migrations cost a test run: the first time, and every time after it.

    python bench/migrations.py [--revisions 200] [--rounds 7]

A project with as many Alembic revisions, each with a table, an index and a row, and a seed file. *First run* opens a
worker's database where nothing is made yet: the migrations run into a template, which is cloned. *Second run* is the
same for another run, with a warm server: everything that the migrations are made of is hashed, and the template found
and cloned. *Alembic alone* migrates an empty database by the same command, which is what a suite does that migrates at
its beginning. Then a migration and the seed file are changed, one after the other, and each has to be noticed.

Run it with the Python of an environment with juncture, alembic, sqlalchemy and psycopg.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas

if TYPE_CHECKING:
    from juncture.config import Config
    from juncture.isolation.templates import State
    from juncture.model import Endpoint

TARGET = 3.0
"""Percent of the first run that the second may take."""

ENVIRONMENT = """
import os
from alembic import context
from sqlalchemy import create_engine
url = os.environ["DB_URL"].replace("postgresql://", "postgresql+psycopg://")
with create_engine(url).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "{number:04}", {before}
def upgrade():
    op.create_table("t{number}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.create_index("i{number}", "t{number}", ["name"])
    op.execute("INSERT INTO t{number} (name) VALUES ('x')")
"""


def main() -> None:
    """Print both times, their ratio, and whether changes were noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--revisions", type=int, default=200, help="revisions (default: 200)")
    parser.add_argument("--rounds", type=int, default=7, help="second runs to take the median of (default: 7)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="juncture-bench-") as folder:
        root = Path(folder)
        write(root, asked.revisions)
        config = declared(root)
        plain(config, root)  # warms the server, Python's caches and Alembic's
        alone = plain(config, root)
        first, built = run(config)
        seconds = []
        for _ in range(asked.rounds):
            taken, again = run(config)
            if again.built:
                sys.exit("the template was built again, though nothing had changed")
            seconds.append(taken)
        second = statistics.median(seconds)
        share = 100 * second / first
        print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"alembic alone, {asked.revisions} revisions  {alone:8.3f} s")
        print(f"first run                     {first:8.3f} s   template built: {built.built}")
        print(
            f"second run, median of {asked.rounds:<7} {second:8.3f} s   {share:.2f} % of the first; target {TARGET:g} %"
        )
        for path in (root / "migrations" / "versions" / f"{asked.revisions // 2:04}.py", root / "seed.sql"):
            path.write_text(path.read_text().replace("'x'", "'y'"), encoding="utf-8")
            _, changed = run(config)
            print(f"changed {path.name:<22}{'noticed' if changed.built else 'NOT NOTICED'}")


def write(root: Path, revisions: int) -> None:
    """Write the project."""
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n", encoding="utf-8")
    (root / "migrations" / "env.py").write_text(ENVIRONMENT, encoding="utf-8")
    for number in range(1, revisions + 1):
        before = f'"{number - 1:04}"' if number > 1 else None
        (versions / f"{number:04}.py").write_text(REVISION.format(number=number, before=before), encoding="utf-8")
    (root / "seed.sql").write_text("INSERT INTO t1 (name) VALUES ('x');", encoding="utf-8")


def declared(root: Path) -> Config:
    """Return the declaration; its project is new, so that no template is there."""
    database = {"kind": "postgres", "migrate": "alembic upgrade head", "seed": ["seed.sql"]}
    table = {"services": {"db": database}, "env": {"DB_URL": "{db.url}"}, "provider": "embedded"}
    project = f"bench-{os.getpid()}"
    return parse(table, root=root, kinds=schemas(), project=project, environ={}, overrides={})


def run(config: Config) -> tuple[float, State]:
    """Open a worker's database as a run of tests does, and return the seconds until it can be used."""
    began = time.perf_counter()
    with open_workspace(config, environ=dict(os.environ), worker="bench") as workspace:
        return time.perf_counter() - began, workspace.states["db"]


def plain(config: Config, root: Path) -> float:
    """Return the seconds that Alembic takes by itself, in an empty database."""
    table = {"services": {"db": {"kind": "postgres"}}, "provider": "embedded"}
    empty = parse(table, root=root, kinds=schemas(), project=config.project, environ={}, overrides={})
    with open_workspace(empty, environ=dict(os.environ), worker="plain") as workspace:
        database: Endpoint = workspace.endpoints["db"]
        began = time.perf_counter()
        command = [sys.executable, "-m", "alembic", "upgrade", "head"]
        subprocess.run(command, cwd=root, env=os.environ | {"DB_URL": database.url}, check=True, capture_output=True)
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
