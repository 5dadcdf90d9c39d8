"""The suite that bench/provision.py runs, and what makes it one of juncture's or of testcontainers'."""

from __future__ import annotations

TESTS = """\
import os
import time
from pathlib import Path

import psycopg
import pytest
import redis


@pytest.mark.parametrize("number", range(8))
def test_an_order_is_kept_and_counted(number):
    moment = Path(os.environ["BENCH_MOMENTS"], str(os.getpid()))
    if not moment.exists():
        moment.write_text(str(time.time()))
    name = f"{os.getpid()}-{number}"
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute("INSERT INTO customer (name) VALUES (%s) RETURNING id", (name,)).fetchone()
        connection.execute("INSERT INTO purchase (customer, cents) VALUES (%s, 100)", found)
        rows = connection.execute("SELECT cents FROM purchase WHERE customer = %s", found).fetchall()
        assert rows == [(100,)]
        connection.rollback()
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as cache:
        assert cache.incr(name) == 1
        cache.delete(name)
"""

SCHEMA = """\
CREATE TABLE customer (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE purchase (id serial PRIMARY KEY, customer int NOT NULL REFERENCES customer, cents int NOT NULL);
"""

PROJECT = """\
[project]
name = "bench"
version = "1.0"
[tool.pytest.ini_options]
testpaths = ["tests/integration"]
"""

WITH_JUNCTURE = """\
[tool.juncture]
idle = "10m"
[tool.juncture.services.db]
kind = "postgres"
seed = ["schema.sql"]
[tool.juncture.services.cache]
kind = "redis"
[tool.juncture.env]
DATABASE_URL = "{db.url}"
REDIS_URL = "{cache.url}"
"""

WITH_TESTCONTAINERS = """\
import os
from pathlib import Path

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer


@pytest.fixture(scope="session")
def postgres():
    with PostgresContainer(os.environ["BENCH_POSTGRES"], driver=None) as container:
        yield container


@pytest.fixture(scope="session")
def redis():
    with RedisContainer(os.environ["BENCH_REDIS"]) as container:
        yield container


@pytest.fixture(scope="session", autouse=True)
def addresses(postgres, redis):
    os.environ["DATABASE_URL"] = postgres.get_connection_url()
    os.environ["REDIS_URL"] = f"redis://{redis.get_container_host_ip()}:{redis.get_exposed_port(6379)}/0"
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(Path("schema.sql").read_text())
"""
