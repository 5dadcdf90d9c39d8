"""Which lines an integration point is made of, and which of them ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.config import parse
from juncture.merging.points import body_lines, measure_points
from juncture.services import schemas

if TYPE_CHECKING:
    from pathlib import Path

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
    table = {"services": {"db": {"kind": "postgres"}}, "points": {"a-db": {"code": ["*.py"], "service": "db"}}}
    config = parse(table, root=tmp_path, kinds=schemas(), project="p")
    (point,) = measure_points(config, lambda _: frozenset({1, 2, 3, 4, 8, 9, 10}))
    assert (point.total, point.covered) == (13, 0)
    (point,) = measure_points(config, lambda _: frozenset({4, 6, 7}))
    assert point.run == {"a.py": (6, 7)}
