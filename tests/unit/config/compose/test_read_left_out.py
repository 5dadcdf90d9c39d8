"""Tests of ``juncture.config._compose``: what is left out of a file, and whether that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from composed import FILE, declare

if TYPE_CHECKING:
    from pathlib import Path


def test_service_that_is_marked_is_left_out(tmp_path: Path) -> None:
    """The service that runs the tests, say, is none that they need, whatever it mounts."""
    config = declare(
        tmp_path,
        "services:\n  db: {image: postgres}\n  tests: {build: ., volumes: ['.:/app'], x-juncture: false}\n",
    )
    assert [each.name for each in config.services] == ["db"]
    assert config.notes == ()


@pytest.mark.parametrize(
    ("service", "note"),
    [
        (
            "image: redis, ports: ['6379:6379']",
            ".ports: the host's ports are left out: free ones are taken; tests learn",
        ),
        ("image: redis, volumes: ['data:/data']", ".volumes is left out: data is in memory"),
        ("image: redis, volumes: ['./data:/data']", ".volumes is left out: data is in memory"),
        ("image: redis, privileged: true", ".privileged is left out: juncture starts it in its own way"),
        ("image: redis, container_name: cache", ".container_name is left out: its name is juncture's own"),
        ("image: redis, mem_limit: 1g", ".mem_limit is left out: limits are juncture's own"),
        ("image: redis, env_file: x", ".env_file is left out: juncture starts it in its own way"),
        ("image: redis, networks: {a: {aliases: [b]}}", ".networks is left out: all services are in one network"),
        (
            "image: postgres, environment: {POSTGRES_DB: x, POSTGRES_PASSWORD: y}",
            ".environment is left out: POSTGRES_DB: user, database and settings are juncture's own",
        ),
        ("image: x, ports: [80, 53/udp], healthcheck: {test: x}", ".ports: 53/udp is left out: only TCP is published"),
        ("image: x, ports: ['80:80'], healthcheck: {test: x}", ".ports: the host's ports are left out"),
        (
            "image: x, ports: [80], healthcheck: {test: x}, volumes: ['/data']",
            ".volumes is left out: data is in memory",
        ),
    ],
)
def test_what_is_left_out_is_told(tmp_path: Path, service: str, note: str) -> None:
    """One sentence says what is missing, and what is there instead."""
    (found,) = declare(tmp_path, f"services:\n  s: {{{service}}}\n").notes
    assert found.startswith(f"{FILE}: services.s{note}")


@pytest.mark.parametrize(
    "service",
    [
        "image: postgres, environment: {POSTGRES_PASSWORD: x}, networks: [a], restart: always",
        "image: redis, environment: [ALLOW_EMPTY_PASSWORD=yes], healthcheck: {test: redis-cli ping}, x-y: 1",
        "image: redis, depends_on: [], command: null, ports: [6379], expose: [6379]",
    ],
)
def test_what_no_test_can_see_is_no_matter(tmp_path: Path, service: str) -> None:
    """Nothing is told of what changes nothing."""
    assert declare(tmp_path, f"services:\n  s: {{{service}}}\n").notes == ()


def test_initial_data_may_be_declared(tmp_path: Path) -> None:
    """Where the declaration says how the data is set up, the folder of the image's own way is left out."""
    compose = "services: {db: {image: postgres, volumes: ['./sql:/docker-entrypoint-initdb.d:ro']}}"
    over = '[tool.juncture.services.db]\nseed = ["sql/*.sql"]\n'
    assert declare(tmp_path, compose, over).notes == (f"{FILE}: services.db.volumes is left out: data is in memory",)
