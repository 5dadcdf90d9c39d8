"""References of images, as engines read them."""

from __future__ import annotations

import pytest

from juncture.rendering.registry import Reference, parse_reference

HUB = "registry-1.docker.io"


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag"),
    [
        ("postgres:16-alpine", HUB, "library/postgres", "16-alpine"),
        ("postgres", HUB, "library/postgres", "latest"),
        ("valkey/valkey:8", HUB, "valkey/valkey", "8"),
        ("docker.io/postgres:16", HUB, "library/postgres", "16"),
        ("docker.io/valkey/valkey:8", HUB, "valkey/valkey", "8"),
        ("ghcr.io/team/db:1", "ghcr.io", "team/db", "1"),
        ("localhost/db:1", "localhost", "db", "1"),
        ("127.0.0.1:5000/team/db", "127.0.0.1:5000", "team/db", "latest"),
        ("registry:5000/db:1", "registry:5000", "db", "1"),
    ],
)
def test_parts_of_a_reference(text: str, host: str, repository: str, tag: str) -> None:
    """Docker Hub, its folder for official images and the tag `latest` go without saying."""
    assert parse_reference(text) == Reference(host, repository, tag)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("postgres", f"https://{HUB}/v2/library/postgres"),
        ("registry:5000/db", "https://registry:5000/v2/db"),
        ("localhost:5000/db", "http://localhost:5000/v2/db"),
        ("127.0.0.2:5000/db", "http://127.0.0.2:5000/v2/db"),
        ("127.example.org/db", "https://127.example.org/v2/db"),
    ],
)
def test_only_this_machine_is_asked_without_tls(text: str, base: str) -> None:
    """A registry on loopback has no certificate; every other one has to have one."""
    assert parse_reference(text).base == base
