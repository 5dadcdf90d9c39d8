"""Which lines an integration point is made of, and which of them ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.config import parse
from juncture.merging.points import body_lines, measure_points
from juncture.services import schemas

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.config import Config

SOURCE = '''"""A module."""
import os
LIMIT = 3
def plain(a):
    """Do it."""
    b = a
    return b
class C:
    x = 1
    async def method(self):
        if self:
            return 1
        else:
            y = 2
        try:
            def inner():
                return 3
            z = inner()
        except ValueError:
            z = 4
        match z:
            case 1:
                return 5
        with open(os.devnull):
            pass
'''


def test_body_lines() -> None:
    """Statements inside functions count; definitions, docstrings and the module's own lines do not."""
    assert sorted(body_lines(SOURCE)) == [6, 7, 11, 12, 14, 15, 17, 18, 20, 21, 23, 24, 25]


def test_an_import_alone_covers_nothing(tmp_path: Path) -> None:
    """A module that was only imported, and so ran its definitions, leaves its point at zero."""
    (tmp_path / "a.py").write_text(SOURCE)
    config = _config(tmp_path)
    (point,) = measure_points(config, lambda _: frozenset({1, 2, 3, 4, 8, 9, 10}))
    assert (point.total, point.covered) == (13, 0)
    (point,) = measure_points(config, lambda _: frozenset({4, 6, 7}))
    assert point.run == {"a.py": (6, 7)}


def test_a_source_is_of_the_encoding_that_it_declares(tmp_path: Path) -> None:
    """A byte-order mark, and a cookie of latin-1, are Python like any other."""
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbfdef f():\n    return 1\n")
    (tmp_path / "latin.py").write_bytes(b"# coding: latin-1\ndef f():\n    return '\xe9'\n")
    (point,) = measure_points(_config(tmp_path), lambda _: frozenset({2, 3}))
    assert (point.lines, point.refused) == ({"bom.py": (2,), "latin.py": (3,)}, ())
    assert point.run == point.lines


def test_a_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    """The other files are measured, and the point says which ones it lacks, and why."""
    (tmp_path / "a.py").write_text("def f():\n    return 1\n")
    (tmp_path / "bytes.py").write_bytes(b"x = 1\ny = '\xe9'\n")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "later.py").write_text("def f(:\n")
    (tmp_path / "null.py").write_bytes(b"x = '\0'\n")
    (point,) = measure_points(_config(tmp_path), lambda _: frozenset())
    assert point.lines == {"a.py": (2,)}
    assert [line.split(": ")[:2] for line in point.refused] == [
        ["the point a-db is not known", "bytes.py is no Python of this version"],
        ["the point a-db is not known", "folder.py can't be read"],
        ["the point a-db is not known", "later.py is no Python of this version"],
        ["the point a-db is not known", point.refused[3].split(": ")[1]],
    ]
    assert point.refused[3].split(": ")[1].startswith("null.py is no Python")
    assert point.refused[2].endswith(": invalid syntax in line 1")


def _config(root: Path) -> Config:
    """Return a declaration of one point, of all Python files."""
    table = {"services": {"db": {"kind": "postgres"}}, "points": {"a-db": {"code": ["*.py"], "service": "db"}}}
    return parse(table, root=root, kinds=schemas(), project="p")
