"""The summary as Markdown: a file beside the result, and a CI job's step summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.merging.values import Merged

__all__ = ["LIMIT", "summary_markdown"]

LIMIT = 1024 * 1024
"""Bytes of GitHub's step summary, over which it is dropped whole while the step stays green.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits
"""

MARKS = {"passed": "✅", "failed": "❌", "incomplete": "❌"}


def summary_markdown(merged: Merged, lines: Sequence[str]) -> str:
    """Return the verdict as a heading, and the terminal's own ``lines``, aligned as they are there.

    Lines over the limit are left out from the end, and counted.
    """
    word = f"{MARKS[merged.verdict]} {merged.verdict}" + (", let pass by --allow-missing" if merged.let_pass else "")
    shown = [line.replace("```", "` ` `") for line in lines]
    left_out = 0
    while len((text := _page(word, shown, left_out)).encode(errors="backslashreplace")) > LIMIT:
        shown.pop()
        left_out += 1
    return text


def _page(word: str, lines: Sequence[str], left_out: int) -> str:
    rest = [f"... and {left_out} more lines"] if left_out else []
    return "\n".join([f"### {word}", "", "```text", *lines, *rest, "```", ""])
