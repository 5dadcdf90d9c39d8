"""Declarations of many kinds, and what is rendered of them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.config import Config, parse
from juncture.rendering.lock import Lock, Locked
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import PLATFORMS, render
from juncture.services import schemas

if TYPE_CHECKING:
    from juncture.rendering.files import File

__all__ = ["DECLARATIONS", "EVERYWHERE", "LOCK", "declared", "layout_of", "rendered"]

LOCK = Lock((Locked(name="axllent/mailpit:v1.20", digest=f"sha256:{'5e' * 32}", source="a test", date="2026-11-30"),))

POSTGRES = '[services.db]\nkind = "postgres"\nversion = "16"\n'
REDIS = '[services.cache]\nkind = "redis"\n'
HTTP = '[services.billing]\nkind = "http"\ncommand = "python -m http.server {port}"\n'
MAIL = """
[services.mail]
kind = "container"
image = "axllent/mailpit:v1.20"
ports = [1025, 8025]
env = { MP_MAX_MESSAGES = "100", MP_LABEL = "a: b # c" }
ready = { command = "/mailpit readyz" }
shared = true
"""
STORE = r"""
[services.store]
kind = "container"
image = "axllent/mailpit:v1.20"
ports = [9000, 9001]
shared = true
command = "serve --port {port} '$HOME'"
[services.texts]
kind = "container"
image = "axllent/mailpit:v1.20"
ports = [9000]
shared = true
env = { URL = "http://{host}:{port_9000}", COST = "$5 ${{HOME}}", TOKEN = "${{{{ github.token }}}}", RATE = "-1.50" }
ready = { command = "test \"$(cat /a)\" = '\"b\"'\n" }
"""
SIX = f"""{POSTGRES}{REDIS}{HTTP}{MAIL}
[services.events]
kind = "nats"
[services.orders-db]
kind = "postgres"
version = "17"
"""

DECLARATIONS = {
    "nothing": "",
    "one-service": POSTGRES,
    "two-shards": f"shards = 2\n{POSTGRES}{REDIS}",
    "six-services": f"shards = 4\n{SIX}",
    "many-shards": f"shards = 64\n{POSTGRES}",
    "four-pythons": f'shards = 3\n{POSTGRES}[ci]\npython = ["3.11", "3.12", "3.13", "3.14"]\n',
    "four-pythons-one-shard": f'{REDIS}[ci]\npython = ["3.11", "3.12", "3.13", "3.14"]\n',
    "container-jobs": f'shards = 3\n{POSTGRES}{REDIS}[ci]\ncontainer = "python:3.13-slim"\n',
    "everything-changed": f"""
        shards = 2
        history = "tests/history.json"
        {POSTGRES}
        [gates]
        changed = 80
        [ci]
        runner = ["ubuntu-24.04-arm"]
        tags = ["docker", "large"]
        branches = ["trunk", "release/*", "no"]
        timeout = "12m"
        install = ["python -m pip install nox", 'python -m pip install "juncture[ci] @ https://example.org/j.whl"']
        setup = ["echo 'a: b # c'", "export HERE=1"]
        comment = true
        env = {{ LOG_LEVEL = "debug", EMPTY = "", YES = "yes", COLON = "a: b", NUMBER = "1e3" }}
        permissions = {{ id-token = "write" }}
        [ci.jobs.docs]
        run = ["nox -s docs"]
        [ci.jobs.path]
        run = ["echo 1", "echo 2"]
        timeout = 61
        """,
    "two-databases-of-others": 'shards = 2\n[services.a]\nkind = "mariadb"\n[services.b]\nkind = "mysql"\n',
    "old-postgres-of-an-image": f"""
        shards = 2
        [services.db]
        kind = "postgres"
        image = "registry.example.org:5000/team/db@sha256:{"0123456789abcdef" * 4}"
        [services.other]
        kind = "valkey"
        """,
    "newest-postgres": '[services.db]\nkind = "postgres"\n[services.queue]\nkind = "rabbitmq"\n',
    "containers-with-texts": STORE,
}
"""Thirteen, from no service to six, one shard to 64, one Python to four; by name."""

EVERYWHERE = tuple(name for name in PLATFORMS if name.startswith(("github", "gitlab")))
"""The platforms that every declaration can be rendered for."""

IN_FOLDER = frozenset({"two-shards", "four-pythons"})
"""Those whose project is a folder of its repository."""


def declared(name: str) -> Config:
    """Return a declaration by its name."""
    table = tomllib.loads(DECLARATIONS[name])
    return parse(table, root=Path("/project"), kinds=schemas(), project="Some shop")


def layout_of(name: str) -> Layout:
    """Return where a declaration's project is."""
    if name == "nothing":
        return Layout(integration=False)
    return Layout(project="apps/shop", nox="apps/shop") if name in IN_FOLDER else Layout()


def rendered(name: str, *platforms: str) -> tuple[File, ...]:
    """Return the files of a declaration for these platforms."""
    return render(declared(name), LOCK, layout_of(name), platforms)
