"""Tests of ``juncture.providers.docker.images`` without an engine."""

from __future__ import annotations

import pytest

from juncture.config import Service
from juncture.providers.docker import images
from juncture.providers.docker.images import MissingImageError, Progress, digest_of, reference_of
from juncture.services import kind

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("declared", "digest", "reference"),
    [
        ("", "", "redis:8-alpine"),
        ("mine:1", "", "mine:1"),
        ("mine:1", DIGEST, f"mine@{DIGEST}"),
        ("127.0.0.1:5000/a/mine", DIGEST, f"127.0.0.1:5000/a/mine@{DIGEST}"),
        ("127.0.0.1:5000/a/mine:1", DIGEST, f"127.0.0.1:5000/a/mine@{DIGEST}"),
        ("", DIGEST, f"redis@{DIGEST}"),
    ],
)
def test_reference_is_the_declared_one_and_a_digest_decides_alone(declared: str, digest: str, reference: str) -> None:
    """A registry's port is no tag, and a tag beside a digest means nothing."""
    service = Service(name="cache", kind="redis", image=declared, digest=digest)
    assert reference_of(service, kind("redis").image) == reference


def test_version_is_the_tag_of_the_catalogue_s_image() -> None:
    """What is declared of a version is what is asked for."""
    assert (
        reference_of(Service(name="db", kind="postgres", version="15"), kind("postgres").image) == "postgres:15-alpine"
    )


HERE = {"RepoDigests": ["127.0.0.1:5000/team/db@sha256:abc", "postgres@sha256:def"]}


@pytest.mark.parametrize(
    ("reference", "digest"),
    [
        ("postgres:16-alpine", "sha256:def"),
        ("docker.io/library/postgres", "sha256:def"),
        ("127.0.0.1:5000/team/db:1", "sha256:abc"),
        ("team/db:1", ""),
    ],
)
def test_digest_is_that_of_the_reference_s_own_repository(reference: str, digest: str) -> None:
    """An image that was pushed elsewhere too has digests that pin nothing here."""
    assert digest_of(reference, HERE) == digest


def test_progress_adds_up_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer counts as it comes, and whole when it is there; other events say nothing."""
    monkeypatch.setattr(images, "TOLD_EVERY", 0.0)
    told: list[str] = []
    progress = Progress("pulling x", told.append)
    progress.add({"status": "Pulling from x"})
    assert told == []
    progress.add({"status": "Downloading", "id": "a", "progressDetail": {"current": 1_000_000, "total": 4_000_000}})
    progress.add({"status": "Downloading", "id": "b", "progressDetail": {"current": 1_000_000, "total": 2_000_000}})
    progress.add({"status": "Download complete", "id": "a"})
    progress.add({"status": "Pull complete", "id": "never seen"})
    assert told[:3] == ["pulling x, 1 of 4 MB", "pulling x, 2 of 6 MB", "pulling x, 5 of 6 MB"]


def test_progress_is_told_now_and_then() -> None:
    """An engine sends many events in a second: a line for each would be none to read."""
    told: list[str] = []
    progress = Progress("pulling x", told.append)
    for current in range(100):
        progress.add({"status": "Downloading", "id": "a", "progressDetail": {"current": current, "total": 100}})
    assert told == []


def test_missing_image_has_a_short_form() -> None:
    """The line of a service says what is the matter, and not all of the registry's words."""
    assert MissingImageError("x can't be pulled: 404: not found: x").short == "x can't be pulled"
