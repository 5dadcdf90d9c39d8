"""Tests of ``juncture.services.kinds``: each kind in the catalogue is whole, and is in the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from subjects import SUBJECTS

from juncture.services import NAMES, catalogue

if TYPE_CHECKING:
    from juncture.services.kinds import Kind

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "services.md"

every_kind = pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.name)


@every_kind
def test_namespace_and_server_fit(kind: Kind) -> None:
    """Only what is a worker's own may be emptied, and only what has a server can be started as one."""
    sharing = kind.embedded.sharing if kind.embedded else None
    parts = kind.image.slots if kind.image else None
    fits = {"database": {"host"}, "server": {"worker", "host"} if parts else {"worker"}}
    assert sharing is None or sharing in fits[kind.namespace]
    assert (kind.empty is not None) == (kind.namespace == "server")
    if kind.image and kind.namespace == "server":
        assert (kind.image.slots is not None) == (kind.image.sharing == "host")


@every_kind
def test_reference_has_every_kind(kind: Kind) -> None:
    """Its row has exactly the attributes and the options that a declaration may name."""
    (row, *more) = [line for line in REFERENCE.read_text("utf-8").splitlines() if line.startswith(f"| `{kind.name}` |")]
    attributes, options = ({word.strip("`") for word in cell.split()} for cell in row.split("|")[2:4])
    assert attributes == kind.schema().attributes
    assert options == kind.options | ({"version"} if kind.versioned else set())
    wheels = [line.split("|")[2].strip().strip("`") for line in more]
    embedded = kind.embedded
    wheel = embedded.wheel.requirement.partition(">")[0] if embedded and embedded.wheel else ""
    assert wheels == ([embedded.jar.package if embedded.jar else wheel] if embedded else [])


def test_reference_tells_what_is_run_for_real() -> None:
    """What it says to be run is in the conformance suite, and what it says not to be is not."""
    (text,) = [part for part in REFERENCE.read_text("utf-8").split("\n\n") if part.startswith("What juncture's own")]
    run, _, not_run = text.partition("Not run at all")
    real = {subject.kind for subject in SUBJECTS}
    assert {name for name in NAMES if f"`{name}`" in run} <= real
    assert not {name for name in NAMES if f"`{name}`" in not_run} & real
