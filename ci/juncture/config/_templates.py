"""Texts with ``{service.attribute}`` fields, as in the ``env`` table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from juncture.config._problems import InvalidError
from juncture.config._wording import listed, quoted, suggestion
from juncture.config.types import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse_template"]

_TOKEN = r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+"  # noqa: S105 - a token of a grammar
_FIELD = r"\{([\w-]+)(?:\.(\w*))?\}"


def parse_template(text: str, attributes: Mapping[str, frozenset[str] | None], *, own: str = "") -> Template:
    """Parse a text whose fields name declared services, ``{{`` and ``}}`` standing for braces.

    ``attributes`` gives the attributes of each declared service, ``None`` where its kind is unknown; those of the
    service ``own`` may stand alone, as in ``{port}``. Raises ``InvalidError`` with every problem of the text.
    """
    parts: list[str | tuple[str, str]] = []
    literal = ""
    problems: list[str] = []
    if "\0" in text:
        problems.append("holds a NUL character")
    for token in re.findall(_TOKEN, text):
        if token in ("{{", "}}"):
            literal += token[0]
        elif token in ("{", "}"):
            problems.append(f"{quoted(token)} stands alone; write {quoted(token * 2)} for a brace")
        elif token.startswith("{"):
            try:
                field = _parse_field(token, attributes, own)
            except InvalidError as error:
                problems.extend(error.problems)
                continue
            parts.extend([literal, field] if literal else [field])
            literal = ""
        else:
            literal += token
    if problems:
        raise InvalidError(*problems)
    return Template(text, (*parts, literal) if literal else tuple(parts))


def _parse_field(field: str, attributes: Mapping[str, frozenset[str] | None], own: str) -> tuple[str, str]:
    """Return service and attribute of one field in braces."""
    match = re.fullmatch(_FIELD, field)
    if match is None:
        advice = "write {service.attribute}, or {{ and }} for braces"
        raise InvalidError(f"{quoted(field)} names no attribute of a service; {advice}")
    service, attribute = match[1], match[2] or ""
    alone = attributes.get(own) or frozenset()
    if match[2] is None and service in alone:
        return own, service
    if service not in attributes:
        declared = [*sorted(alone), *attributes]
        lead = "Known" if alone else "Declared"
        advice = suggestion(service, declared, lead=lead) or " No service is declared."
        raise InvalidError(f"{quoted(field)}: unknown service {quoted(service)}.{advice}")
    allowed = attributes[service]
    if allowed is None or attribute in allowed:
        return service, attribute
    if not attribute:
        raise InvalidError(f"{quoted(field)} names no attribute; one of: {listed(sorted(allowed))}")
    raise InvalidError(
        f"{quoted(field)}: unknown attribute {quoted(attribute)}.{suggestion(attribute, sorted(allowed))}"
    )
