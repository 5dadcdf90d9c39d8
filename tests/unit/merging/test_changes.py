"""Which lines a diff says were changed."""

from __future__ import annotations

import pytest

from juncture.merging.changes import base_of, changed_lines

HEAD = "diff --git a/{0} b/{0}\nindex 1..2 100644\n--- a/{0}\n+++ b/{0}\n"


@pytest.mark.parametrize(
    ("hunks", "lines"),
    [
        ("@@ -1 +1 @@\n-a\n+b\n", {1}),
        ("@@ -0,0 +1,3 @@\n+a\n+b\n+c\n", {1, 2, 3}),
        ("@@ -4,2 +3,0 @@ def f():\n-a\n-b\n", set()),
        ("@@ -1,2 +1,3 @@ x\n-a\n-b\n+c\n+d\n+e\n@@ -9,0 +11 @@ y\n+z\n", {1, 2, 3, 11}),
        ("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n", {1}),
        ("@@ -1,2 +1,2 @@\n--- a/other.py\n-x\n+++ b/other.py\n+@@ -1 +50 @@\n", {1, 2}),
        ("@@ -1 +1 @@\n-a\r\n+b\r\n", {1}),
        ("@@ -1 +1,2 @@\n-a\n+b\x0c+++ b/x\n+c\u2028@@ -1 +9 @@\n", {1, 2}),
    ],
)
def test_lines_of_one_file(hunks: str, lines: set[int]) -> None:
    """Added and changed lines count by their new number; content that looks like a header is content."""
    found = changed_lines(HEAD.format("shop/a.py") + hunks)
    assert found == ({"shop/a.py": lines} if lines else {})


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("+++ b/shop/a.py", "shop/a.py"),
        ("+++ b/with blanks.py\t", "with blanks.py"),
        ('+++ "b/tab\\there.py"', "tab\there.py"),
        ('+++ "b/quote\\"\\\\.py"', 'quote"\\.py'),
        ('+++ "b/\\303\\244.py"', "ä.py"),
        ("+++ b/ä.py", "ä.py"),
        ("+++ b/b/a.py", "b/a.py"),
        ("+++ /dev/null", ""),
    ],
)
def test_names_as_git_writes_them(header: str, name: str) -> None:
    """Quoted names and those with blanks are read; what was removed has no lines."""
    found = changed_lines(f"--- a/x\n{header}\n@@ -1 +1 @@\n-a\n+b\n")
    assert found == ({name: {1}} if name else {})


def test_files_without_lines_are_left_out() -> None:
    """Renamed, binary and emptied files change no line."""
    diff = (
        "diff --git a/a.py b/b.py\nsimilarity index 100%\nrename from a.py\nrename to b.py\n"
        "diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n"
        + HEAD.format("c.py")
        + "@@ -1 +0,0 @@\n-a\n"
    )
    assert changed_lines(diff) == {}
    assert changed_lines("") == {}


@pytest.mark.parametrize(
    ("environ", "base"),
    [
        ({}, ""),
        ({"CI_DEFAULT_BRANCH": "main"}, "origin/main"),
        ({"CI_DEFAULT_BRANCH": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "abc"}, "abc"),
        ({"GITHUB_BASE_REF": "main"}, "origin/main"),
        ({"GITHUB_BASE_REF": ""}, ""),
    ],
)
def test_base_of_a_ci_job(environ: dict[str, str], base: str) -> None:
    """The platform tells what a change goes to."""
    assert base_of(environ) == base
