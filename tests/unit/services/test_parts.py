"""Tests of ``juncture.services.parts``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.services import parts

if TYPE_CHECKING:
    from juncture.model import Endpoint


def test_name_and_number_lead_to_each_other(endpoint: Endpoint) -> None:
    """Each part has a name of its own, which suits a bucket, a virtual host, an index and a topic."""
    names = [parts.part(endpoint, slot) for slot in range(parts.COUNT)]
    assert len(set(names)) == parts.COUNT
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{2,17}", name) for name in names)
    assert parts.numbers(endpoint, names) == list(range(parts.COUNT))


def test_owners_never_meet(endpoint: Endpoint) -> None:
    """On a server that two machines use, neither takes a part of the other, or of somebody's own, for its own."""
    mine, theirs = replace(endpoint, owner="0123abcd"), replace(endpoint, owner="0123abce")
    names = [parts.part(each, 1) for each in (mine, theirs, endpoint)]
    assert [parts.numbers(each, names) for each in (mine, theirs, endpoint)] == [[1], [1], [1]]
    assert len(set(names)) == 3


def test_strange_names_are_passed_over(endpoint: Endpoint) -> None:
    """What a person called something alike is none of ours."""
    assert parts.numbers(
        endpoint, ["juncture-", "juncture-01", "juncture-1x", "juncture-99999", "/", "juncture-7"]
    ) == [7]
