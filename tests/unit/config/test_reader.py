"""Tests of ``juncture.config._reader``."""

from __future__ import annotations

import pytest

from juncture.config import Source
from juncture.config._keys import CODE, SHARDS, VERSION
from juncture.config._reader import Reader, below
from juncture.errors import ConfigError


def message(reader: Reader) -> str:
    """Return what the reader raises in the end."""
    with pytest.raises(ConfigError) as raised:
        reader.finish()
    return str(raised.value)


def test_default_stands_where_no_layer_has_the_key() -> None:
    """Without the key in any layer the default comes back, and its source says so."""
    reader = Reader("pyproject.toml", {}, {})
    assert reader.value(SHARDS, {}) == 1
    assert reader.sources == {"shards": Source("default", "")}
    reader.finish()


def test_value_of_another_file_has_its_source_there() -> None:
    """What was taken over from a compose file is told at its own place, and may be overridden as usual."""
    there = Source("compose", "c.yml: services.db.image")
    origins = {"services.db": there, "services.db.version": there}
    reader = Reader("pyproject.toml", {}, {"services.b.version": "8"}, {**origins, "services.b.version": there})
    assert reader.value(VERSION, {"version": "16"}, "services.db", "db") == "16"
    assert reader.value(VERSION, {"version": "7"}, "services.b", "b") == "8"
    reader.add("services.db", "no good")
    assert (reader.sources["services.db.version"], reader.sources["services.b.version"].layer) == (
        there,
        "command line",
    )
    assert message(reader) == "c.yml: services.db.image: no good"


def test_source_names_file_variable_and_option() -> None:
    """Each layer's source tells where in that layer the value stands."""
    reader = Reader("other.toml", {"JUNCTURE_MY_DB_VERSION": "16"}, {"services.cache.version": "8"})
    reader.value(SHARDS, {"shards": 2})
    reader.value(VERSION, {"version": "15"}, "services.my-db", "my-db")
    reader.value(VERSION, {}, "services.cache", "cache")
    reader.finish()
    assert reader.sources == {
        "shards": Source("pyproject", "other.toml"),
        "services.my-db.version": Source("environment", "JUNCTURE_MY_DB_VERSION"),
        "services.cache.version": Source("command line", "services.cache.version"),
    }


def test_blank_variable_counts_as_not_set() -> None:
    """A CI template that can't leave a variable out sets it to nothing."""
    reader = Reader("pyproject.toml", {"JUNCTURE_SHARDS": " "}, {})
    assert reader.value(SHARDS, {"shards": 3}) == 3
    assert reader.sources["shards"].layer == "pyproject"
    reader.finish()


def test_blank_option_is_a_wrong_value() -> None:
    """Who gives an option means it."""
    reader = Reader("pyproject.toml", {}, {"shards": ""})
    reader.value(SHARDS, {})
    assert message(reader) == 'command line: shards: must be a whole number from 1 to 256, not ""'


def test_space_around_outer_text_is_dropped() -> None:
    """A final line end in a variable changes nothing."""
    reader = Reader("pyproject.toml", {"JUNCTURE_SHARDS": "3\n"}, {"services.db.version": " 16 "})
    assert reader.value(SHARDS, {}) == 3
    assert reader.value(VERSION, {}, "services.db", "db") == "16"


def test_wrong_value_is_told_even_where_it_is_overridden() -> None:
    """A declaration that only works by luck is wrong."""
    reader = Reader("pyproject.toml", {"JUNCTURE_SHARDS": "four"}, {"shards": "2"})
    assert reader.value(SHARDS, {"shards": 0}) == 2
    assert message(reader).splitlines()[1:] == [
        "  pyproject.toml: tool.juncture.shards: must be a whole number from 1 to 256, not 0",
        '  JUNCTURE_SHARDS: must be a whole number from 1 to 256, not "four"',
    ]


def test_missing_key_is_told_with_an_example() -> None:
    """A required key that is missing is the problem of its table, and shows how to write it."""
    reader = Reader("pyproject.toml", {}, {})
    assert reader.value(CODE, {}, "points.a") == ()
    assert not reader.sound("points.a.code")
    expected = 'pyproject.toml: tool.juncture.points.a: "code" is missing; for example code = ["shop/orders/*.py"]'
    assert message(reader) == expected


def test_later_problem_is_told_where_the_value_came_from() -> None:
    """A problem that only shows among several values still names the layer of its value."""
    reader = Reader("pyproject.toml", {"JUNCTURE_SHARDS": "3"}, {})
    reader.value(SHARDS, {})
    reader.add("shards", "too many here")
    assert message(reader) == "JUNCTURE_SHARDS: too many here"


def test_no_sentence_is_no_problem() -> None:
    """A check that found nothing leaves its key sound."""
    reader = Reader("pyproject.toml", {}, {})
    reader.add("shards")
    assert reader.sound("shards")
    reader.finish()


def test_unknown_override_is_told_with_the_closest_key() -> None:
    """An option for no key is refused rather than ignored."""
    reader = Reader("pyproject.toml", {}, {"services.db.versoin": "16"})
    reader.value(VERSION, {}, "services.db", "db")
    assert message(reader) == ('command line: services.db.versoin: unknown key. Did you mean "services.db.version"?')


def test_override_of_no_printable_key_stays_on_one_line() -> None:
    """Whatever a front end passes on, the message keeps its lines."""
    assert message(Reader("pyproject.toml", {}, {"\r": ""})) == 'command line: "\\r": unknown key.'


def test_override_below_a_broken_table_is_no_second_problem() -> None:
    """What can't be known because of a first problem is not told as another."""
    reader = Reader("pyproject.toml", {}, {"services.db.version": "16"})
    assert reader.table("postgres", "services.db") == {}
    assert message(reader) == "pyproject.toml: tool.juncture.services.db: must be a table, not a string"


def test_unknown_keys_are_each_told() -> None:
    """Each key that is not allowed is a problem of its own."""
    reader = Reader("pyproject.toml", {}, {})
    reader.check_keys({"shard": 1, "unit": [], "a b": 1}, "", ["shards", "unit"])
    assert message(reader).splitlines()[1:] == [
        '  pyproject.toml: tool.juncture.shard: unknown key. Did you mean "shards"?',
        '  pyproject.toml: tool.juncture."a b": unknown key. Allowed: shards, unit.',
    ]


def test_problem_of_the_whole_table_names_the_table() -> None:
    """The empty path is ``tool.juncture`` itself."""
    reader = Reader("pyproject.toml", {}, {})
    reader.add("", "wrong")
    assert message(reader) == "pyproject.toml: tool.juncture: wrong"


def test_path_below_the_root_has_no_leading_dot() -> None:
    """A key of the outermost table is its own path; a name with a dot in it is quoted."""
    assert below("", "shards") == "shards"
    assert below("services", "my.db") == 'services."my.db"'
