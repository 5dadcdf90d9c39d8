"""Alembic, asked in a process of its own: it is fast, and nothing of it is left in the tests' process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from juncture.errors import StateError
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Alembic", "Revision", "position"]

SESSION = Path(__file__).with_name("_alembic_session.py")

LAST_LINES = 25
"""Lines of what Alembic printed that are shown where it ends by itself."""


class Revision(Value):
    """One revision: its id, those that it builds on, and its file."""

    id: str
    down: tuple[str, ...]
    path: Path

    def told(self, root: Path) -> str:
        """Return what people call it, with its file relative to the root."""
        return f"{self.id} ({_below(self.path, root)})"


def position(words: Sequence[str]) -> int | None:
    """Return where Alembic stands in a command, None where it is another tool's."""
    names = [PurePath(word).name for word in words]
    return names.index("alembic") if "alembic" in names else None


class Alembic:
    """The migrations of one database; ``words`` is the command that upgrades it."""

    def __init__(self, words: Sequence[str], *, root: Path, environment: Mapping[str, str], where: str) -> None:
        """Start nothing yet; ``where`` is what messages call the service."""
        self._words = words
        self._root = root
        self._environment = environment
        self._where = where
        self._process: subprocess.Popen[str] | None = None
        self._ensured = False
        self._printed = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - closed with the process

    def ensure(self) -> None:
        """Make the table that knows the revision: that is no trace of a migration. A second call does nothing."""
        if not self._ensured:
            self._ask("ensure")
            self._ensured = True

    def upgrade(self, to: str = "") -> None:
        """Upgrade to a revision, as far as the command does where none is named."""
        self._ask("upgrade", to)

    def downgrade(self, to: str = "") -> None:
        """Downgrade to a revision, to base where none is named."""
        self._ask("downgrade", to)

    def revisions(self) -> tuple[tuple[str, ...], tuple[Revision, ...]]:
        """Return the heads, and all revisions, each after those that it builds on."""
        found = self._ask("revisions")
        every = (Revision(each["id"], _many(each["down"]), Path(each["path"])) for each in found["revisions"])
        return tuple(found["heads"]), tuple(every)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()
        self._printed.close()

    def _ask(self, what: str, to: str = "") -> Any:
        __tracebackhide__ = True
        process = self._process = self._process or self._start()
        assert process.stdin  # noqa: S101 - both are pipes
        assert process.stdout  # noqa: S101
        where = f"{self._where}: {self._said(what, to)}"
        try:
            process.stdin.write(json.dumps({"do": what, "to": to}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            code = process.wait()
            self._process = None
            raise StateError(f"it ended with exit code {code}\n{self._tail()}", where=where)
        answer = json.loads(line)
        if "error" in answer:
            place = f"\n  in {_below(Path(answer['place']), self._root)}" if answer["place"] else ""
            raise StateError(f"{answer['error']}{place}", where=where)
        return answer["found"]

    def _start(self) -> subprocess.Popen[str]:
        at = position(self._words) or 0
        search = os.pathsep.join([str(Path(sys.executable).parent), self._environment.get("PATH", os.defpath)])
        argv = [*_interpreter(self._words[: at + 1]), str(SESSION), *self._words[at + 1 :]]
        try:
            return subprocess.Popen(
                argv,
                cwd=self._root,
                env={**self._environment, "PATH": search},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._printed,
                text=True,
            )
        except OSError as error:
            hint = "is it installed in the environment of the tests?"
            raise StateError(str(error), where=f"{self._where}: {argv[0]}", hint=hint) from None

    def _said(self, what: str, to: str) -> str:
        if what == "upgrade" and not to:
            return " ".join(self._words)
        return " ".join(filter(None, ["alembic", what, to or ("base" if what == "downgrade" else "")]))

    def _tail(self) -> str:
        self._printed.seek(0)
        return "\n".join(f"  | {line}" for line in self._printed.read().splitlines()[-LAST_LINES:])


def _interpreter(words: Sequence[str]) -> list[str]:
    """Return what runs a file of Python where ``words``, of which the last is Alembic, run that."""
    *before, alembic = words
    if before and before[-1] == "-m":
        return before[:-1]
    folder = PurePath(alembic).parent
    if folder != PurePath():
        return [*before, str(folder / "python")]
    return [*before, "python"] if before else [sys.executable]


def _many(down: object) -> tuple[str, ...]:
    if down is None:
        return ()
    return (down,) if isinstance(down, str) else tuple(map(str, down)) if isinstance(down, list) else ()


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
