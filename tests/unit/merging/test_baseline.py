"""Earlier totals, as they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from juncture.merging.baseline import parse_baseline, read_baseline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("document", "percent"),
    [
        ({"totals": {"percent_covered": 91.1}}, 91.1),
        ([90, 91.5], 91.5),
        ([{"percent_covered": 90.0}, {"percent_covered": 92.0, "commit": "abc"}], 92.0),
        ({"history": [{"totals": {"percent_covered": 88}}]}, 88.0),
        ({"totals": {"percent_covered": 0}}, 0.0),
        ({"totals": 5}, None),
        ({"totals": {"percent_covered": "91"}}, None),
        ({"totals": {"percent_covered": True}}, None),
        ([101], None),
        ([float("nan")], None),
        ([], None),
        ({}, None),
        (None, None),
    ],
)
def test_total_of_a_document(document: Any, percent: float | None) -> None:
    """A report's total, or the newest of a list; anything else is none."""
    assert parse_baseline(document) == percent


def test_file_that_tells_no_total_says_why(tmp_path: Path) -> None:
    """Each way to have no baseline has a sentence of its own; none is an error here."""
    path = tmp_path / "coverage.json"
    assert read_baseline(None).problem == "there is no baseline to compare with"
    assert read_baseline(path).problem == f"the baseline {path} can't be read: No such file or directory"
    path.write_bytes(b"\xff{")
    assert read_baseline(path).problem == f"the baseline {path} is no JSON"
    path.write_text("{}")
    assert read_baseline(path).problem == f"the baseline {path} tells no total"
    path.write_text(json.dumps({"totals": {"percent_covered": 91.1}}))
    assert read_baseline(path).percent == 91.1
