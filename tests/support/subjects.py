"""The subjects of the conformance suite: each kind of the catalogue as each provider gives it, and its usual client."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import usual

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["CHECKS", "SUBJECTS", "Subject", "applying"]

CHECKS = ("starts", "url", "probe", "apart", "reset", "crowd", "names", "orphans")
"""The columns of the table: the tests of the suite are called ``test_`` and one of these."""

WORKERS = 64

PROGRAMS = {
    "mariadb": ("mariadbd",),
    "rabbitmq": ("rabbitmq-server",),
    "memcached": ("memcached",),
    "mqtt": ("mosquitto",),
    "wiremock": ("java", "npm"),
}
APP = Path(__file__).resolve().parents[1] / "images" / "app" / "app.py"


@dataclass(frozen=True)
class Subject:
    """One kind, one provider.

    ``table`` declares the service. ``client`` puts words into a namespace and reads them, with the library that people
    use. ``started`` is how many of 64 workers really start at once: a server for each would be too much for this
    machine where one takes 200 MB. ``without`` gives the reason for each check that does not apply.
    """

    kind: str
    provider: Literal["embedded", "docker"]
    client: usual.Client
    table: Mapping[str, Any] = field(default_factory=dict)
    started: int = WORKERS
    without: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Name the subject as the table and the ids of the tests do."""
        return f"{self.kind}-{self.provider}"

    @property
    def programs(self) -> tuple[str, ...]:
        """What has to be on the PATH, as no wheel has it."""
        return PROGRAMS.get(self.kind, ()) if self.provider == "embedded" else ()

    @property
    def declared(self) -> dict[str, Any]:
        """The table of the service in a declaration."""
        return {"kind": self.kind, **self.table}


def applying(check: str) -> list[Subject]:
    """Return the subjects that a check applies to."""
    return [subject for subject in SUBJECTS if check not in subject.without]


def _both(
    kind: str,
    client: usual.Client,
    image: str,
    *,
    started: int = WORKERS,
    without: Mapping[str, str] | None = None,
    **table: Any,
) -> tuple[Subject, Subject]:
    return (
        Subject(kind, "embedded", client, table, started, without or {}),
        Subject(kind, "docker", client, {"image": image, **table}, started, without or {}),
    )


OWN_PROGRAM = {
    "probe": "what is ready is the declaration's to say",
    "reset": "its state is its own",
    "names": "it has no names",
}

STUBBED = {"url": "its URL is the application's; the password is for who stubs"}

SUBJECTS = (
    *_both("postgres", usual.POSTGRES, "juncture-test/postgres:15", seed=["words.sql"]),
    *_both("mariadb", usual.MARIADB, "juncture-test/mariadb:10.11", seed=["words.sql"]),
    *_both("redis", usual.REDIS, "juncture-test/redis:7"),
    *_both("valkey", usual.REDIS, "juncture-test/valkey:9"),
    *_both("nats", usual.NATS, "juncture-test/nats:2"),
    *_both("rabbitmq", usual.RABBITMQ, "juncture-test/rabbitmq:3", started=8),
    Subject("memcached", "embedded", usual.MEMCACHED),
    Subject("memcached", "docker", usual.MEMCACHED, {"image": "juncture-test/memcached:1"}, started=4),
    Subject("mqtt", "embedded", usual.MQTT),
    Subject("mqtt", "docker", usual.MQTT, {"image": "juncture-test/mosquitto:2"}, started=4),
    Subject("wiremock", "embedded", usual.WIREMOCK, started=2, without=STUBBED),
    Subject(
        "wiremock",
        "docker",
        usual.WIREMOCK,
        {"image": "juncture-test/wiremock:3"},
        started=2,
        without=STUBBED,
    ),
    *_both("s3", usual.S3, "juncture-test/s3:1", without={"url": "its URL has neither key nor bucket"}),
    Subject(
        "http",
        "embedded",
        usual.APP,
        {"command": f"python {APP}", "env": {"APP_HOST": "127.0.0.1", "APP_PORT": "{port}"}},
        started=4,
        without=OWN_PROGRAM,
    ),
    Subject(
        "container",
        "docker",
        usual.APP,
        {"image": "juncture-test/app:1", "ports": [8000], "ready": "/"},
        started=4,
        without=OWN_PROGRAM | {"orphans": "it stays for the next run, as it is"},
    ),
)
