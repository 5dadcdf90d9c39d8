"""What a compose file says of services, in the terms of the declaration, and how the declaration is laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from juncture.config.types import Source

__all__ = ["Composed"]


@dataclass(frozen=True, slots=True)
class Composed:
    """The services of a compose file.

    ``services`` are tables as ``[tool.juncture.services]`` would have them; ``origins`` maps the dotted key of each
    value in them to where it stands; ``notes`` are sentences on what was left out, each with its place.
    """

    services: Mapping[str, Mapping[str, object]]
    origins: Mapping[str, Source]
    notes: tuple[str, ...]

    def below(self, table: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, Source]]:
        """Return the content of ``[tool.juncture]`` laid over the services, and the origins that still hold.

        It overrides a service key by key, and the table of variables name by name; an image takes the place of a build,
        and a build that of an image.
        """
        over = table.get("services", {})
        if not isinstance(over, Mapping):
            return table, {}
        services: dict[str, object] = {name: _laid(under, over.get(name, {})) for name, under in self.services.items()}
        origins = {path: source for path, source in self.origins.items() if not _written(over, path.split(".")[1:])}
        services |= {name: each for name, each in over.items() if name not in services}
        return {**table, "services": services}, origins


def _laid(under: Mapping[str, object], over: object) -> object:
    if not isinstance(over, Mapping):
        return over
    kept = {key: value for key, value in under.items() if not _replaced(key, over)}
    env, own = under.get("env"), over.get("env")
    both = {"env": {**env, **own}} if isinstance(env, Mapping) and isinstance(own, Mapping) else {}
    return {**kept, **over, **both}


def _replaced(key: str, over: Mapping[str, object]) -> bool:
    """Tell whether a key that is not itself there was decided by another one."""
    return {"image": "build" in over, "build": "image" in over}.get(key, False)


def _written(over: Mapping[str, object], path: list[str]) -> bool:
    """Tell whether the declaration itself has the value there: a service and its variables are laid over by parts."""
    at: object = over
    for name in path:
        if not isinstance(at, Mapping):
            return True
        if name not in at:
            return False
        at = at[name]
    return not isinstance(at, Mapping) or path[1:] not in ([], ["env"])
