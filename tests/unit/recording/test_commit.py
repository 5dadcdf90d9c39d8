"""What names the commit of a job."""

from __future__ import annotations

from juncture.recording.commit import commit_named


def test_the_users_own_variable_comes_first() -> None:
    """Then the platforms' variables; without any of them nobody knows."""
    assert commit_named({"GITHUB_SHA": "b", "JUNCTURE_COMMIT": "a"}) == "a"
    assert commit_named({"CI_COMMIT_SHA": "c", "JUNCTURE_COMMIT": ""}) == "c"
    assert commit_named({}) == ""
