"""The declaration as rows for ``config.show``, without secrets, and the task ``config.schema``."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from juncture.tasks._common import command, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.config.types import Config, Ready, Service, Source, Template

__all__ = ["config_rows", "print_schema", "without_secrets"]

_HIDDEN = "***"
_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"(?P<before>://[^\s/:@]*:)[^\s/@]+@")


@command(name="schema")
def print_schema(_context: Any) -> None:
    """Print the JSON Schema of the declaration, for editors.

    It is the schema of a whole pyproject.toml, in which the tables of other tools are free.

    Examples:
        juncture config.schema > juncture.schema.json

    """
    from juncture.config.schema import schema  # noqa: PLC0415
    from juncture.services import every_kind  # noqa: PLC0415

    say([json.dumps(schema({kind.name: kind.schema() for kind in every_kind()}), indent=2)])


def config_rows(config: Config) -> list[tuple[str, str, str]]:
    """Return ``(key, value, source)`` of every setting that was declared or has a default."""
    return [(key, value, _source(config.sources.get(key))) for key, value in _values(config) if value]


def without_secrets(name: str, template: Template) -> str:
    """Return the text of one ``env`` entry, with what looks like a literal secret replaced by ``***``.

    A ``{service.attribute}`` field is a name, not a secret, and is shown.
    """
    if _SECRET_NAME.search(name):
        return "".join(_HIDDEN if isinstance(part, str) else f"{{{'.'.join(part)}}}" for part in template.parts if part)
    return _PASSWORD_IN_URL.sub(_hide_password, template.text)


def _hide_password(found: re.Match[str]) -> str:
    """Replace a literal password in a URL; a field in its place stays."""
    password = found.group()[len(found["before"]) : -1]
    return found.group() if re.fullmatch(r"\{[^{}]+\}", password) else f"{found['before']}{_HIDDEN}@"


def _values(config: Config) -> Iterator[tuple[str, str]]:
    """Yield dotted keys and values in the order of a written declaration."""
    yield "unit", ", ".join(config.unit)
    yield "integration", ", ".join(config.integration)
    yield "shards", str(config.shards)
    yield "provider", config.provider
    yield "reports", config.reports
    yield "idle", f"{config.idle:g} s"
    yield "budget", f"{config.budget:g} s" if config.budget else ""
    yield "timeout", f"{config.timeout:g} s"
    yield "deny", ", ".join(config.deny)
    yield "compose", config.compose
    for service in config.services:
        key = f"services.{service.name}"
        yield f"{key}.kind", service.kind
        yield f"{key}.version", service.version
        yield f"{key}.migrate", service.migrate
        yield f"{key}.downgrade", service.downgrade
        yield f"{key}.seed", ", ".join(service.seed)
        yield f"{key}.watch", ", ".join(service.watch)
        yield from _of_a_process(config, key, service)
    for name, template in config.env:
        yield f"env.{name}", without_secrets(name, template)
    for point in config.points:
        yield f"points.{point.name}.code", ", ".join(point.code)
        yield f"points.{point.name}.service", point.service
        yield f"points.{point.name}.cover", _percent(point.cover)
    for gate in fields(config.gates):
        yield f"gates.{gate.name}", _percent(getattr(config.gates, gate.name))
    yield from _of_ci(config)


def _of_ci(config: Config) -> Iterator[tuple[str, str]]:
    """Yield what is said of CI jobs; of tables the names alone, as a variable may hold a secret."""
    for each in fields(config.ci):
        value, key = getattr(config.ci, each.name), f"ci.{each.name}"
        if key not in config.sources or config.sources[key].layer == "default":
            continue
        match each.name:
            case "env" | "permissions":
                yield key, ", ".join(name for name, _ in value)
            case "jobs":
                yield key, ", ".join(job.name for job in value)
            case "timeout":
                yield key, f"{value:g} s"
            case _:
                yield key, ", ".join(value) if isinstance(value, tuple) else str(value).lower()


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:g} %"


def _of_a_process(config: Config, key: str, service: Service) -> Iterator[tuple[str, str]]:
    """Yield what only a process or a container has: it has sources for nothing else."""
    rows = [
        ("image", service.image),
        ("digest", service.digest),
        ("build", service.build),
        ("reuse", "true" if service.reuse == "always" else service.reuse),
        ("disposable", str(service.disposable).lower()),
        ("command", without_secrets("", service.command) if service.command else ""),
        ("ports", ", ".join(map(str, service.ports))),
        ("ready", _readiness(service.ready)),
        *((f"env.{name}", without_secrets(name, template)) for name, template in service.env),
        ("cwd", service.cwd),
        ("timeout", f"{service.timeout:g} s"),
        ("depends_on", ", ".join(service.depends_on)),
        ("shared", str(service.shared).lower()),
    ]
    yield from ((f"{key}.{name}", value) for name, value in rows if f"{key}.{name}" in config.sources)


def _readiness(ready: Ready) -> str:
    """Return a path alone, and any other sign of readiness with its port."""
    if ready.how == "http" and not ready.port:
        return ready.value
    return " ".join(filter(None, [ready.how, ready.value, f"port {ready.port}" if ready.port else ""]))


def _source(source: Source | None) -> str:
    """Return where a value came from: the layer, and in it the file, variable or option."""
    if source is None:
        return ""
    return source.where if source.layer in ("pyproject", "compose") and source.where else _layer_and_place(source)


def _layer_and_place(source: Source) -> str:
    """Return the layer, and the place in it where it has one."""
    return f"{source.layer} {source.where}" if source.where and source.where != source.layer else source.layer
