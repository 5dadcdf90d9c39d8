"""One plan on every Python: other versions, other hash seeds, other orders of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import suites

import juncture
from juncture.sharding import make_plan, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

TRIALS = """
import random, sys
from suites import made_suite
from juncture.sharding import make_plan, to_json
first, last = map(int, sys.argv[1:])
for seed in range(first, last):
    tests, history = made_suite(seed, 5 + seed % 30, 1 + seed % 12)
    shuffled = list(set(tests))
    random.SystemRandom().shuffle(shuffled)
    print(to_json(make_plan(shuffled, 1 + seed % 9, history, workers=1 + seed % 2)))
"""
"""Plans made-up suites: a set, whose order is that of its strings' hashes, and shuffled besides."""

EACH = 25
"""Suites in one process."""


@pytest.fixture(scope="module")
def pythons() -> list[str]:
    """Return the interpreters on the PATH that juncture supports and that really run, this one first."""
    found = [sys.executable]
    for version in ("3.11", "3.12", "3.13", "3.14"):
        name = shutil.which(f"python{version}")
        words = [name or "", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if name and subprocess.run(words, capture_output=True, text=True, check=False).stdout == f"{version}\n":
            found.append(name)
    return found


@pytest.mark.soak
def test_plans_are_equal_byte_by_byte(pythons: list[str], rounds: Callable[[int, int], int]) -> None:
    """Whoever makes the plan, and in whatever order the tests come: it is the same, so that shards never disagree."""
    folders = (Path(juncture.__file__).parents[1], Path(suites.__file__).parent)
    variables = {"PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONHASHSEED": "random"}
    for number in range(rounds(2 * len(pythons), 1000 // EACH)):
        first = number * EACH
        words = [pythons[number % len(pythons)], "-c", TRIALS, str(first), str(first + EACH)]
        done = subprocess.run(words, env=variables, capture_output=True, text=True, check=True)
        expected = []
        for seed in range(first, first + EACH):
            tests, history = suites.made_suite(seed, 5 + seed % 30, 1 + seed % 12)
            expected.append(to_json(make_plan(tests, 1 + seed % 9, history, workers=1 + seed % 2)))
        assert done.stdout.splitlines() == expected, words[0]
