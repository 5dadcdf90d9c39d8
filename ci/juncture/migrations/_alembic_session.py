"""Run Alembic's commands in a process of their own, as they are asked for: one line of JSON each way.

Run as a file by the Python that has the project and Alembic, which need not have juncture. The environment says which
database it is, as it does for ``migrate``. What the migrations print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import CommandLine, Config
from alembic.script import ScriptDirectory


class Configured(CommandLine):
    """Alembic's command line, which reads its words as always and runs nothing."""

    config: Config

    def run_cmd(self, config: Config, options: Any) -> None:
        """Keep what a command would be given."""
        del options
        self.config = config


def configured(words: list[str]) -> Config:
    """Return the configuration that the words of a command make."""
    line = Configured()
    line.main(words)
    return line.config


def answer(question: dict[str, str], words: list[str]) -> object:
    """Do what is asked, and return what there is to say."""
    config = configured(words)
    options: Any = config.cmd_opts
    target = question.get("to", "")
    match question["do"]:
        case "revisions":
            return revisions(ScriptDirectory.from_config(config))
        case "ensure":
            command.ensure_version(config)
        case "upgrade":
            command.upgrade(config, target or options.revision)
        case "downgrade":
            command.downgrade(config, target or "base")
    return None


def revisions(scripts: ScriptDirectory) -> object:
    """Return the heads, and all revisions so that each comes after those that it builds on."""
    every = [
        {"id": each.revision, "down": each._versioned_down_revisions, "path": each.path}  # noqa: SLF001 - None, one, many
        for each in reversed(list(scripts.walk_revisions()))
    ]
    return {"heads": list(scripts.get_heads()), "revisions": every, "folders": [str(each) for each in folders(scripts)]}


def folders(scripts: ScriptDirectory) -> list[Path]:
    """Return the folders that hold revisions."""
    return sorted({Path(each.path).parent for each in scripts.walk_revisions()})


def failure(error: BaseException, words: list[str]) -> dict[str, object]:
    """Return an error's text, and the line of a revision that it came from."""
    place = ""
    try:
        inside = folders(ScriptDirectory.from_config(configured(words)))
        frames = traceback.extract_tb(error.__traceback__)
        place = next(
            (f"{each.filename}:{each.lineno}" for each in reversed(frames) if Path(each.filename).parent in inside), ""
        )
    except Exception:  # noqa: BLE001 - the error itself matters more than its place
        place = ""
    return {"error": f"{type(error).__name__}: {error}".rstrip(": "), "place": place}


def main(words: list[str]) -> None:
    """Answer questions until there are no more."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            found: dict[str, object] = {"found": answer(json.loads(line), words)}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a migration may raise anything, also leave
            found = failure(error, words)
        told.write(json.dumps(found) + "\n")
        told.flush()


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())  # not this folder: its modules are not the project's
    main(sys.argv[1:])
