"""Samples for usual projects, to be copied in by people who have not installed juncture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import juncture
from juncture.config import parse
from juncture.rendering.files import File
from juncture.rendering.lock import NOTHING
from juncture.rendering.pipeline import Layout, pipeline_of
from juncture.rendering.render import PLATFORMS
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["samples"]

SERVICES: Mapping[str, tuple[str, Mapping[str, Mapping[str, str]]]] = {
    "postgres": ("Postgres", {"db": {"kind": "postgres", "version": "16"}}),
    "postgres-redis": (
        "Postgres and Redis",
        {"db": {"kind": "postgres", "version": "16"}, "cache": {"kind": "redis"}},
    ),
    "postgres-redis-rabbitmq": (
        "Postgres, Redis and RabbitMQ",
        {"db": {"kind": "postgres", "version": "16"}, "cache": {"kind": "redis"}, "queue": {"kind": "rabbitmq"}},
    ),
}
SHARDS = (1, 4)
TARGETS = {"github": ".github/workflows/juncture.yml", "gitlab": ".gitlab-ci.yml"}


def samples() -> tuple[File, ...]:
    """Return every sample, by its path below the folder of templates."""
    return tuple(_sample(platform, name, shards) for platform in TARGETS for name in SERVICES for shards in SHARDS)


def _sample(platform: str, name: str, shards: int) -> File:
    words, services = SERVICES[name]
    ci = {"install": [f"python -m pip install juncture=={juncture.__version__}"]}
    table = {"shards": shards, "services": services, "ci": ci}
    config = parse(table, root=Path("/project"), kinds=schemas(), project="project")
    pipeline = pipeline_of(config, NOTHING, Layout())
    head = _head(platform, words, shards, services)
    file = PLATFORMS[platform](replace(pipeline, header=head, checked=False))
    many = f"{shards}-shards" if shards > 1 else "1-job"
    return File(f"samples/{platform}/{name}-{many}.yml", file.text)


def _head(platform: str, words: str, shards: int, services: Mapping[str, object]) -> str:
    """Return the comment that tells what a sample is and what to adapt in it."""
    of = f"{shards} shards" if shards > 1 else "one job"
    lines = [
        f"Unit tests, and integration tests with {words} in {of}, merged into one result. Copy this file to",
        f"{TARGETS[platform]}; a noxfile.py with `from juncture.sessions import register` and `register()` is all",
        "that it needs besides the declaration in pyproject.toml.",
        "",
        "To adapt:",
        *_adapt(platform, shards, services),
        "",
        "With juncture installed, `juncture ci.render` writes these jobs from the declaration, and keeps them current.",
    ]
    return "\n".join(f"# {line}".rstrip() for line in lines)


def _adapt(platform: str, shards: int, services: Mapping[str, object]) -> list[str]:
    names = ", ".join(services)
    python = "`python-version`" if platform == "github" else "`image`"
    branch = "`branches` and `refs/heads/main`" if platform == "github" else "`CI_COMMIT_BRANCH`, `fallback_keys`"
    items = [
        f"{branch}: the main branch, if it is not main",
        f"{python}: the Python to test with",
        "`services`: the images, by the digests of the versions that you run",
        f"JUNCTURE_...: the names of the services in the declaration, here {names}, in capitals",
        "reports/: the declared folder for `reports`, if it is another one",
    ]
    if shards > 1:
        where = "`matrix`, /4, -of-4" if platform == "github" else "`parallel`"
        items.append(f"{where}, --shards, --expect: the number of shards, also in the declaration")
    return [f"  - {item}" for item in items]
