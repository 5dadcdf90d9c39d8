"""From the content of ``[tool.juncture]`` to a ``Config``: values in, a value or one ``ConfigError`` out."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from juncture.config import _keys as keys
from juncture.config._checks import check_folders, check_names, check_reports
from juncture.config._reader import Reader, below
from juncture.config._services import read_services
from juncture.config._variables import attributes_of, read_variables
from juncture.config._wording import quoted, suggestion
from juncture.config.ci import Ci
from juncture.config.types import Config, Gates, Point, Quarantine, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.config._composed import Composed
    from juncture.config.types import KindSchema

__all__ = ["NOTHING", "parse"]

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No variables, no options."""

NOWHERE: Mapping[str, Source] = MappingProxyType({})
"""No other file."""


def parse(  # noqa: PLR0913 - four layers and what gives them meaning
    table: Mapping[str, object],
    *,
    root: Path,
    kinds: Mapping[str, KindSchema],
    project: str,
    named: bool = True,
    environ: Mapping[str, str] = NOTHING,
    overrides: Mapping[str, str] = NOTHING,
    where: str = "pyproject.toml",
    composed: Composed | None = None,
) -> Config:
    """Return the declaration that the table makes, with what the environment and the command line override.

    ``table`` is the content of ``[tool.juncture]`` in the file that messages call ``where``; ``project`` is the name of
    the project, or that of its folder where it is not ``named``; ``overrides`` maps dotted keys
    (``services.db.version``) to texts. ``composed`` is what the file says that the key ``compose`` names; the table is
    laid over it. Raises ``ConfigError`` with every problem there is.
    """
    table, origins = composed.below(table) if composed else (table, NOWHERE)
    reader = Reader(where, environ, overrides, origins)
    reader.check_keys(table, "", [*(key.name for key in keys.TOP), *keys.TABLES])
    unit = reader.value(keys.UNIT, table)
    integration = reader.value(keys.INTEGRATION, table)
    shards = reader.value(keys.SHARDS, table)
    provider = reader.value(keys.PROVIDER, table)
    reports = reader.value(keys.REPORTS, table)
    idle = reader.value(keys.IDLE, table)
    budget = reader.value(keys.BUDGET, table)
    history = reader.value(keys.HISTORY, table)
    deny = reader.value(keys.DENY, table)
    compose = reader.value(keys.COMPOSE, table)
    may_skip = reader.value(keys.MAY_SKIP, table)
    timeout = reader.value(keys.TEST_TIMEOUT, table)
    _check_places(reader, root, unit, integration, reports)

    tables = (reader.table(table.get(name, {}), name) for name in keys.TABLES)
    service_tables, env_table, point_tables, quarantine_tables, gate_table, ci_table = tables
    services = read_services(reader, service_tables, kinds)
    env = read_variables(reader, env_table, "env", attributes_of(services, kinds))
    points = _read_points(reader, point_tables, service_tables)
    quarantine = _read_quarantine(reader, quarantine_tables)
    gates = _read_gates(reader, gate_table)
    ci = _read_ci(reader, ci_table)
    reader.finish()
    return Config(
        root=root,
        project=project,
        named=named,
        unit=unit,
        integration=integration,
        shards=shards,
        provider=provider,
        reports=reports,
        idle=idle,
        budget=budget,
        history=history,
        deny=deny,
        may_skip=may_skip,
        timeout=timeout,
        compose=compose,
        services=services,
        env=env,
        points=points,
        quarantine=quarantine,
        gates=gates,
        ci=ci,
        sources=MappingProxyType(reader.sources),
        notes=composed.notes if composed else (),
    )


def _check_places(
    reader: Reader, root: Path, unit: tuple[str, ...], integration: tuple[str, ...], reports: str
) -> None:
    """Check the folders against each other, where each of them is sound."""
    if not reader.sound("unit", "integration"):
        return
    written = "integration" if reader.sources["unit"].layer == "default" else "unit"
    reader.add(written, *check_folders(unit, integration))
    if reader.sound("reports"):
        reader.add("reports", *check_reports(root.as_posix(), reports, (*unit, *integration)))


def _read_points(reader: Reader, tables: Mapping[str, object], services: Mapping[str, object]) -> tuple[Point, ...]:
    """Read every integration point; the service behind it must be declared."""
    for name, what in check_names(tables):
        reader.add(below("points", name), what)
    points: list[Point] = []
    for name, value in tables.items():
        path = below("points", name)
        table = reader.table(value, path)
        if table is not value:
            continue
        reader.check_keys(table, path, [key.name for key in keys.POINT])
        code = reader.value(keys.CODE, table, path)
        service = reader.value(keys.BEHIND, table, path)
        cover = reader.value(keys.COVER, table, path)
        if service not in services and reader.sound(f"{path}.service"):
            advice = suggestion(service, list(services), lead="Declared") or " No service is declared."
            reader.add(f"{path}.service", f"unknown service {quoted(service)}.{advice}")
        points.append(Point(name=name, code=code, service=service, cover=cover))
    return tuple(points)


def _read_quarantine(reader: Reader, tables: Mapping[str, object]) -> tuple[Quarantine, ...]:
    """Read every entry of the quarantine; its name is a node id, or a pattern of some."""
    entries: list[Quarantine] = []
    for name, value in tables.items():
        path = below("quarantine", name)
        table = reader.table(value, path)
        if table is not value:
            continue
        reader.check_keys(table, path, [key.name for key in keys.QUARANTINE])
        until, reason = reader.value(keys.UNTIL, table, path), reader.value(keys.REASON, table, path)
        entries.append(Quarantine(test=name, until=until, reason=reason))
    return tuple(entries)


def _read_gates(reader: Reader, table: Mapping[str, object]) -> Gates:
    """Read what a merge has to reach."""
    reader.check_keys(table, "gates", [key.name for key in keys.GATES])
    return Gates(
        coverage=reader.value(keys.COVERAGE, table, "gates"),
        points=reader.value(keys.EACH_POINT, table, "gates"),
        changed=reader.value(keys.CHANGED, table, "gates"),
        drop=reader.value(keys.DROP, table, "gates"),
    )


def _read_ci(reader: Reader, table: Mapping[str, object]) -> Ci:
    """Read what is said of CI jobs; a test run does not look at it, and few tables have it."""
    if not table:
        return Ci()
    from juncture.config._ci import read_ci  # noqa: PLC0415 - as above

    return read_ci(reader, table)
