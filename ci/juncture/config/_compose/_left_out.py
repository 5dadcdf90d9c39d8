"""What a service in a compose file may say that juncture does not take over: no matter, a note, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from juncture.config._wording import listed, quoted

__all__ = ["NO_MATTER", "TAKEN", "note_on", "refusal_of"]

TAKEN: Final = frozenset(
    {"image", "build", "command", "ports", "expose", "environment", "depends_on", "healthcheck", "profiles"}
)
"""What is read, each by a function of its own."""

NO_MATTER: Final = frozenset(
    {
        *("annotations", "attach", "develop", "init", "labels", "logging", "oom_kill_disable", "oom_score_adj"),
        *("pull_policy", "restart", "stdin_open", "stop_grace_period", "stop_signal", "tty"),
    }
)
"""What no test can see."""

_NOTED: Final = {
    "container_name": "its name is juncture's own",
    "hostname": "its name is juncture's own",
    "tmpfs": "data is in memory",
    **dict.fromkeys(
        (
            "cpu_shares",
            "cpus",
            "deploy",
            "mem_limit",
            "mem_reservation",
            "memswap_limit",
            "scale",
            "shm_size",
            "ulimits",
        ),
        "limits are juncture's own",
    ),
}
"""What a test hardly sees, and what is there instead."""

_WHOLE: Final = "name a file without it, such as the output of `docker compose config`"
_REFUSED: Final = {
    "extends": _WHOLE,
    "env_file": "write its variables below environment, or below env in pyproject.toml",
    "entrypoint": "put it into an image, and build that",
    "working_dir": "put it into an image, and build that",
    "user": "put it into an image, and build that",
    "configs": "put the files into an image, and build that",
    "secrets": "put the files into an image, and build that",
}

_INVISIBLE: Final = frozenset(
    {"ALLOW_EMPTY_PASSWORD", "PGDATA", "POSTGRES_HOST_AUTH_METHOD", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
)
"""Variables of servers in the catalogue that change nothing for who gets the address from juncture."""

_INIT: Final = "/docker-entrypoint-initdb.d"


def note_on(key: str, value: object, *, container: bool, over: Mapping[str, object]) -> str:
    """Return what is there instead of a key that can be left out; empty where leaving it out is no matter, or too much.

    ``container`` tells a service that juncture knows nothing of from one of its catalogue; ``over`` is what the
    declaration says of the service.
    """
    if key in _NOTED:
        return _NOTED[key]
    if key == "volumes" and not refusal_of(key, value, container=container, over=over):
        return "data is in memory"
    if key == "networks":
        tables = value.values() if isinstance(value, Mapping) else ()
        return "all services are in one network" if any(tables) else ""
    if key == "environment":
        return _variables(value)
    if container or key in NO_MATTER or refusal_of(key, value, container=container, over=over):
        return ""
    return "juncture starts it in its own way"


def refusal_of(key: str, value: object, *, container: bool, over: Mapping[str, object]) -> str:
    """Return what to do about a key that can't be left out without changing what the service is; empty for others."""
    if key == "extends":
        return f"is not supported: {_WHOLE}"
    if key == "volumes":
        return _mount(value, container=container, over=over)
    if not container or key in NO_MATTER or key in _NOTED or key == "networks":
        return ""
    return f"is not supported: {_REFUSED.get(key, 'take it out, or put what it does into an image')}"


def _variables(value: object) -> str:
    """Return what to say of the variables of a server in the catalogue; nothing where nobody sees them."""
    names = [str(each).partition("=")[0] for each in value] if isinstance(value, list | Mapping) else []
    visible = [name for name in names if name not in _INVISIBLE]
    return f"{listed(visible)}: user, database and settings are juncture's own" if visible else ""


def _mount(value: object, *, container: bool, over: Mapping[str, object]) -> str:
    """Return what to do about a folder or file of the host that a service can't do without."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Mapping):
            source, target = str(item.get("source", "")), str(item.get("target", ""))
            bound = item.get("type") == "bind"
        else:
            source, _, target = str(item).partition(":")
            bound = bool(target) and source.startswith((".", "/", "~"))
        if not bound:
            continue
        if container:
            return f"has {quoted(source)} of the host in it: put that into an image, and build it"
        if target.startswith(_INIT) and not over.keys() & {"seed", "migrate"}:
            return (
                f"sets the data up from {quoted(source)}: name its files in seed, or a command in migrate, in pyproject"
            )
    return ""
