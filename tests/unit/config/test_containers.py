"""Tests of ``juncture.config._containers``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from juncture.config import Ready
from juncture.config._containers import Names, Patterns, Ports, Readiness, Reused
from juncture.config._problems import InvalidError

if TYPE_CHECKING:
    from juncture.config._forms import Form


@pytest.mark.parametrize(
    ("form", "value", "read"),
    [
        (Ports(), [8025, 1025], (8025, 1025)),
        (Ports(), [1, 65535], (1, 65535)),
        (Reused(), True, "always"),
        (Reused(), "session", "session"),
        (Reused(), "run", "run"),
        (Names(), [], ()),
        (Names(), ["db", "orders-db"], ("db", "orders-db")),
        (Patterns(), [], ()),
        (Patterns(), ["prod", "*.example.com"], ("prod", "*.example.com")),
        (Readiness(), "/health?deep=1", Ready("http", "/health?deep=1")),
        (Readiness(), {"http": "/health"}, Ready("http", "/health")),
        (Readiness(), {"http": "/health", "port": 8080}, Ready("http", "/health", 8080)),
        (Readiness(), {"tcp": 5432}, Ready("tcp", "", 5432)),
        (Readiness(), {"log": "ready to accept"}, Ready("log", "ready to accept")),
        (Readiness(), {"command": "pg_isready -q"}, Ready("command", "pg_isready -q")),
    ],
)
def test_right_value_is_read(form: Form[Any], value: object, read: object) -> None:
    """Each form accepts its own values, the bounds included, and nothing is lost when they are written again."""
    assert form.read(value) == read
    assert form.read(form.written(form.read(value))) == read


@pytest.mark.parametrize(
    ("form", "value", "message"),
    [
        (Ports(), 8025, "must be a list of ports, not a number; write [8025]"),
        (Ports(), "8025", "must be a list of ports, not a string"),
        (Ports(), [], "must not be empty; leave the key out where there is no port"),
        (Ports(), [0], "must be a whole number from 1 to 65535, not 0"),
        (Ports(), [65536], "must be a whole number from 1 to 65535, not 65536"),
        (Ports(), [True], "must be a whole number from 1 to 65535, not a boolean"),
        (Ports(), [80, 80], "80 is there twice"),
        (Ports(), ["8080:80"], '"8080:80" is a string; write the container\'s port alone: 80'),
        (Ports(), ["80/tcp"], '"80/tcp" is a string; write the container\'s port alone: 80'),
        (Reused(), False, 'must be true, "session" or "run", not false. Did you mean "run"?'),
        (Reused(), "sesion", 'unknown value "sesion". Did you mean "session"?'),
        (Reused(), "true", 'unknown value "true". Did you mean true, without quotes?'),
        (Reused(), "x", 'unknown value "x". Allowed: true, or one of: session, run.'),
        (Reused(), 1, 'must be true, "session" or "run", not 1'),
        (Names(), "db", 'must be a list of strings, not a string; write ["db"]'),
        (Names(), {"db": {}}, "must be a list of strings, not a table"),
        (Names(), ["db", 1], "must be a list of strings, but holds a number"),
        (Names(), ["db", "db"], '"db" is there twice'),
        (Names(), [" "], "must not be empty"),
        (Patterns(), "prod", 'must be a list of strings, not a string; write ["prod"]'),
        (Patterns(), [""], '"" is no pattern of a name; it has no blanks and nothing but ASCII'),
        (Patterns(), ["a b"], '"a b" is no pattern of a name; it has no blanks'),
        (Patterns(), ["prod\n"], '"prod\\n" is no pattern of a name'),
        (Readiness(), 5432, 'must be a path such as "/health", or a table, not a number; { tcp = 5432 }'),
        (Readiness(), "health", '"health" is no path of a URL; write "/" or "/health"'),
        (Readiness(), {}, "has none of http, tcp, log, command; write { tcp = 5432 }"),
        (Readiness(), {"port": 80}, "has none of http, tcp, log, command; write"),
        (Readiness(), {"tpc": 5432}, 'unknown key "tpc". Did you mean "tcp"?'),
        (Readiness(), {"tcp": 5432, "log": "x"}, "has tcp, log; name one of them"),
        (Readiness(), {"tcp": 5432, "port": 1}, "port is for http only; write { tcp = PORT }"),
        (Readiness(), {"log": "x", "port": 1}, "port is for http only"),
        (Readiness(), {"tcp": "5432"}, 'tcp: must be a whole number from 1 to 65535, not "5432"'),
        (Readiness(), {"http": "x"}, 'http: "x" is no path of a URL'),
        (Readiness(), {"http": "/", "port": 0}, "http: must be a whole number from 1 to 65535, not 0"),
        (Readiness(), {"log": "ready["}, 'log: "ready[" is no regular expression: unterminated character set'),
        (Readiness(), {"log": ""}, "log: must not be empty"),
        (Readiness(), {"command": "sh -c 'x"}, 'command: "sh -c \'x" is no command line: no closing quotation'),
    ],
)
def test_wrong_value_is_told(form: Form[Any], value: object, message: str) -> None:
    """Each form says what it wants and what it got."""
    with pytest.raises(InvalidError, match="^" + re.escape(message)):
        form.read(value)


def test_every_wrong_port_is_told() -> None:
    """A list is told with all that is wrong in it."""
    with pytest.raises(InvalidError) as raised:
        Ports().read([0, 80, "x", 80])
    assert len(raised.value.problems) == 3
