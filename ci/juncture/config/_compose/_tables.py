"""From the content of a compose file to tables of services; pure, like the parser that they are for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from juncture.config._checks import check_names
from juncture.config._compose._interpolation import interpolated
from juncture.config._compose._service import Draft, kind_of
from juncture.config._composed import Composed
from juncture.config._problems import InvalidError, Problems
from juncture.config._reader import below
from juncture.config._wording import listed, quoted, suggestion, type_name
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from juncture.config.types import KindSchema, Source

__all__ = ["composed"]

_DEFINITIONS = ("services", "version", "name", "volumes", "networks", "configs", "secrets")
"""What may stand beside the services: it means nothing until a service names it."""


def composed(
    document: object,
    *,
    file: str,
    kinds: Mapping[str, KindSchema],
    variables: Mapping[str, str],
    over: Mapping[str, object],
) -> Composed:
    """Return the services of a compose file's content, with what the declaration lays ``over`` them in mind.

    A service with ``profiles`` counts only where the declaration names it; one with ``x-juncture: false`` never does.
    Raise ``ConfigError`` with everything that can't be taken over.
    """
    problems = Problems()
    sources = _services(document, file)
    notes: list[str] = []
    chosen: dict[str, Mapping[str, object]] = {}
    names: dict[str, str] = {}
    for name, value in sources.items():
        where = f"{file}: services.{name}"
        if not isinstance(value, Mapping):
            problems.add(where, f"must be a table, not {type_name(value)}")
            continue
        own = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        if value.get("x-juncture") is False:
            continue
        if value.get("profiles") and own not in over:
            notes.append(f"{where} is left out: it has profiles; [tool.juncture.services.{own}] would take it in")
            continue
        for _, what in check_names([own]):
            problems.add(where, what)
        if own in names.values():
            other = next(each for each, taken in names.items() if taken == own)
            problems.add(where, f'is the same as {quoted(other)} here: both are "{own}"; rename one')
        names[name] = own
        chosen[name] = _filled(value, where, variables, problems, notes)
    tables: dict[str, Mapping[str, object]] = {}
    origins: dict[str, Source] = {}
    for name, source in chosen.items():
        draft = _draft(source, name, names, file=file, kinds=kinds, variables=variables, over=over)
        draft.read(source)
        for where, what in draft.problems:
            problems.add(where, what)
        tables[names[name]] = draft.table
        origins |= draft.origins
        notes += draft.notes
    problems.raise_any()
    return Composed(services=tables, origins=origins, notes=tuple(notes))


def _draft(  # noqa: PLR0913 - what a service is read with
    source: Mapping[str, object],
    name: str,
    names: Mapping[str, str],
    *,
    file: str,
    kinds: Mapping[str, KindSchema],
    variables: Mapping[str, str],
    over: Mapping[str, object],
) -> Draft:
    own = over.get(names[name], {})
    laid = own if isinstance(own, Mapping) else {}
    kind = kind_of(source, laid)
    schema = kinds.get(kind)
    options = (schema.options | ({"version"} if schema.versioned else set())) if schema else frozenset()
    return Draft(
        name=name,
        where=f"{file}: services.{name}",
        path=below("services", names[name]),
        kind=kind,
        options=frozenset(options),
        over=laid,
        names=names,
        variables=variables,
        base=posixpath.dirname(file),
    )


def _services(document: object, file: str) -> Mapping[str, object]:
    """Return the services of the document; check what stands beside them."""
    if not isinstance(document, Mapping):
        what = "it is empty" if document is None else f"must be a table, not {type_name(document)}"
        raise ConfigError(what, where=file, hint="is it a compose file?")
    problems = Problems()
    for key in document:
        if key == "include":
            advice = "name a file without it, such as the output of `docker compose config`"
            problems.add(f"{file}: include", f"is not supported: {advice}")
        elif key not in _DEFINITIONS and not key.startswith("x-"):
            problems.add(f"{file}: {key}", f"unknown key.{suggestion(key, _DEFINITIONS)}")
    problems.raise_any()
    services = document.get("services")
    if not isinstance(services, Mapping) or not services:
        raise ConfigError("has no services", where=file, hint="is it a compose file?")
    return services


def _filled(
    value: Mapping[str, object], where: str, variables: Mapping[str, str], problems: Problems, notes: list[str]
) -> Mapping[str, object]:
    """Return a service with its variables replaced, below each of its keys."""
    filled: dict[str, object] = {}
    for key, each in value.items():
        unset: set[str] = set()
        try:
            filled[key] = _interpolated(each, variables, unset)
        except InvalidError as error:
            problems.add(f"{where}.{key}", *error.problems)
        if unset:
            one = len(unset) == 1
            notes.append(
                f"{where}.{key}: {listed(sorted(unset))} {'is' if one else 'are'} not set, and counts as empty"
            )
    return filled


def _interpolated(value: object, variables: Mapping[str, str], unset: set[str]) -> object:
    """Return a value with its variables replaced, in keys never."""
    if isinstance(value, str):
        return interpolated(value, variables, unset)
    if isinstance(value, list):
        return [_interpolated(each, variables, unset) for each in value]
    if isinstance(value, Mapping):
        return {name: _interpolated(each, variables, unset) for name, each in value.items()}
    return value
