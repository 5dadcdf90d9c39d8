"""The values of one service in a compose file: each function takes one of its keys to what the declaration has.

Whatever is not of the form that compose knows, or can't be taken over, raises ``InvalidError``.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from juncture.config._problems import InvalidError
from juncture.config._wording import listed, quoted, shown, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "build_folder",
    "command_line",
    "dependencies",
    "environment",
    "kind_and_version",
    "patience",
    "ports",
    "probe_command",
    "published",
]

_KINDS = {
    "postgres": "postgres",
    "postgis": "postgres",
    "pgvector": "postgres",
    "redis": "redis",
    "valkey": "valkey",
    "nats": "nats",
}
_OTHER_CONTRACT = {"bitnami", "bitnamilegacy"}
"""Makers of images that have the same names and other variables."""

_MOST_PORTS = 100
_MORE_OF_A_BUILD = ("args", "target", "dockerfile_inline", "additional_contexts", "ssh", "secrets", "entitlements")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}


def kind_and_version(image: str) -> tuple[str, str]:
    """Return the kind that an image is of, ``container`` where the catalogue has none, and its tag's leading number."""
    name, _, tag = image.partition("@")[0].rpartition(":")
    if "/" in tag or not name:  # the colon belonged to a registry's port, or there was none
        name, tag = image.partition("@")[0], ""
    parts = name.split("/")
    kind = "container" if _OTHER_CONTRACT.intersection(parts) else _KINDS.get(parts[-1], "container")
    match = re.match(r"(?:pg|v)?([0-9]+(?:\.[0-9]+)*)", tag)
    return kind, match[1] if match and kind != "container" else ""


def build_folder(value: object, base: str) -> str:
    """Return the folder of a build, relative to the root; ``base`` is the compose file's own folder."""
    table = value if isinstance(value, Mapping) else {"context": value}
    context, dockerfile = table.get("context", "."), table.get("dockerfile", "Dockerfile")
    if not isinstance(context, str) or not isinstance(dockerfile, str):
        raise InvalidError("must be a folder, or a table with the texts context and dockerfile")
    if "://" in context or context.startswith(("git@", "github.com/")):
        raise InvalidError(f"{quoted(context)} is fetched from elsewhere; build it yourself and name its image")
    if posixpath.normpath(dockerfile) != "Dockerfile":
        raise InvalidError(f"the file {quoted(dockerfile)} is not supported; call it Dockerfile, in {quoted(context)}")
    if more := [name for name in _MORE_OF_A_BUILD if table.get(name)]:
        raise InvalidError(f"{listed(more)} not supported; build the image yourself and name it")
    folder = posixpath.normpath(posixpath.join(base, context))
    if folder.startswith(("/", "../")) or folder == "..":
        raise InvalidError(f"{quoted(context)} is outside of the project; build it yourself and name its image")
    return folder


def command_line(value: object) -> str:
    """Return a command as one line, empty where there is none."""
    if value is None or value == []:
        return ""
    if isinstance(value, list) and all(isinstance(word, str | int) and not isinstance(word, bool) for word in value):
        return shlex.join(map(str, value))
    if isinstance(value, str):
        return value
    raise InvalidError(f"must be a string or a list of strings, not {type_name(value)}")


def dependencies(value: object) -> list[str]:
    """Return the names that ``depends_on`` has, whatever its form."""
    if isinstance(value, Mapping):
        for name, condition in value.items():
            wanted = condition.get("condition") if isinstance(condition, Mapping) else None
            if wanted == "service_completed_successfully":
                advice = "nothing waits for a service to end; write its command as `migrate` of the database"
                raise InvalidError(f"{quoted(str(name))} has to complete: {advice}")
        return [str(name) for name in value]
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return list(value)
    raise InvalidError(f"must be a list of services, or a table of them, not {type_name(value)}")


def environment(value: object, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that ``environment`` has; a name alone is handed on from ``variables``, if it is there."""
    if isinstance(value, list):
        rows = []
        for item in value:
            if not isinstance(item, str):
                raise InvalidError(f"must be a list of NAME=value, but holds {type_name(item)}")
            name, equals, text = item.partition("=")
            rows.append((name, text if equals else None))
    elif isinstance(value, Mapping):
        rows = [(name, _text(name, each)) for name, each in value.items()]
    elif value is None:
        return {}
    else:
        raise InvalidError(f"must be a table, or a list of NAME=value, not {type_name(value)}")
    return {
        name: variables.get(name, "") if text is None else text
        for name, text in rows
        if text is not None or name in variables
    }


def _text(name: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    raise InvalidError(f"{name} must be a string, not {type_name(value)}")


def ports(*values: object) -> tuple[list[int], list[str]]:
    """Return the container's ports of all lists, each once, and what of them is not TCP."""
    found: list[int] = []
    other: list[str] = []
    for item in _items(values):
        target, protocol = _target(item)
        if protocol != "tcp":
            other.append(f"{target}/{protocol}")
            continue
        for port in _range(target, item):
            if port not in found:
                found.append(port)
    return found, other


def published(value: object) -> bool:
    """Tell whether any of the ports names one of the host."""
    return any(
        bool(item.get("published")) if isinstance(item, Mapping) else ":" in str(item) for item in _items([value])
    )


def _items(values: object) -> Iterator[object]:
    for value in values if isinstance(values, list | tuple) else ():
        if value is None:
            continue
        if not isinstance(value, list):
            raise InvalidError(f"must be a list of ports, not {type_name(value)}")
        yield from value


def _target(item: object) -> tuple[str, str]:
    """Return the container's side of one port, or range of ports, and its protocol."""
    if isinstance(item, Mapping):
        return str(item.get("target", "")), str(item.get("protocol", "tcp"))
    if isinstance(item, bool) or not isinstance(item, str | int):
        raise InvalidError(f"must be a list of ports, but holds {type_name(item)}")
    text, _, protocol = str(item).partition("/")
    return text.rpartition(":")[2], protocol or "tcp"


def _range(target: str, item: object) -> range:
    match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", target)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= 65535:  # noqa: PLR2004 - the highest port
        raise InvalidError(f"{shown(item) if isinstance(item, str | int) else quoted(target)} is no port")
    if last - first >= _MOST_PORTS:
        raise InvalidError(f"{quoted(target)} are more than {_MOST_PORTS} ports; name those that are needed")
    return range(first, last + 1)


def probe_command(value: object) -> str:
    """Return the command of a health check, as it would be run in the container; empty where there is none."""
    if not isinstance(value, Mapping):
        raise InvalidError(f"must be a table, not {type_name(value)}")
    test = value.get("test")
    if value.get("disable") is True or test in (None, [], "", ["NONE"]):
        return ""
    if isinstance(test, str):
        return shlex.join(["sh", "-c", test])
    if isinstance(test, list) and all(isinstance(word, str) for word in test) and len(test) > 1:
        if test[0] == "CMD":
            return shlex.join(test[1:])
        if test[0] == "CMD-SHELL":
            return shlex.join(["sh", "-c", " ".join(test[1:])])
    raise InvalidError("test must be a string, or a list that begins with CMD, CMD-SHELL or NONE")


def patience(value: Mapping[str, object]) -> float:
    """Return the seconds after which compose would give a service up; 0 where the check does not say so."""
    if not {"interval", "retries", "start_period"}.intersection(value):
        return 0.0
    retries = value.get("retries", 3)
    count = int(retries) if isinstance(retries, int | str) and str(retries).isdecimal() else 3
    return _seconds(value.get("start_period", "0s")) + count * _seconds(value.get("interval", "30s"))


def _seconds(value: object) -> float:
    text = str(value)
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|us|s)", text)
    if "".join(number + unit for number, unit in parts) != text or not text:
        raise InvalidError(f'{quoted(text)} is no duration; write "30s" or "1m30s"')
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
