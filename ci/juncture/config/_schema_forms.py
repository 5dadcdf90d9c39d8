"""From the form of a key to its fragment of the JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from juncture.config import _schema_patterns as patterns
from juncture.config._ci import Chosen, Several
from juncture.config._containers import Names, Patterns, Ports, Readiness, Reused
from juncture.config._forms import (
    Choice,
    Command,
    Day,
    Duration,
    Form,
    Matching,
    Percent,
    Switch,
    Table,
    Text,
    Whole,
)
from juncture.config._paths import Folders, Globs, Inside

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Schema", "definitions", "fragment", "reference"]

Schema = dict[str, Any]


def reference(name: str) -> Schema:
    """Return the reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def definitions(attributes: Iterable[str]) -> dict[str, Schema]:
    """Return what the fragments refer to; ``attributes`` are those of all kinds of services."""
    attributes = sorted(attributes)
    not_in_a_list = f"\\u0000|\\\\|{patterns.DRIVE_OR_HOME}|{patterns.PARENT}"
    normal = f"{patterns.NORMALLY_DRIVE_OR_HOME}|{patterns.NORMALLY_BLANK}"
    variables = {"type": "object", "propertyNames": reference("variable")}
    return {
        "text": {"type": "string", "pattern": f"[^{patterns.BLANK}]", "not": {"pattern": "\\u0000"}},
        "name": {"type": "string", "pattern": "^[a-z]", "maxLength": 32, "not": {"pattern": "[^a-z0-9-]"}},
        "variable": {"pattern": "^[A-Za-z_]", "not": {"pattern": f"[^A-Za-z0-9_]|{patterns.JUNCTURES_OWN}"}},
        "pattern": {"type": "string", "pattern": f"[^{patterns.BLANK}]", "not": {"pattern": not_in_a_list}},
        "folder": {**reference("pattern"), "not": {"pattern": f"[*?]|{normal}"}},
        "fields": {
            "type": "string",
            "pattern": patterns.template(attributes, own=False),
            "not": {"pattern": "\\u0000"},
        },
        "own-fields": {
            "type": "string",
            "pattern": patterns.template(attributes, own=True),
            "not": {"pattern": "\\u0000"},
        },
        "variables": {**variables, "additionalProperties": reference("fields")},
        "own-variables": {**variables, "additionalProperties": reference("own-fields")},
        "command": {
            "allOf": [reference("text"), reference("own-fields"), {"pattern": patterns.CLOSED_QUOTES}],
        },
        "command-line": {"allOf": [reference("text"), {"pattern": patterns.CLOSED_QUOTES}]},
        "url-path": {"type": "string", "pattern": "^/", "not": {"pattern": "[^!-~]"}},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "ready": {
            "if": {"type": "string"},
            "then": reference("url-path"),
            "else": {
                "type": "object",
                "properties": {
                    "http": reference("url-path"),
                    "port": reference("port"),
                    "tcp": reference("port"),
                    "log": reference("text"),
                    "command": reference("command-line"),
                },
                "additionalProperties": False,
                "dependentRequired": {"port": ["http"]},
                "oneOf": [{"required": [way]} for way in ("http", "tcp", "log", "command")],
            },
        },
    }


def fragment(form: Form[Any]) -> Schema:
    """Return what a value of this form has to be."""
    found = _of_a_list(form) or _of_a_list_of_ci(form) or _of_a_text(form) or _of_a_number(form) or _of_another(form)
    if found is None:
        message = f"the form {type(form).__name__} has no schema"
        raise TypeError(message)
    return found


def _of_a_list(form: Form[Any]) -> Schema | None:
    match form:
        case Folders(least=least):
            return _list(reference("folder"), least)
        case Globs(least=least):
            return _list(reference("pattern"), least)
        case Names():
            return _list(reference("text"), 0)
        case Patterns(pattern=pattern):
            return _list(_matching(pattern), 0)
        case Ports():
            return _list(reference("port"), 1)
        case _:
            return None


def _of_a_list_of_ci(form: Form[Any]) -> Schema | None:
    match form:
        case Several(pattern=pattern, least=least):
            return _list(_matching(pattern), least)
        case Chosen(choices=choices):
            return _list({"enum": list(choices)}, 1)
        case _:
            return None


def _of_a_text(form: Form[Any]) -> Schema | None:
    match form:
        case Choice(choices=choices) | Reused(choices=choices):
            return {"enum": list(choices)}
        case Command():
            return reference("command")
        case Inside():
            return reference("folder")
        case Matching(pattern=pattern):
            return _matching(pattern)
        case Text():
            return reference("text")
        case _:
            return None


def _of_a_number(form: Form[Any]) -> Schema | None:
    match form:
        case Whole(least=least, most=most):
            return {"type": "integer", "minimum": least, "maximum": most}
        case Percent():
            return {"type": "number", "minimum": 0, "maximum": 100}
        case Duration(longest=longest):
            limits = {"minimum": 0, "maximum": longest, "pattern": patterns.duration(longest)}
            return {"type": ["number", "string"], **limits}
        case _:
            return None


def _of_another(form: Form[Any]) -> Schema | None:
    match form:
        case Switch():
            return {"type": "boolean"}
        case Day():
            return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" + patterns.END}
        case Readiness():
            return reference("ready")
        case Table():
            return reference("own-variables")
        case _:
            return None


def _list(item: Schema, least: int) -> Schema:
    limits = {"minItems": least} if least else {}
    return {"type": "array", "items": item, "uniqueItems": True, **limits}


def _matching(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern}){patterns.END}"}
