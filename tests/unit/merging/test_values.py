"""Tests of ``juncture.merging.values``."""

from __future__ import annotations

from bundled import ran, recorded, suite_of

from juncture.merging.values import Code, Merged, Problem, Suite


def merged(suite: Suite, *codes: Code) -> Merged:
    """Return a result with these problems, of which what is missing may pass."""
    problems = tuple(Problem(code=code, text=code) for code in codes)
    return Merged(suites=(suite,), problems=problems, coverage=None, points=(), allow_missing=True)


def test_what_is_missing_may_pass() -> None:
    """The verdict stays; what is there and wrong is never let pass, and neither is nothing at all."""
    some, none = suite_of(recorded(ran("a"))), suite_of()
    assert merged(some, "shard-missing").verdict == "incomplete"
    assert merged(some, "shard-missing").let_pass
    assert not merged(some, "shard-missing", "process-torn").let_pass
    assert not merged(none, "shard-missing").let_pass
