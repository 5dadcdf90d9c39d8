"""What is in a virtual host of RabbitMQ, and how all of it goes: over the management API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from juncture.services.rabbitmq_process import MANAGEMENT
from juncture.services.wire.http import HttpClient, HttpError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["empty", "is_own", "manage", "quoted", "standing"]

MISSING = 404
"""The status of what is not there."""

UNABLE = frozenset({400, 405})
"""How a server says that it can't purge a stream."""


def manage(endpoint: Endpoint, *, timeout: float = 30.0) -> HttpClient:
    """Return a connection to the management API, which needs the plugin ``rabbitmq_management``."""
    port = dict(endpoint.ports)[MANAGEMENT]
    return HttpClient(endpoint.host, port, user=endpoint.user, password=endpoint.password, timeout=timeout)


def standing(endpoint: Endpoint) -> Standing:
    """Return what the virtual host holds, by sort: exchanges, queues, bindings, policies and parameters."""
    with manage(endpoint) as api:
        return {sort: frozenset(found) for sort, found in _held(api, endpoint).items()}


def empty(endpoint: Endpoint, kept: Standing) -> None:
    """Delete everything from the virtual host but what ``kept`` names, whose queues are purged instead.

    A queue that is exclusive belongs to an open connection, and ends with it. A stream can't be purged: one that is
    kept keeps its messages.
    """
    with manage(endpoint) as api:
        held = _held(api, endpoint)
        for sort in ("policies", "parameters", "queues", "exchanges"):
            for path in held[sort] - kept.get(sort, frozenset()):
                _delete(api, f"/api/{sort}/{path}")
        for path in held["queues"] & kept.get("queues", frozenset()):
            _delete(api, f"/api/queues/{path}/contents", although=UNABLE)
        if strange := held["bindings"] - kept.get("bindings", frozenset()):
            _unbind(api, endpoint, strange)


def _held(api: HttpClient, endpoint: Endpoint) -> dict[str, set[str]]:
    """Return the API's paths of all that is in a virtual host, by sort; for bindings, what they are. One request."""
    vhost = quoted(endpoint.database)
    held = api.request("GET", f"/api/definitions/{vhost}").json()
    parameters = held.get("parameters", [])
    named = {sort: {quoted(each["name"]) for each in held.get(sort, [])} for sort in ("policies", "queues")}
    named["exchanges"] = {quoted(each["name"]) for each in held.get("exchanges", []) if not is_own(each["name"])}
    return {
        **{sort: {f"{vhost}/{name}" for name in names} for sort, names in named.items()},
        "parameters": {f"{quoted(each['component'])}/{vhost}/{quoted(each['name'])}" for each in parameters},
        "bindings": {_identity(binding) for binding in held.get("bindings", []) if binding["source"]},
    }


def _unbind(api: HttpClient, endpoint: Endpoint, strange: Collection[str]) -> None:
    """Delete bindings between things that stay; the others went with what they bound."""
    vhost = quoted(endpoint.database)
    for binding in api.request("GET", f"/api/bindings/{vhost}").json():
        if binding["source"] and _identity(binding) in strange:
            source, target, key = (quoted(binding[part]) for part in ("source", "destination", "properties_key"))
            _delete(api, f"/api/bindings/{vhost}/e/{source}/{binding['destination_type'][0]}/{target}/{key}")


def _identity(binding: Mapping[str, Any]) -> str:
    """Return what makes a binding another than the next one."""
    parts = ("source", "destination_type", "destination", "routing_key", "arguments")
    return json.dumps([binding[part] for part in parts], sort_keys=True)


def quoted(name: str) -> str:
    """Return a name as a part of a path."""
    return quote(name, safe="")


def is_own(exchange: str) -> bool:
    """Tell whether every virtual host has that exchange; the default one has no name."""
    return exchange == "" or exchange.startswith("amq.")


def _delete(api: HttpClient, path: str, *, although: Collection[int] = ()) -> None:
    """Delete something; that it went with what was deleted before, or with its connection, is no error."""
    try:
        api.request("DELETE", path)
    except HttpError as error:
        if error.status not in (MISSING, *although):
            raise
