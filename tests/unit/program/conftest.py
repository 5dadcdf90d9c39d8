"""A toy program, and a real process of it for each command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

import juncture

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

TOY = '''
import json, shlex, sys, time
from invoke import Collection, Exit, task
from juncture.errors import ConfigError
from juncture.program import Command, Program


@task(positional=["bundle"], iterable=["bundle", "expect"], help={"out": "write to DIR", "bundle": "merge BUNDLE"})
def merge(c, bundle=None, out="", expect=None, dry=False, fast=True):
    """Merge bundles.

    They come from shards.

    Examples:
        toy merge --out here one two
    """
    print(json.dumps({"bundle": bundle, "out": out, "expect": expect, "dry": dry, "fast": fast}))


@task(klass=Command, remainder="-- CMD...")
def words(c):
    """Print what follows."""
    print(json.dumps(shlex.split(c.remainder)))


@task(klass=Command, help={"count": "repeat N times"})
def greet(c, name, count=1):
    """Greet NAME."""
    print(" ".join([name] * count))


@task
def broken(c):
    raise ConfigError("unknown key", where="pyproject.toml", hint="Remove it.")


@task
def defect(c):
    print("before")
    raise RuntimeError("oops")


@task
def lines(c):
    for number in range(200_000):
        print(number)


@task
def pipe(c):
    raise BrokenPipeError("not the pipe of the output")


@task
def wait(c):
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        print("released", flush=True)


@task
def leave(c):
    raise Exit(code=7)


namespace = Collection(merge, words, greet, services=Collection(broken, defect, lines, pipe, wait, leave))
if __name__ == "__main__":
    Program(namespace, version="1.2", title="a toy").run()
'''


@pytest.fixture
def environment() -> dict[str, str]:
    """Return the environment of a process that can import juncture and has 80 columns."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(Path(juncture.__file__).parents[1]),
        "COLUMNS": "80",
    }


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Write the toy program."""
    file = tmp_path / "tasks.py"
    file.write_text(TOY)
    return file


@pytest.fixture
def run(toy: Path, environment: dict[str, str]) -> Run:
    """Return a function that runs the toy program and returns what it printed."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(toy), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment | more, timeout=30)

    return run
