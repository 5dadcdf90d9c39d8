"""From the form of a key to its fragment of the JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from juncture.config import _schema_patterns as patterns
from juncture.config._forms import Choice, Command, Duration, Form, Table, Text, UrlPath, Whole
from juncture.config._paths import Folders, Globs

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
        "url-path": {"type": "string", "pattern": "^/", "not": {"pattern": "[^!-~]"}},
    }


def fragment(form: Form[Any]) -> Schema:
    """Return what a value of this form has to be."""
    match form:
        case Folders(least=least):
            found = _list("folder", least)
        case Globs(least=least):
            found = _list("pattern", least)
        case Whole(least=least, most=most):
            found = {"type": "integer", "minimum": least, "maximum": most}
        case Duration(longest=longest):
            limits = {"minimum": 0, "maximum": longest, "pattern": patterns.duration(longest)}
            found = {"type": ["number", "string"], **limits}
        case Choice(choices=choices):
            found = {"enum": list(choices)}
        case Command():
            found = reference("command")
        case UrlPath():
            found = reference("url-path")
        case Table():
            found = reference("own-variables")
        case Text():
            found = reference("text")
        case _:
            message = f"the form {type(form).__name__} has no schema"
            raise TypeError(message)
    return found


def _list(item: str, least: int) -> Schema:
    limits = {"minItems": least} if least else {}
    return {"type": "array", "items": reference(item), "uniqueItems": True, **limits}
