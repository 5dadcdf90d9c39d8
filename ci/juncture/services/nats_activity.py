"""What a NATS server is doing for an account: for people whose test hangs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from juncture.services.wire.nats import NatsConnection

__all__ = ["activity"]


def activity(connection: NatsConnection) -> list[str]:
    """Return a line for each other connection of the account, each stream and each consumer."""
    return [*_connections(connection), *_streams(connection)]


def _connections(connection: NatsConnection) -> Iterator[str]:
    own = connection.info.get("client_id")
    for each in _asked(connection, "$SYS.REQ.ACCOUNT.PING.CONNZ").get("data", {}).get("connections", []):
        if each.get("cid") != own:
            yield (
                f"connection {each.get('cid')}{_named(each)} has been idle for {each.get('idle')},"
                f" {each.get('subscriptions')} subscriptions,"
                f" sent {each.get('in_msgs')} messages, got {each.get('out_msgs')}"
            )


def _streams(connection: NatsConnection) -> Iterator[str]:
    for stream in _asked(connection, "$JS.API.STREAM.LIST").get("streams") or []:
        name = stream["config"]["name"]
        yield f"stream {name} has {stream['state']['messages']} messages"
        for each in _asked(connection, f"$JS.API.CONSUMER.LIST.{name}").get("consumers") or []:
            yield (
                f"consumer {each['name']} of {name} has {each['num_pending']} to deliver,"
                f" {each['num_ack_pending']} not acknowledged, {each['num_redelivered']} delivered again,"
                f" {each['num_waiting']} requests waiting"
            )


def _named(connection: Mapping[str, Any]) -> str:
    return f" ({connection['name']})" if connection.get("name") else ""


def _asked(connection: NatsConnection, subject: str) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(connection.request(subject))
    return reply
