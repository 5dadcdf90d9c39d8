"""Tests of ``juncture.recording.manifest``."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from bundled import manifest

from juncture.errors import IncompleteError
from juncture.recording.manifest import from_json, to_json

WHOLE = manifest(suite="unit", shard=2, total=3, attempt=4, plan="p", history="h", files={"ünï.txt": "a1"})


def test_it_comes_back_as_it_was() -> None:
    """Every field survives the file."""
    assert from_json(to_json(WHOLE), where="m") == WHOLE


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '"x"', "null", "[" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(text: str | bytes) -> None:
    """A torn file is told as one, with its place."""
    with pytest.raises(IncompleteError, match=r"^m: it is (torn|not a manifest)"):
        from_json(text, where="m")


def test_another_version_is_refused() -> None:
    """Both versions are named."""
    with pytest.raises(IncompleteError, match="version 2, this juncture reads 1"):
        from_json(json.dumps({**json.loads(to_json(WHOLE)), "version": 2}), where="m")


@pytest.mark.parametrize(
    ("name", "value"), [("attempt", 5), ("suite", "integration"), ("files", {}), ("commit", "c"), ("checksum", "0")]
)
def test_every_change_is_noticed(name: str, value: object) -> None:
    """The checksum covers each field."""
    with pytest.raises(IncompleteError, match="it was changed"):
        from_json(json.dumps({**json.loads(to_json(WHOLE)), name: value}), where="m")


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (replace(WHOLE, shard=0), "shard is 0"),
        (replace(WHOLE, total=True), "total is true"),
        (replace(WHOLE, attempt=10**9), "attempt is 1000000000"),
        (replace(WHOLE, suite=None), "suite is null"),  # type: ignore[arg-type]  # as a hostile file has it
        (replace(WHOLE, files={"a": 1}), "files is"),  # type: ignore[dict-item]  # the same
    ],
)
def test_fields_of_another_type_are_refused(broken: object, what: str) -> None:
    """Whoever can write a checksum can write nonsense under it; it is named, and never believed."""
    with pytest.raises(IncompleteError, match=what):
        from_json(to_json(broken), where="m")  # type: ignore[arg-type]  # a manifest but for one field
