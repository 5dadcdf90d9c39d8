"""The table in docs/reference/false-green.md names these tests, and no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from juncture.merging.values import Code

HERE = Path(__file__).parent
PAGES = HERE.parents[2] / "docs" / "reference"
NOT_LISTED = {"test_both_shards_are_green", "test_both_runs_together_are_green"}
"""What shows that the others are red for a reason of their own."""


def test_every_test_is_in_the_table_and_there() -> None:
    """A row without a test would prove nothing, and a test without a row tells nobody."""
    named = set(re.findall(r"`(test_\w+)`", (PAGES / "false-green.md").read_text()))
    sources = [HERE / f"test_{theme}.py" for theme in ("processes", "reruns", "runs", "transport")]
    there = {name for path in sources for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)}
    assert named == there - NOT_LISTED


def test_every_code_is_explained() -> None:
    """The merge's own page has a row for each of its codes."""
    page = (PAGES / "merge.md").read_text()
    assert set(re.findall(r"^\| `([a-z]+-[a-z]+)` \|", page, re.MULTILINE)) == set(get_args(Code))
