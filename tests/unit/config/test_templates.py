"""Tests of ``juncture.config._templates``."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config._problems import InvalidError
from juncture.config._templates import parse_template

DECLARED = {
    "db": frozenset({"url", "host", "port"}),
    "my-db": frozenset({"url"}),
    "cache": frozenset({"url"}),
    "odd": None,
}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("plain", ("plain",)),
        ("{db.url}", (("db", "url"),)),
        ("http://{db.host}:{db.port}/", ("http://", ("db", "host"), ":", ("db", "port"), "/")),
        ("{db.host}{cache.url}", (("db", "host"), ("cache", "url"))),
        ("{my-db.url}", (("my-db", "url"),)),
        ("{{db.url}}", ("{db.url}",)),
        ("{{{db.url}}}", ("{", ("db", "url"), "}")),
        ('{{"a": "{db.url}"}}', ('{"a": "', ("db", "url"), '"}')),
        ("two\nlines {cache.url}\n", ("two\nlines ", ("cache", "url"), "\n")),
        ("{odd.anything}", (("odd", "anything"),)),
    ],
)
def test_text_is_split_into_parts(text: str, parts: tuple[object, ...]) -> None:
    """Literal texts and fields come in order; doubled braces are braces; the text is kept as written."""
    template = parse_template(text, DECLARED)
    assert template.parts == parts
    assert template.text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{bd.url}", '"{bd.url}": unknown service "bd". Did you mean "db"?'),
        ("{queue.url}", '"{queue.url}": unknown service "queue". Declared: db, my-db, cache, odd.'),
        ("{queue}", '"{queue}": unknown service "queue". Declared: db, my-db, cache, odd.'),
        ("{db.ulr}", '"{db.ulr}": unknown attribute "ulr". Did you mean "url"?'),
        ("{db.xyz}", '"{db.xyz}": unknown attribute "xyz". Allowed: host, port, url.'),
        ("{db}", '"{db}" names no attribute; one of: host, port, url'),
        ("{db.}", '"{db.}" names no attribute; one of: host, port, url'),
        ("{}", '"{}" names no attribute of a service; write {service.attribute}, or {{ and }} for braces'),
        (
            '{"a": 1}',
            '"{\\"a\\": 1}" names no attribute of a service; write {service.attribute}, or {{ and }} for braces',
        ),
        ("{db.url!r}", '"{db.url!r}" names no attribute of a service'),
        ("{ db.url }", '"{ db.url }" names no attribute of a service'),
        ("a{b", '"{" stands alone; write "{{" for a brace'),
        ("a}b", '"}" stands alone; write "}}" for a brace'),
        ("a\0b", "holds a NUL character"),
    ],
)
def test_wrong_field_is_told(text: str, message: str) -> None:
    """Each wrong field is quoted, with the closest match or the way to write it."""
    with pytest.raises(InvalidError, match="^" + re.escape(message)):
        parse_template(text, DECLARED)


def test_field_without_any_service_says_so() -> None:
    """Where nothing is declared there is nothing to offer."""
    with pytest.raises(InvalidError, match=r"No service is declared\."):
        parse_template("{db.url}", {})


def test_every_wrong_field_is_told() -> None:
    """All problems of one text come together."""
    with pytest.raises(InvalidError) as raised:
        parse_template("{bd.url} {db.ulr} }", DECLARED)
    assert len(raised.value.problems) == 3


def test_wrong_text_is_not_repeated() -> None:
    """Only the field is told, since the text around it may hold a password."""
    with pytest.raises(InvalidError) as raised:
        parse_template("secret\0{db.ulr}", DECLARED)
    assert "secret" not in "".join(raised.value.problems)


@given(st.text(alphabet=st.characters(exclude_characters="\0")))
def test_escaped_text_is_literal(text: str) -> None:
    """A text with doubled braces has itself as its only part."""
    escaped = text.replace("{", "{{").replace("}", "}}")
    assert parse_template(escaped, {}).parts == ((text,) if text else ())


@given(st.lists(st.sampled_from(["{", "}", "{{", "}}", "{db.url}", "db", ".", "url", "\n"])).map("".join))
def test_parts_agree_with_the_format_language(text: str) -> None:
    """Whatever is accepted means what ``str.format`` means by it, and literal texts are never neighbours."""
    try:
        parts = parse_template(text, DECLARED).parts
    except InvalidError:
        return

    class Db:
        url = "URL"

    assert "".join(part if isinstance(part, str) else "URL" for part in parts) == text.format(db=Db)
    literal = [isinstance(part, str) for part in parts]
    assert not any(first and second for first, second in pairwise(literal))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("--port {port}", ("--port ", ("db", "port"))),
        ("{db.port}", (("db", "port"),)),
        ("{url}{cache.url}", (("db", "url"), ("cache", "url"))),
    ],
)
def test_own_attribute_may_stand_alone(text: str, parts: tuple[object, ...]) -> None:
    """In a service's own command the name of the service is not needed."""
    assert parse_template(text, DECLARED, own="db").parts == parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{prot}", '"{prot}": unknown service "prot". Did you mean "port"?'),
        ("{xyz}", '"{xyz}": unknown service "xyz". Known: host, port, url, db, my-db, cache, odd.'),
        ("{port.x}", '"{port.x}": unknown service "port". Did you mean "port"?'),
        ("{cache}", '"{cache}" names no attribute; one of: url'),
    ],
)
def test_wrong_name_is_told_with_the_own_attributes(text: str, message: str) -> None:
    """They count among what can be meant."""
    with pytest.raises(InvalidError) as raised:
        parse_template(text, DECLARED, own="db")
    assert raised.value.problems == (message,)
