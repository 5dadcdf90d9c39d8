"""Tests of ``juncture.services.s3`` as far as no server is needed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.services import s3

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup


def test_bucket_and_keys_are_attributes(endpoint: Endpoint) -> None:
    """Clients take the address, the bucket and the keys apart."""
    mine = replace(s3.at(endpoint, 7), url=s3.url(endpoint))
    named = {name: mine.attribute(name) for name in s3.KIND.schema().attributes}
    assert named == {
        "url": "http://127.0.0.1:5432",
        "host": "127.0.0.1",
        "port": "5432",
        "bucket": "juncture-7",
        "access_key": "juncture",
        "secret_key": "pass-word_1",
    }


def test_secret_is_in_no_argument(setup: Setup) -> None:
    """It is in a file that its owner alone reads, which the server's shell reads."""
    s3.prepare(setup)
    path = setup.data / "environment"
    assert path.stat().st_mode & 0o777 == 0o600
    assert f"RCLONE_AUTH_KEY='\"juncture,{setup.password}\"'\n" in path.read_text()
    assert setup.password not in " ".join(s3.command(setup))


def test_client_gets_its_keys_by_the_environment(endpoint: Endpoint) -> None:
    """A command line can be read by every user of the machine."""
    argv, environment = s3.client(s3.at(endpoint, 7))
    assert argv[-1] == "s3://juncture-7"
    assert environment == {"AWS_ACCESS_KEY_ID": "juncture", "AWS_SECRET_ACCESS_KEY": "pass-word_1"}


def test_container_has_one_identity() -> None:
    """SeaweedFS lets in whom its configuration names, and nobody else."""
    (text,) = s3.files("secret").values()
    (identity,) = json.loads(text)["identities"]
    assert identity["credentials"] == [{"accessKey": "juncture", "secretKey": "secret"}]
