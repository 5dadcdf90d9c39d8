"""The CI on a laptop: what three shards report together is what one run reports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import CoverageData

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
NOXFILE = """
import sys
sys.path.insert(0, {source!r})
from juncture.sessions import register
register()
"""


@pytest.fixture(scope="module")
def shop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a copy of the reference application with a noxfile of its own."""
    folder = tmp_path_factory.mktemp("shop") / "shop"
    shutil.copytree(ROOT / "examples" / "shop", folder, ignore=shutil.ignore_patterns("reports", "__pycache__", ".*"))
    (folder / "noxfile.py").write_text(NOXFILE.format(source=str(ROOT / "ci")))
    assert home.is_dir()
    yield folder
    shutil.rmtree(folder)


def nox(shop: Path, home: Path, *words: str) -> str:
    """Run Nox in the shop, which must succeed; return what it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUNCTURE", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "nox", *words],
        cwd=shop,
        env={**inherited, "JUNCTURE_HOME": str(home), "JUNCTURE_PROVIDER": "embedded", "CI": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.long
def test_three_shards_are_one_run(shop: Path, home: Path) -> None:
    """Merged, three shards have the same tests with the same outcomes, and the same lines, as one run."""
    whole = nox(shop, home, "-s", "integration")
    parts = nox(shop, home, "-s", "pipeline", "--", "--shards", "3")
    assert "integration   " in whole
    assert "3 shards" in parts
    one, three = shop / "reports" / "integration", shop / "reports" / "pipeline" / "merged"
    assert cases(one) == cases(three)
    assert lines(one) == lines(three)
    assert (one / "points.json").read_text() == (three / "points.json").read_text()


@pytest.mark.long
def test_removing_a_test_changes_its_points_alone(shop: Path, home: Path) -> None:
    """Without the tests of the cache, the cache's point is run by fewer lines, and no other point changes."""
    nox(shop, home, "-s", "integration")
    before = points(shop / "reports" / "integration")
    nox(shop, home, "-s", "integration", "--", "--ignore=tests/integration/catalogue/test_cache.py")
    after = points(shop / "reports" / "integration")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"catalogue-cache"}


def cases(folder: Path) -> list[tuple[str, str, list[str]]]:
    """Return each test of a JUnit file with what became of it, sorted."""
    tree = ET.parse(folder / "junit.xml")  # noqa: S314 - our own file
    return sorted(
        (case.get("classname", ""), case.get("name", ""), [child.tag for child in case if child.tag != "properties"])
        for case in tree.iter("testcase")
    )


def lines(folder: Path) -> dict[str, list[int]]:
    """Return the executed lines of each measured file."""
    data = CoverageData(basename=str(folder / "coverage.data"))
    data.read()
    return {name: sorted(data.lines(name) or ()) for name in sorted(data.measured_files())}


def points(folder: Path) -> dict[str, object]:
    """Return what ran of each declared point."""
    return {point["name"]: point["run"] for point in json.loads((folder / "points.json").read_text())["points"]}
