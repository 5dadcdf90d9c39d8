"""The JSON Schema of the declaration, from the same table of keys that the parser walks.

It accepts and refuses what the parser does, as far as a schema can say it. It can't tell whether a name is declared
somewhere else, whether services refer to each other in a circle, whether folders overlap or are the same once they are
normalized, whether two variables are the same but for their case, whether the port of ``ready`` is one of ``ports``,
whether a text is a regular expression or a day of the calendar, or what a compose file says. To JSON, 4.0 is 4, and nan
is nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from juncture.config import _keys as keys
from juncture.config._ci import CI, JOB, OWN_JOBS, PERMISSIONS, VARIABLE
from juncture.config._schema_forms import Schema, definitions, fragment, reference
from juncture.config._schema_patterns import END, PORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from juncture.config._keys import Key
    from juncture.config.types import KindSchema

__all__ = ["schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kinds: Mapping[str, KindSchema]) -> Schema:
    """Return the schema of a pyproject.toml with ``[tool.juncture]``; the other tables in the file are free."""
    attributes = {attribute for kind in kinds.values() for attribute in kind.attributes}
    if any(keys.PORTS.name in kind.options for kind in kinds.values()):
        attributes.add(f"port_{PORT}")
    return {
        "$schema": DIALECT,
        "title": "pyproject.toml with [tool.juncture]",
        "type": "object",
        "properties": {"tool": {"type": "object", "properties": {"juncture": reference("juncture")}}},
        "$defs": {
            "juncture": _declaration(),
            "service": _service(kinds),
            "laid-over": _table(keys.SERVICE, {keys.KIND.name: {"enum": sorted(kinds)}}),
            "point": _point(),
            "quarantined": _table(keys.QUARANTINE, {}, needed=keys.QUARANTINE),
            "gates": _table(keys.GATES, {}),
            "ci": _ci(),
            **definitions(attributes),
        },
    }


def _declaration() -> Schema:
    tables = {
        "services": {"type": "object", "description": "The services that the tests need."},
        "env": {**reference("variables"), "description": "The variables that the application under test gets."},
        "points": {**_named("point"), "description": "Code that crosses a boundary, and the service behind it."},
        "quarantine": {
            "type": "object",
            "additionalProperties": reference("quarantined"),
            "description": "Tests, by node id or pattern, whose failures are excused until a day.",
        },
        "gates": {**reference("gates"), "description": "What a merge has to reach."},
        "ci": {**reference("ci"), "description": "What is rendered as CI jobs, and what the project changes in them."},
    }
    table = _table(keys.TOP, {})
    return {
        **table,
        "properties": {**table["properties"], **{name: tables[name] for name in keys.TABLES}},
        # What a service lacks may be in the compose file.
        "if": {"required": [keys.COMPOSE.name]},
        "then": {"properties": {"services": _named("laid-over")}},
        "else": {"properties": {"services": _named("service")}},
    }


def _service(kinds: Mapping[str, KindSchema]) -> Schema:
    """Return the schema of a service: every key that there is, and for each kind which of them it has or needs."""
    table = _table(keys.SERVICE, {keys.KIND.name: {"enum": sorted(kinds)}}, needed=[keys.KIND])
    return {**table, "allOf": [_of_kind(kind) for _, kind in sorted(kinds.items())]}


def _of_kind(kind: KindSchema) -> Schema:
    has = {keys.KIND.name, *kind.options} | ({keys.VERSION.name} if kind.versioned else set())
    needs = [key.name for key in keys.SERVICE if key.required or key.name in kind.needs]
    lacks: dict[str, Any] = {key.name: False for key in keys.SERVICE if key.name not in has}
    condition = {"properties": {keys.KIND.name: {"const": kind.name}}, "required": [keys.KIND.name]}
    rules = list(_rules(kind))
    return {
        "if": condition,
        "then": {"required": needs, "properties": lacks, **({"allOf": rules} if rules else {})},
    }


def _rules(kind: KindSchema) -> Iterator[Schema]:
    """Yield what must hold between the keys of a service that is a container; the parser has ``_container_checks``."""
    image, build, digest = keys.IMAGE.name, keys.BUILD.name, keys.DIGEST.name
    ready, ports = keys.READY.name, keys.PORTS.name
    if image in kind.options and build in kind.options:
        yield {"oneOf": [{"required": [image]}, {"required": [build]}]}
        yield {"if": {"required": [build]}, "then": {"properties": {digest: False}}}
    if image in kind.options:
        pinned = {"properties": {image: {"type": "string", "pattern": "@"}}, "required": [image]}
        yield {"if": pinned, "then": {"properties": {digest: False}}}
    if ports in kind.options:
        inside = {"type": "object", "anyOf": [{"required": ["log"]}, {"required": ["command"]}]}
        yield {"anyOf": [{"required": [ports]}, {"required": [ready], "properties": {ready: inside}}]}
    elif ready in kind.options:
        yield {"properties": {ready: {"type": "string"}}}


def _ci() -> Schema:
    named = {"pattern": f"^(?:{VARIABLE}){END}"}
    line = {"type": "string", "not": {"pattern": "[\\u0000-\\u001f\\u007f\\u0085\\u2028\\u2029]"}}
    levels = {"enum": ["read", "write", "none"]}
    jobs = {"type": "object", "propertyNames": reference("name"), "additionalProperties": _table(JOB, {}, needed=JOB)}
    return _table(
        CI,
        {
            "env": {"type": "object", "propertyNames": named, "additionalProperties": line},
            "permissions": {
                "type": "object",
                "propertyNames": {"enum": list(PERMISSIONS)},
                "additionalProperties": levels,
            },
            "jobs": {**jobs, "properties": dict.fromkeys(OWN_JOBS, False)},
        },
    )


def _point() -> Schema:
    return _table(keys.POINT, {keys.BEHIND.name: reference("name")}, needed=keys.POINT)


def _named(definition: str) -> Schema:
    return {"type": "object", "propertyNames": reference("name"), "additionalProperties": reference(definition)}


def _table(known: Iterable[Key[Any]], special: Mapping[str, Schema], needed: Iterable[Key[Any]] = ()) -> Schema:
    """Return the schema of a table with these keys alone; ``special`` replaces what a key's form says."""
    required = [key.name for key in needed if key.required]
    return {
        "type": "object",
        "properties": {key.name: special.get(key.name, fragment(key.form)) | _told(key) for key in known},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _told(key: Key[Any]) -> Schema:
    """Return what an editor shows of a key."""
    example = tomllib.loads(f"example = {key.example}")["example"]
    default = {} if key.required or key.default in ("", None) else {"default": _plain(key.form.written(key.default))}
    return {"description": key.about, **default, "examples": [_plain(example)]}


def _plain(value: Any) -> object:
    """Return a default as JSON has it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value
