"""The comment on a pull request: which result it shows, and which comment it writes anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipelines import LOCK
from programs import needs

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

BOT = "github-actions[bot]"

GH = """
import json, pathlib, subprocess, sys
words, options = [], {}
rest = iter(sys.argv[1:])
for word in rest:
    if word in {"--method", "--jq", "--field"}:
        options[word] = next(rest)
    elif word not in {"--paginate", "--silent"}:
        words.append(word)
api, path = words
assert api == "api", words
store = pathlib.Path("comments.json")
comments = json.loads(store.read_text())
if "--jq" in options:
    assert path.partition("?")[0] == "repos/shop/shop/issues/7/comments", path
    subprocess.run(["jq", "-r", options["--jq"]], input=json.dumps(comments), text=True, check=True)
    sys.exit()
name, _, value = options["--field"].partition("=@")
assert name == "body"
body = pathlib.Path(value).read_text()
if options.get("--method") == "PATCH":
    (there,) = (each for each in comments if path == f"repos/shop/shop/issues/comments/{each['id']}")
    there["body"] = body
else:
    assert path == "repos/shop/shop/issues/7/comments", path
    comments.append({"id": len(comments) + 1, "user": {"login": "github-actions[bot]"}, "body": body})
store.write_text(json.dumps(comments))
"""
"""Stands for GitHub's client and for the comments of one pull request, in a file."""


def job(name: str) -> dict[str, Any]:
    """Return a job of the workflow that comments."""
    config = parse({"ci": {"comment": True}}, root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(), ["github"])
    found = yaml.safe_load(file.text)["jobs"][name]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def pull_request(tmp_path: Path) -> Path:
    """Return a folder with a client of GitHub's, the result of a run, and comments of others."""
    (tmp_path / "gh").write_text(f"#!{sys.executable}{GH}")
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "merged").mkdir()
    others = [
        {"id": 1, "user": {"login": "somebody"}, "body": "<!-- juncture: tests -->\nquoted"},
        {"id": 2, "user": {"login": BOT}, "body": "of another workflow"},
        {"id": 3, "user": {"login": BOT}, "body": "<!-- juncture: nightly -->\nof another workflow of juncture's"},
    ]
    (tmp_path / "comments.json").write_text(json.dumps(others))
    return tmp_path


def comment(folder: Path, summary: str) -> list[str]:
    """Run the step that comments; return the texts of all comments."""
    (folder / "merged" / "summary.md").write_text(summary)
    step = job("comment")["steps"][-1]
    own = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "GITHUB_WORKFLOW": "tests"}
    own |= {"GH_TOKEN": "stands-for-one", "NUMBER": "7", "REPOSITORY": "shop/shop"}
    words = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
    subprocess.run(words, cwd=folder, env=own, check=True)
    return [each["body"] for each in json.loads((folder / "comments.json").read_text())]


@needs("jq")  # it does for the stand-in what GitHub's client has built in
def test_each_run_writes_its_own_comment_anew(pull_request: Path) -> None:
    """Whoever has commented last: the comment of this workflow is found by its mark, and no other is touched."""
    others = [each["body"] for each in json.loads((pull_request / "comments.json").read_text())]
    mark = "<!-- juncture: tests -->\n"
    assert comment(pull_request, "red") == [*others, f"{mark}red"]
    later = json.loads((pull_request / "comments.json").read_text())
    later.append({"id": 9, "user": {"login": BOT}, "body": "of a workflow that was slower"})
    (pull_request / "comments.json").write_text(json.dumps(later))
    assert comment(pull_request, "green") == [*others, f"{mark}green", "of a workflow that was slower"]


def test_a_comment_that_runs_again_finds_the_result() -> None:
    """A job that is run again alone is of a later attempt than the merge, which tells what it has left."""
    merge, again = job("merge"), job("comment")
    (kept,) = (step["with"]["name"] for step in merge["steps"] if step["name"] == "Keep the result")
    fetch = again["steps"][0]["with"]
    assert merge["outputs"] == {"merged": kept}
    assert fetch["name"] == "${{ needs.merge.outputs.merged }}"
    assert (fetch["github-token"], fetch["run-id"]) == ("${{ github.token }}", "${{ github.run_id }}")
    assert again["permissions"]["actions"] == "read"
    assert "needs.merge.outputs.merged != ''" in again["if"]
