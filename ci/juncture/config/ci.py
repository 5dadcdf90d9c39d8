"""What ``[tool.juncture.ci]`` means: which CI files there are, and what a project changes in them."""

from __future__ import annotations

from juncture.values import Value

__all__ = ["Ci", "Job"]


class Job(Value, kw_only=True):
    """A job of the project's own, beside those of juncture; the merge waits for it. ``timeout`` is in seconds."""

    name: str
    run: tuple[str, ...]
    timeout: float = 1800.0


class Ci(Value, kw_only=True):
    """What a project says of its CI jobs.

    ``platforms`` are rendered; ``python`` has the versions, of which several are those that the noxfile registers.
    ``runner`` are the labels of GitHub's runner, ``tags`` those of GitLab's. With ``container`` jobs run in that image,
    which has Python. ``install`` are the commands that bring Nox and juncture, empty for juncture's own; ``setup`` runs
    before each session. ``timeout`` is in seconds and holds for each job. ``env`` are variables of every job,
    ``permissions`` further ones of GitHub's jobs with tests. ``comment`` writes the summary to the pull request.
    """

    platforms: tuple[str, ...] = ("github",)
    python: tuple[str, ...] = ("3.13",)
    runner: tuple[str, ...] = ("ubuntu-24.04",)
    tags: tuple[str, ...] = ()
    container: str = ""
    branches: tuple[str, ...] = ("main",)
    timeout: float = 1800.0
    install: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    comment: bool = False
    env: tuple[tuple[str, str], ...] = ()
    permissions: tuple[tuple[str, str], ...] = ()
    jobs: tuple[Job, ...] = ()
