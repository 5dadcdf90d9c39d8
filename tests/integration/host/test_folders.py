"""Tests of ``juncture.host.folders`` between real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Child

SECRET = """
import json, os, sys
from pathlib import Path
from juncture.host.folders import data_folder, secret
sys.stdin.readline()
home = Path(os.environ["JUNCTURE_HOME"])
print(json.dumps([secret(home), str(data_folder(home))]))
"""


def test_twenty_processes_make_one_secret(
    bare_home: Path, child: Child, answers: Callable[[list[subprocess.Popen[str]]], list[Any]]
) -> None:
    """All that start at once in an empty home agree on the password and on the data folder."""
    processes = [child(SECRET, home=bare_home) for _ in range(20)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    found = {tuple(answer) for answer in answers(processes)}
    assert len(found) == 1
    assert (bare_home / "run" / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (bare_home / "run").iterdir()] == ["secret"]
