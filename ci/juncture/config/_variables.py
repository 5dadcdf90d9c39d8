"""Tables of variables, and other texts with fields: what the application and the project's own processes are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.config._checks import check_env_names
from juncture.config._keys import PORTS
from juncture.config._problems import InvalidError
from juncture.config._reader import below
from juncture.config._templates import parse_template
from juncture.config._wording import type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from juncture.config._reader import Reader
    from juncture.config.types import KindSchema, Service, Template

__all__ = ["Attributes", "attributes_of", "read_template", "read_variables"]

Attributes = dict[str, frozenset[str] | None]
"""The attributes of each declared service; None where its kind is unknown."""


def attributes_of(services: Iterable[Service], kinds: Mapping[str, KindSchema]) -> Attributes:
    """Return what fields may name: the attributes of each declared service, None where its kind is unknown."""
    return {service.name: _attributes_of(service, kinds.get(service.kind)) for service in services}


def _attributes_of(service: Service, kind: KindSchema | None) -> frozenset[str] | None:
    """Return the attributes of one service: where its kind has ports, they are those that it declares."""
    if kind is None or PORTS.name not in kind.options:
        return kind.attributes if kind else None
    if not service.ports:
        return kind.attributes - {"url", "port"}
    return kind.attributes.union(f"port_{port}" for port in service.ports)


def read_variables(
    reader: Reader, table: Mapping[str, object], path: str, attributes: Attributes, *, own: str = ""
) -> tuple[tuple[str, Template], ...]:
    """Read the table of variables at ``path``; an empty text is allowed: it blanks a variable."""
    for name, what in check_env_names(table):
        reader.add(below(path, name), what)
    variables: list[tuple[str, Template]] = []
    for name, value in table.items():
        place = below(path, name)
        reader.written(place)
        if not isinstance(value, str):
            reader.add(place, f"must be a string, not {type_name(value)}")
        elif (template := read_template(reader, value, place, attributes, own=own)) is not None:
            variables.append((name, template))
    return tuple(variables)


def read_template(reader: Reader, text: str, path: str, attributes: Attributes, *, own: str = "") -> Template | None:
    """Parse the text at ``path``; where it is wrong, note that and return None."""
    try:
        return parse_template(text, attributes, own=own)
    except InvalidError as error:
        reader.add(path, *error.problems)
        return None
