"""GitLab's pipeline: which branches it is for, and what its jobs share."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipelines import LOCK

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas


def jobs(text: str) -> dict[str, Any]:
    """Return the parsed pipeline of the declaration that the text of ``[tool.juncture]`` makes."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(), ["gitlab"])
    document = yaml.safe_load(file.text)
    assert isinstance(document, dict)
    return document


def test_merge_requests_see_the_history_of_the_main_branch() -> None:
    """GitLab keeps caches of protected branches apart, unless each of the jobs says otherwise."""
    pipeline = jobs("shards = 2")
    caches = [pipeline[name]["cache"] for name in ("plan", "merge")]
    assert [cache["unprotect"] for cache in caches] == [True, True]
    assert [cache["fallback_keys"] for cache in caches] == [["juncture-history-main"]] * 2


@pytest.mark.parametrize(
    ("pattern", "branch", "matches"),
    [
        ("release/*", "release/1.0", True),
        ("release/*", "release/1.0/fix", False),
        ("release/*", "prerelease/1.0", False),
        ("feature/**", "feature/a", True),
        ("feature/**", "feature/a/b", True),
        ("**-fix", "team/a/b-fix", True),
        ("v1.*", "v12", False),
    ],
)
def test_a_pattern_means_what_it_means_on_github(pattern: str, branch: str, *, matches: bool) -> None:
    """One star ends at a slash, two of them cross it."""
    rules = jobs(f'[ci]\nbranches = ["main", "{pattern}"]')["workflow"]["rules"]
    rule = rules[-1]["if"].removeprefix("$CI_COMMIT_BRANCH =~ /").removesuffix("/")
    assert bool(re.search(rule, branch)) == matches
