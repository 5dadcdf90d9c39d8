"""Tests of ``juncture.config.schema``: it agrees with the parser on declarations at random."""

from __future__ import annotations

import graphlib
import posixpath
import re
from typing import Any

from hypothesis import assume, event, given, settings
from judged import KINDS, accepted, valid
from mistaken import mistaken

from juncture.config._checks import check_folders, check_reports


def beyond_a_schema(table: dict[str, Any]) -> bool:
    """Tell whether one of the rules is broken that relate two places, which no schema can express.

    These are all of them: a reference to a service or an attribute that is not there; services that refer to each other
    in a circle; folders that overlap, or are the same once normalized; variables that are the same but for their case;
    a port of ``ready`` that is none of ``ports``; a log's regular expression that is none. And what a service has may
    be in a compose file, so that nothing is missing in it where there is one.
    """
    declared = table.get("services")
    declared = declared if isinstance(declared, dict) else {}
    return any(
        (
            any(_is_lost(field, own, declared) for own, text in _texts(table, declared) for field in _fields(text)),
            any(str(point.get("service")) not in declared for point in _tables_in(table.get("points"))),
            _go_in_a_circle(declared),
            _overlap(table),
            any(len({name.lower() for name in env}) < len(env) for env in _environments(table, declared)),
            any(str(name) not in declared for each in _tables_in(declared) for name in _list_in(each, "depends_on")),
            "compose" in table,
            any(_asks_another_port(each) or _finds_nothing(each) for each in _tables_in(declared)),
        )
    )


def _tables_in(value: object) -> list[dict[str, Any]]:
    return [each for each in value.values() if isinstance(each, dict)] if isinstance(value, dict) else []


def _list_in(table: dict[str, Any], name: str) -> list[Any]:
    return value if isinstance(value := table.get(name), list) else []


def _asks_another_port(service: dict[str, Any]) -> bool:
    ready = service.get("ready")
    asked = [ready.get("port"), ready.get("tcp")] if isinstance(ready, dict) else []
    return any(port not in (None, *_list_in(service, "ports")) for port in asked)


def _finds_nothing(service: dict[str, Any]) -> bool:
    ready = service.get("ready")
    try:
        re.compile(str(ready.get("log", "")) if isinstance(ready, dict) else "")
    except re.error:
        return True
    return False


def _environments(table: dict[str, Any], declared: dict[str, Any]) -> list[dict[str, Any]]:
    found = [table.get("env"), *(service.get("env") for service in _tables_in(declared))]
    return [each for each in found if isinstance(each, dict)]


def _texts(table: dict[str, Any], declared: dict[str, Any]) -> list[tuple[str, str]]:
    """Return every text with fields, each with the service whose own attributes may stand alone in it."""
    env = table.get("env")
    texts = [("", text) for text in env.values()] if isinstance(env, dict) else []
    for name, service in declared.items():
        if isinstance(service, dict):
            own = service.get("env")
            texts += [(name, text) for text in (own.values() if isinstance(own, dict) else ())]
            texts.append((name, service.get("command")))
    return [(own, text) for own, text in texts if isinstance(text, str)]


def _fields(text: str) -> list[str]:
    return [token[1:-1] for token in re.findall(r"\{\{|\}\}|\{[^{}]*\}", text) if len(token) > 2]


def _attributes(declared: dict[str, Any], name: str) -> frozenset[str]:
    service = declared.get(name)
    kind = service.get("kind") if isinstance(service, dict) else None
    known = KINDS[kind].attributes if isinstance(kind, str) and kind in KINDS else frozenset()
    if not isinstance(service, dict) or kind != "container":
        return known
    ports = _list_in(service, "ports")
    return known.union(f"port_{port}" for port in ports) if ports else known - {"url", "port"}


def _is_lost(field: str, own: str, declared: dict[str, Any]) -> bool:
    """Tell whether a field is well formed, but names nothing."""
    service, _, attribute = field.rpartition(".")
    return attribute not in _attributes(declared, service or own)


def _go_in_a_circle(declared: dict[str, Any]) -> bool:
    references = {
        name: {field.partition(".")[0] for own, text in _texts({}, declared) if own == name for field in _fields(text)}
        - {name, "url", "port", "host", "port_80"}
        for name in declared
    }
    for name, service in declared.items():
        if isinstance(service, dict):
            references[name] |= {each for each in _list_in(service, "depends_on") if isinstance(each, str)}
    try:
        graphlib.TopologicalSorter(references).prepare()
    except graphlib.CycleError:
        return True
    return False


def _overlap(table: dict[str, Any]) -> bool:
    lists = [table.get("unit", ["tests/unit"]), table.get("integration", ["tests/integration"])]
    unit, integration = ([f for f in each if isinstance(f, str)] if isinstance(each, list) else [] for each in lists)
    normal = [[posixpath.normpath(folder) for folder in folders] for folders in (unit, integration)]
    reports = table.get("reports", "reports")
    repeated = any(len(set(folders)) < len(folders) for folders in normal)
    tests = [*normal[0], *normal[1]]
    held = isinstance(reports, str) and any(check_reports("/project", posixpath.normpath(reports), tests))
    return repeated or held or any(check_folders(*normal))


@settings(max_examples=600)
@given(mistaken())
def test_schema_accepts_what_the_parser_accepts(table: dict[str, Any]) -> None:
    """Schema and parser agree on every declaration that breaks no rule between two places."""
    assume(not beyond_a_schema(table))
    right = accepted(table)
    event("accepted" if right else "refused")
    assert valid(table) is right


@given(mistaken())
def test_schema_refuses_nothing_that_the_parser_accepts(table: dict[str, Any]) -> None:
    """Whatever rules are broken: an editor never marks what is right."""
    assert valid(table) or not accepted(table)
