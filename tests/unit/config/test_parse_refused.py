"""Tests of ``juncture.config._parse``: what is told of a declaration that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.config import KindSchema, parse
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from tests.unit.config.conftest import Declare, Refused


def test_unknown_key_reads_as_promised(declare: Declare) -> None:
    """The message is the one line of the walkthrough, with file, dotted key and closest match."""
    with pytest.raises(ConfigError) as raised:
        declare('services.db = {kind = "postgres", versoin = "16"}')
    expected = 'pyproject.toml: tool.juncture.services.db.versoin: unknown key. Did you mean "version"?'
    assert str(raised.value) == expected
    assert raised.value.where == "pyproject.toml: tool.juncture.services.db.versoin"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("shard = 4", 'shard: unknown key. Did you mean "shards"?'),
        (
            "xyz = 4",
            "xyz: unknown key. Allowed: unit, integration, shards, provider, reports, idle, budget, history, deny,",
        ),
        ("shards = 0", "shards: must be a whole number from 1 to 256, not 0"),
        ("shards = true", "shards: must be a whole number from 1 to 256, not a boolean"),
        ('provider = "podman"', 'provider: unknown value "podman". Allowed: auto, embedded, docker, external.'),
        ('provider = "dcoker"', 'provider: unknown value "dcoker". Did you mean "docker"?'),
        ('reports = ""', "reports: must not be empty"),
        ('reports = "."', 'reports: "." holds the project; name a folder for reports alone'),
        ('reports = "/project/tests"', 'reports: "/project/tests" holds "tests/unit"; name a folder for reports alone'),
        ('idle = "soon"', 'idle: "soon" is not a duration; write seconds or a text such as "90s", "15m" or "2h"'),
        ("idle = nan", "idle: must be from 0 to 168h, not nan"),
        ('unit = "tests"', 'unit: must be a list of strings, not a string; write ["tests"]'),
        ('unit = ["tests"]', 'unit: "tests" (unit) and "tests/integration" (integration) overlap; name folders apart'),
        ('integration = ["tests"]', 'integration: "tests/unit" (unit) and "tests" (integration) overlap; name folders'),
        ("quarantine.a = 5", "quarantine.a: must be a table, not a number"),
        ("quarantine.a.reason = 'x'", 'quarantine.a: "until" is missing; for example until = 2026-12-31'),
        (
            "quarantine.a = {reason = 'x', until = 'soon'}",
            'quarantine.a.until: must be a day such as 2026-12-31, not "soon"',
        ),
        (
            "quarantine.a = {reason = 'x', until = '2026-02-30'}",
            'quarantine.a.until: must be a day such as 2026-12-31, not "2026-02-30"',
        ),
        (
            "quarantine.a = {reason = 'x', until = 2026-12-31T10:00:00}",
            "quarantine.a.until: must be a day such as 2026-12-31, not ",
        ),
        (
            "quarantine.a = {reason = 'x', until = 2026-12-31, unitl = 1}",
            'quarantine.a.unitl: unknown key. Did you mean "until"?',
        ),
        ("env = 5", "env: must be a table, not a number"),
        ("env.A = 5", "env.A: must be a string, not a number"),
        ('env."A B" = "x"', 'env."A B": the name of a variable has letters, digits and _, no digit first'),
        ('env = {Url = "", URL = ""}', 'env.URL: differs from "Url" in case only; rename one'),
        (
            'env.JUNCTURE_RUN = "x"',
            "env.JUNCTURE_RUN: names that begin with JUNCTURE_ are juncture's own; choose another",
        ),
        ('env.A = "{db.url}"', 'env.A: "{db.url}": unknown service "db". No service is declared.'),
        ("gates = 90", "gates: must be a table, not a number"),
        ("gates.covrage = 90", 'gates.covrage: unknown key. Did you mean "coverage"?'),
        ('gates.coverage = "90"', 'gates.coverage: must be a number from 0 to 100, not "90"'),
        ("points = 1979-05-27", "points: must be a table, not a date"),
        ("points.a = []", "points.a: must be a table, not a list"),
        ('points.a = {code = ["x"]}', 'points.a: "service" is missing; for example service = "db"'),
        (
            'points.a = {code = ["x"], service = "db"}',
            'points.a.service: unknown service "db". No service is declared.',
        ),
    ],
)
def test_wrong_declaration_is_told_on_one_line(refused: Refused, text: str, line: str) -> None:
    """Each mistake is one problem, with its dotted key and the next step."""
    (told,) = refused(text)
    assert told.startswith(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('env.A = "{bd.url}"', 'env.A: "{bd.url}": unknown service "bd". Did you mean "db"?'),
        ('env.A = "{db.ulr}"', 'env.A: "{db.ulr}": unknown attribute "ulr". Did you mean "url"?'),
        ('points.a = {code = ["x"], service = "dbs"}', 'points.a.service: unknown service "dbs". Did you mean "db"?'),
        ('points.a = {code = [], service = "db"}', "points.a.code: must not be empty"),
        ('points.a = {code = ["/x"], service = "db"}', 'points.a.code: "/x" is absolute; write it relative to'),
        ('points.a = {code = ["x"], service = "db", cod = 1}', 'points.a.cod: unknown key. Did you mean "code"?'),
        ('points.A = {code = ["x"], service = "db"}', "points.A: a name has 1 to 32 of a-z, 0-9 and -, a letter first"),
    ],
)
def test_wrong_reference_to_a_service_is_told(refused: Refused, text: str, line: str) -> None:
    """What refers to services is checked against those that are declared."""
    (told,) = refused(f'{text}\nservices.db.kind = "postgres"')
    assert told.startswith(line)


def test_broken_service_makes_no_further_problem(refused: Refused) -> None:
    """What refers to a service that is declared but wrong is not told as wrong too."""
    lines = refused(
        """
        services.db = "postgres"
        services.queue = {kind = "rabbit"}
        env = {A = "{db.url}", B = "{queue.anything}"}
        points.a = {code = ["x"], service = "db"}
        """
    )
    assert [line.partition(":")[0] for line in lines] == ["services.db", "services.queue.kind"]


def test_every_problem_is_told_at_once(refused: Refused) -> None:
    """The user meets all problems of all layers in one error."""
    lines = refused(
        'shards = 0\nfoo = 1\nenv.A = "{"\npoints.a = {}',
        environ={"JUNCTURE_IDLE": "x"},
        overrides={"provider": "y", "nonsense": "z"},
    )
    assert [line.partition(": ")[0] for line in lines] == [
        "foo",
        "shards",
        "command line",
        "JUNCTURE_IDLE",
        "env.A",
        "points.a",
        "points.a",
        "command line",
    ]


def test_types_that_toml_does_not_have_are_refused(kinds: dict[str, KindSchema]) -> None:
    """A caller's mapping may hold anything; it is told like any wrong type."""
    with pytest.raises(ConfigError, match="must be a list of strings, not a NoneType"):
        parse({"unit": None}, root=Path("/p"), kinds=kinds, project="p")
