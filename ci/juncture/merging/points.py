"""Declared integration points: how much of their code integration tests ran.

Only lines inside functions count: importing a module executes its definitions, nearly half of its lines, without a test
of anything.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from juncture.config import Config, Point

__all__ = ["PointCoverage", "body_lines", "measure_points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointCoverage:
    """One declared point: the lines of its functions' bodies, and those of them that integration tests ran.

    Both map a file, relative to the root in POSIX form, to sorted line numbers. ``refused`` tells, each in a sentence,
    of files that can't be read: with any of them the point is not known.
    """

    name: str
    service: str
    lines: dict[str, tuple[int, ...]]
    run: dict[str, tuple[int, ...]]
    refused: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return the number of lines."""
        return sum(map(len, self.lines.values()))

    @property
    def covered(self) -> int:
        """Return the number of lines that ran."""
        return sum(map(len, self.run.values()))


def measure_points(config: Config, executed: Callable[[str], frozenset[int]]) -> list[PointCoverage]:
    """Return the coverage of each declared point; ``executed`` returns a file's lines that integration tests ran."""
    return [_measure(config.root, point, executed) for point in config.points]


def body_lines(source: str | bytes) -> frozenset[int]:
    """Return the first lines of all statements inside functions, docstrings left out.

    A nested definition counts by its body, not by its own line. Bytes are of the encoding that they declare. Raise
    ``SyntaxError``, or a ``ValueError`` for a null byte, where it is no Python.
    """
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.update(_statements(node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body))
    return frozenset(found)


def _statements(body: Sequence[ast.AST]) -> Iterator[int]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.stmt):
            yield node.lineno
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                yield from _statements([child])


def _measure(root: Path, point: Point, executed: Callable[[str], frozenset[int]]) -> PointCoverage:
    lines, run, refused = {}, {}, []
    for path in sorted({path for pattern in point.code for path in root.glob(pattern) if path.suffix == ".py"}):
        name = path.relative_to(root).as_posix()
        try:
            body = body_lines(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            refused.append(f"the point {point.name} is not known: {name} {_why(error)}")
            continue
        lines[name] = tuple(sorted(body))
        run[name] = tuple(sorted(body & executed(name)))
    return PointCoverage(name=point.name, service=point.service, lines=lines, run=run, refused=tuple(refused))


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"can't be read: {error.strerror}"
    if isinstance(error, SyntaxError):
        line = f" in line {error.lineno}" if error.lineno else ""
        return f"is no Python of this version: {error.msg}{line}"
    return f"is no Python: {error}"
