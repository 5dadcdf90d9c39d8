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
