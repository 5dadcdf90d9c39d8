"""A project with data files of coverage in a bundle, and what is in them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coverage import CoverageData

from juncture.merging.coverage import combine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from juncture.merging.coverage import Measured

__all__ = ["LINES", "Project", "lines_in"]

SOURCE = """def one(x):
    if x:
        return 1
    return 2


def two():
    return 3
"""
LINES = [1, 2, 3, 7]
ARCS = [(-1, 1), (1, 7), (7, -1), (-1, 2), (2, 3), (3, -1)]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with sources, coverage's settings, and a bundle with data files."""

    root: Path

    @property
    def bundle(self) -> Path:
        """Return the folder of the data files."""
        return self.root / "bundle" / "coverage"

    @property
    def settings(self) -> Path:
        """Return coverage's configuration file."""
        return self.root / "coverage.ini"

    @property
    def out(self) -> Path:
        """Return the folder for results."""
        return self.root / "out"

    def source(self, name: str) -> str:
        """Write a source file and return its name."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(SOURCE)
        return name

    def data(self, name: str, lines: Mapping[str, Sequence[int]], context: str = "integration") -> Path:
        """Write a data file of statements."""
        path = self.bundle / f"data.{name}"
        data: CoverageData = CoverageData(str(path))
        data.set_context(context)
        data.add_lines(lines)
        data.write()
        data.close()
        return path

    def branches(self, name: str, *files: str) -> Path:
        """Write a data file of branches in which half of each file ran."""
        path = self.bundle / f"data.{name}"
        data: CoverageData = CoverageData(str(path))
        data.set_context("integration")
        data.add_arcs(dict.fromkeys(files, ARCS))
        data.write()
        data.close()
        return path

    def combine(self) -> Measured:
        """Combine the bundle from somewhere else than the project."""
        self.out.mkdir(exist_ok=True)
        measured = combine([self.bundle], self.out, self.settings, self.root)
        assert measured is not None
        assert not list(self.out.glob("*.new*")), "something unfinished was left"
        return measured

    def combine_apart(self) -> Measured:
        """Combine the bundle in a process that has no threads, as a merge is, and divides whatever it can."""
        self.out.mkdir(exist_ok=True)
        code = "import pickle, sys; sys.stdout.buffer.write(pickle.dumps(combine([bundle], out, settings, root)))"
        names = {"bundle": self.bundle, "out": self.out, "settings": self.settings, "root": self.root}
        places = "; ".join(f"{name} = Path({str(path)!r})" for name, path in names.items())
        imports = "from pathlib import Path; from juncture.merging.coverage import combine, combining, parts"
        eager = "combining.LARGE, parts.BUSY = 0, 1e9"
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", f"{imports}; {eager}; {places}; {code}"],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        measured: Measured = pickle.loads(done.stdout)  # noqa: S301 - our own
        assert not list(self.out.glob("*.new*")), "something unfinished was left"
        return measured


def lines_in(path: Path) -> dict[str, dict[str, Any]]:
    """Return what a data file has, by file and context."""
    data: CoverageData = CoverageData(str(path))
    data.read()
    found: dict[str, dict[str, Any]] = {}
    for context in sorted(data.measured_contexts()):
        data.set_query_context(context)
        for name in data.measured_files():
            found.setdefault(name, {})[context] = sorted((data.arcs if data.has_arcs() else data.lines)(name) or ())
    data.close()
    return found
