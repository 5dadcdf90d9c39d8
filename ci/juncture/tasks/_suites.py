"""What a merge is told of suites, as ``SUITE=...`` words of its command line, and what the declaration says of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from juncture.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.config import Config

__all__ = ["declared_shards", "expected_shards", "job_results", "junit_files"]

RESULTS = ("success", "failure", "cancelled", "skipped")
"""What GitHub says of a job that another one needs; docs: contexts, ``needs.<job>.result``."""


def declared_shards(config: Config | None) -> dict[str, int]:
    """Return the suites that the declaration has folders for, and how many jobs each of them has.

    Whoever declares services has integration tests: a folder that is not there was renamed, or is not checked out.
    """
    if config is None:
        return {}
    there = {"unit": (config.unit, 1), "integration": (config.integration, config.shards)}
    return {
        suite: number
        for suite, (folders, number) in there.items()
        if (suite == "integration" and config.services) or any((config.root / folder).is_dir() for folder in folders)
    }


def expected_shards(texts: Sequence[str]) -> dict[str, int]:
    """Return how many shards each suite must have, from ``suite=N`` texts."""
    expected: dict[str, int] = {}
    for suite, number in _pairs(texts, where="--expect", form="SUITE=N", example="integration=4"):
        if not re.fullmatch("[1-9][0-9]{0,2}", number):
            hint = "Write the suite and its number of shards: --expect integration=4"
            raise UsageError(f'"{suite}={number}" is not SUITE=N', where="--expect", hint=hint)
        expected[suite] = int(number)
    return expected


def job_results(texts: Sequence[str]) -> dict[str, str]:
    """Return what became of each suite's jobs, from ``suite=result`` texts; a matrix has several suites."""
    results = {}
    for suite, result in _pairs(texts, where="--job", form="SUITE=RESULT", example="integration=success"):
        if result not in RESULTS:
            raise UsageError(f'"{result}" is no result of a job', where="--job", hint=f"One of: {', '.join(RESULTS)}")
        results[suite] = result
    return results


def junit_files(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the files of each suite of other tools, from ``suite=file`` texts; a suite may have several."""
    files: dict[str, list[str]] = {}
    for text in texts:
        suite, _, file = text.partition("=")
        if not suite or not file:
            raise UsageError(f'"{text}" is not SUITE=FILE', where="--junit", hint="For example --junit jest=junit.xml")
        files.setdefault(suite, []).append(file)
    return files


def _pairs(texts: Sequence[str], *, where: str, form: str, example: str) -> list[tuple[str, str]]:
    """Return the texts as pairs, each suite once."""
    pairs: dict[str, str] = {}
    for text in texts:
        suite, equals, value = text.partition("=")
        if not suite or not equals or not value:
            raise UsageError(f'"{text}" is not {form}', where=where, hint=f"For example {where} {example}")
        if suite in pairs:
            raise UsageError(f'the suite "{suite}" is given twice', where=where)
        pairs[suite] = value
    return list(pairs.items())
