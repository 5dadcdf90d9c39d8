"""Which shard a session runs: what the user says, else what a CI platform says of its parallel jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.sharding import ShardNumber
from juncture.sharding.detect import detect
from juncture.sharding.files import tell_bazel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Config

__all__ = ["shard_of"]


def shard_of(option: str, suite: str, config: Config, environ: Mapping[str, str]) -> tuple[ShardNumber | None, str]:
    """Return the shard that is asked for, None for all tests, and a line for the user where nobody said it in words.

    ``option`` is the value of ``--juncture-shard``, empty without. Unit tests are divided on the user's word alone.
    """
    if option or environ.get("JUNCTURE_SHARD"):
        where = "--juncture-shard" if option else "JUNCTURE_SHARD"
        return ShardNumber.parse(option or environ["JUNCTURE_SHARD"], where=where), ""
    declared = None if config.sources["shards"].layer == "default" else config.shards
    found = detect(environ, declared) if suite == "integration" else None
    if found is None:
        return None, ""
    tell_bazel(environ)
    return found
