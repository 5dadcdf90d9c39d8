"""Tests of ``juncture.recording.masking``."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from juncture.model import Endpoint
from juncture.recording.masking import Secrets, masked, secrets_in, secrets_of

DB = Endpoint(
    service="db",
    kind="postgres",
    provider="external",
    product="postgres",
    version="18",
    host="127.0.0.1",
    port=5432,
    password="p@ss",
)


def test_passwords_are_masked_as_they_are_and_as_in_urls() -> None:
    """Also where one is the beginning of another one."""
    secrets = secrets_of([DB, replace(DB, password=""), replace(DB, password="p@ssword")])
    text = "p@ss postgresql://u:p%40ss@h/ p@ssword p%40ssword"
    assert masked(text, secrets) == "*** postgresql://u:***@h/ *** ***"


def test_short_secret_is_masked_as_a_word() -> None:
    """In the middle of other words it would make every text unreadable."""
    assert masked("test: tests/test_it.py, 'test'", {"test"}) == "***: tests/test_it.py, '***'"
    assert masked("secret: xsecretx", {"secret"}) == "***: x***x"


@pytest.mark.parametrize("secret", ["back\\slash", "quote'and\"", "two\nlines", "größer"])
def test_secret_is_masked_as_repr_has_it(secret: str) -> None:
    """An assertion shows values in that form."""
    assert masked(f"{secret} == {[secret]}", {secret}) == "*** == ['***']"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amqp://guest:hunter2@mq:5672/v", "amqp://guest:***@mq:5672/v"),
        ("redis://:hunter2@h", "redis://:***@h"),
        ("https://h:8000/a@b", "https://h:8000/a@b"),
        ("user@example.org", "user@example.org"),
        ("see https://h/x?y=a:b@c", "see https://h/x?y=a:b@c"),
    ],
)
def test_password_of_any_url_is_masked(text: str, expected: str) -> None:
    """Nobody has to have declared it."""
    assert masked(text, ()) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"API_TOKEN": "abcdef", "my_secret": "ghijkl"}, {"abcdef", "ghijkl"}),
        ({"DB_PASSWORD": "short"}, set()),
        ({"HOME": "/home/somebody"}, set()),
        ({"DB_PASS": "hunter22", "PASS": "hunter23", "MYSQL_PWD": "hunter24"}, {"hunter22", "hunter23", "hunter24"}),
        ({"GITHUB_PAT": "ghp_abcdef", "PAT": "glpat-abc"}, {"ghp_abcdef", "glpat-abc"}),
        ({"PWD": "/home/me", "OLDPWD": "/home/me", "SSH_ASKPASS": "/bin/ask", "COMPASS": "to north"}, set()),
        ({"PASSENGERS": "a hundred", "PATH": "/usr/bin", "DB_PATTERN": "orders*", "PWD_FILE": "/run/pwd"}, set()),
        ({"PRIVATE_KEY": "BEGIN\nline one\nend"}, {"BEGIN\nline one\nend", "line one"}),
        ({"BROKER_URL": "amqp://u:p%40ssword@h/v"}, {"p@ssword"}),
        ({"PAGE": "http://h/a"}, set()),
    ],
)
def test_variables_tell_secrets_by_name_or_as_urls(variables: dict[str, str], expected: set[str]) -> None:
    """From six characters on: a shorter one says too little, and would hide too much."""
    assert set(secrets_in(variables)) == expected


def test_telling_parameters_of_a_url_are_secrets() -> None:
    """What stands behind the question mark may be one, and mostly is none."""
    endpoint = replace(DB, password="", parameters="sslmode=disable&sslpassword=hunter22&application_name=shop")
    assert secrets_of([endpoint]) == {"hunter22"}


def workspace(**changes: Any) -> Any:
    """Return what is asked of a workspace."""
    known = {"environ": {}, "environment": {}, "endpoints": {}, "servers": {}, "namespaces": {"db": None}}
    return SimpleNamespace(**(known | changes))


def test_secrets_of_a_workspace_are_those_of_its_endpoints_and_variables() -> None:
    """What is known of it at the time, and what its environment said at the beginning."""
    mine = workspace(environ={"CI_TOKEN": "tokentoken"}, environment={"APP_SECRET": "declared"}, endpoints={})
    secrets = Secrets(mine)
    assert secrets.masked("tokentoken declared p@ss") == "*** *** p@ss"
    mine.endpoints["db"] = DB
    assert secrets.masked("tokentoken declared p@ss") == "*** *** ***"


def test_workspace_that_could_not_be_reserved_has_no_variables() -> None:
    """Its declared ones have no values then, which is no reason to keep a text as it is."""

    class Unfilled(SimpleNamespace):
        @property
        def environment(self) -> dict[str, str]:
            raise KeyError("db")

    mine: Any = Unfilled(environ={"CI_TOKEN": "tokentoken"}, namespaces={})
    assert Secrets(mine).masked("tokentoken") == "***"
