"""The table ``[tool.juncture.ci]``: its keys, the forms that only they have, and how it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from juncture.config._checks import check_names
from juncture.config._forms import Duration, Form, Image, Switch, Table
from juncture.config._keys import Key
from juncture.config._problems import InvalidError
from juncture.config._reader import below
from juncture.config._wording import listed, quoted, suggestion, type_name
from juncture.config.ci import Ci, Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config._reader import Reader

__all__ = ["CI", "JOB", "OWN_JOBS", "PERMISSIONS", "PLATFORMS", "VARIABLE", "Chosen", "Several", "read_ci"]

PLATFORMS: Final = (
    *("github", "github-reusable", "gitlab", "gitlab-include", "gitlab-component"),
    *("compose", "kubernetes"),
)
OWN_JOBS: Final = ("plan", "unit", "integration", "merge", "comment")
PERMISSIONS: Final = (
    *("actions", "attestations", "checks", "contents", "deployments", "discussions", "id-token", "issues"),
    *("models", "packages", "pages", "pull-requests", "security-events", "statuses"),
)
"""What a token of GitHub may be given; docs: workflow syntax, ``permissions``."""

VARIABLE: Final = "[A-Za-z_][A-Za-z0-9_]*"
_LEVELS: Final = ("read", "write", "none")
_LONGEST: Final = 6 * 3600
"""Seconds; what a job on GitHub's own runners may take."""

_LINE: Final = r"[!-~][^\x00-\x1f\x7f\x85\u2028\u2029]*"
"""What a block of YAML takes as it stands: it begins with no blank, and has no end of line in it."""


_BRANCH: Final = "[A-Za-z0-9_./*+@#-]+"


class Several(Form[tuple[str, ...]]):
    """A list of texts of one form."""

    def __init__(self, pattern: str, what: str, least: int = 0) -> None:
        """Take the pattern that each text matches as a whole, what to call such a text, and how many there must be."""
        self.pattern = pattern
        self.what = what
        self.least = least

    def read(self, value: object) -> tuple[str, ...]:
        """Accept a list of such texts, none of them twice."""
        if isinstance(value, str):
            raise InvalidError(f"must be a list of strings, not a string; write [{quoted(value)}]")
        if not isinstance(value, list | tuple):
            raise InvalidError(f"must be a list of strings, not {type_name(value)}")
        if len(value) < self.least:
            raise InvalidError("must not be empty")
        problems = []
        for item in value:
            if not isinstance(item, str):
                problems.append(f"must be a list of strings, but holds {type_name(item)}")
            elif re.fullmatch(self.pattern, item) is None:
                problems.append(f"{quoted(item)} is no {self.what}")
        texts = [item for item in value if isinstance(item, str)]
        problems += [f"{quoted(item)} is there twice" for item in sorted({i for i in texts if texts.count(i) > 1})]
        if problems:
            raise InvalidError(*problems)
        return tuple(texts)


class Chosen(Form[tuple[str, ...]]):
    """A list of some of a few texts."""

    def __init__(self, *choices: str) -> None:
        """Take the texts in the order to list them."""
        self.choices = choices

    def read(self, value: object) -> tuple[str, ...]:
        """Accept a list of choices, none of them twice."""
        texts = Several(".*", "text", 1).read(value)
        if wrong := [text for text in texts if text not in self.choices]:
            raise InvalidError(
                *(f"unknown value {quoted(text)}.{suggestion(text, list(self.choices))}" for text in wrong)
            )
        return texts


_COMMANDS: Final = Several(_LINE, "command of one line")

CI: Final[tuple[Key[Any], ...]] = (
    Key("platforms", Chosen(*PLATFORMS), ("github",), '["github", "gitlab"]', "The files that are rendered."),
    Key("python", Several(r"3\.[1-9][0-9]?", "version such as 3.13", 1), ("3.13",), '["3.12", "3.13"]', "The Pythons."),
    Key("runner", Several(r"[!-~ ]+", "label", 1), ("ubuntu-24.04",), '["self-hosted", "linux"]', "GitHub's runner."),
    Key("tags", Several(r"[!-~ ]+", "tag"), (), '["docker"]', "The tags of GitLab's runner."),
    Key("container", Image(), "", '"python:3.13-slim"', "The image that jobs run in."),
    Key("branches", Several(_BRANCH, "branch", 1), ("main",), '["main", "release/*"]', "The first is the main one."),
    Key("timeout", Duration(_LONGEST), 1800.0, '"15m"', "How long a job may take."),
    Key("install", _COMMANDS, (), '["pip install -r ci.txt"]', "What brings Nox and juncture to a job."),
    Key("setup", _COMMANDS, (), '["sudo apt-get install -y libpq5"]', "What runs before each session."),
    Key("comment", Switch(), default=False, example="true", about="Whether the pull request gets the summary."),
    Key("env", Table(), {}, '{ LOG_LEVEL = "debug" }', "Variables of every job."),
    Key("permissions", Table(), {}, '{ id-token = "write" }', "What else GitHub's jobs with tests may do."),
    Key("jobs", Table(), {}, '{ docs = { run = ["nox -s docs"] } }', "Jobs of the project's own."),
)
"""The keys of ``[tool.juncture.ci]``."""

RUN: Final = Key("run", Several(_LINE, "command of one line", 1), (), '["nox -s docs"]', "Its commands.", required=True)
LIMIT: Final = Key("timeout", Duration(_LONGEST), 1800.0, '"15m"', "How long it may take.")
JOB: Final[tuple[Key[Any], ...]] = (RUN, LIMIT)
"""The keys of ``[tool.juncture.ci.jobs.NAME]``."""


def read_ci(reader: Reader, table: Mapping[str, object]) -> Ci:
    """Read what is said of CI jobs."""
    reader.check_keys(table, "ci", [key.name for key in CI])
    values = {key.name: reader.value(key, table, "ci") for key in CI}
    values["env"] = _read_env(reader, values["env"])
    values["permissions"] = _read_permissions(reader, values["permissions"])
    values["jobs"] = _read_jobs(reader, values["jobs"])
    return Ci(**values)


def _read_env(reader: Reader, table: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    variables = []
    for name, value in table.items():
        place = below("ci.env", name)
        if re.fullmatch(VARIABLE, name) is None:
            reader.add(place, "the name of a variable has letters, digits and _, no digit first")
        elif not isinstance(value, str):
            reader.add(place, f"must be a string, not {type_name(value)}")
        elif re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", value):
            reader.add(place, "has a control character in it, an end of line perhaps")
        else:
            variables.append((name, value))
    return tuple(variables)


def _read_permissions(reader: Reader, table: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    permissions = []
    for name, value in table.items():
        place = below("ci.permissions", name)
        if name not in PERMISSIONS:
            reader.add(place, f"unknown permission.{suggestion(name, list(PERMISSIONS))}")
        elif not isinstance(value, str) or value not in _LEVELS:
            reader.add(place, f"must be one of {listed(_LEVELS)}")
        else:
            permissions.append((name, value))
    return tuple(permissions)


def _read_jobs(reader: Reader, tables: Mapping[str, object]) -> tuple[Job, ...]:
    for name, what in check_names(tables):
        reader.add(below("ci.jobs", name), what)
    jobs = []
    for name, value in tables.items():
        path = below("ci.jobs", name)
        table = reader.table(value, path)
        if table is not value:
            continue
        if name in OWN_JOBS:
            reader.add(path, "juncture has a job of that name; choose another")
        reader.check_keys(table, path, [key.name for key in JOB])
        jobs.append(Job(name=name, run=reader.value(RUN, table, path), timeout=reader.value(LIMIT, table, path)))
    return tuple(jobs)
