"""The kind that docs/how-to/add-a-kind.md adds: its text is installed, declared and used."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from programs import needs

from juncture import services
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.integration.conftest import Declare

pytestmark = needs("beanstalkd")

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-kind.md"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Install the page's file and line as a distribution; return the file."""
    blocks = re.findall(r"```(python|toml)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    source, line, _ = (text for _, text in blocks)
    info = tmp_path / "juncture_beanstalkd-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: juncture-beanstalkd\nVersion: 0.1\n")
    group, _, entry = line.partition("\n")
    assert group == '[project.entry-points."juncture.services"]'
    (info / "entry_points.txt").write_text("[juncture.services]\n" + entry.replace('"', ""))
    (tmp_path / "juncture_beanstalkd.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    services.kind.cache_clear()
    yield source
    services.kind.cache_clear()
    sys.modules.pop("juncture_beanstalkd", None)


def test_kind_of_the_page_works(installed: str, declare: Declare, environ: Mapping[str, str]) -> None:
    """It starts, two workers have a queue each, and a reset leaves nothing in it."""
    config = declare({"queue": {"kind": "beanstalkd"}})
    ask: Callable[..., str] = sys.modules["juncture_beanstalkd"].ask
    put = b"put 0 0 60 5\r\nhello"
    with (
        open_workspace(config, environ=environ, worker="gw0") as one,
        open_workspace(config, environ=environ, worker="gw1") as other,
    ):
        mine, neighbours = one.endpoints["queue"], other.endpoints["queue"]
        assert one.environment == {"QUEUE_URL": f"beanstalk://127.0.0.1:{mine.port}"}
        assert ask(mine, put).startswith("INSERTED")
        assert ask(mine, put).startswith("INSERTED")
        assert ask(neighbours, b"peek-ready") == "NOT_FOUND\r\n"
        one.reset("queue")
        assert ask(mine, b"peek-ready") == "NOT_FOUND\r\n"
    assert len([line for line in installed.splitlines() if line.strip()]) < 60
    assert "beanstalkd" not in list(schemas())
