"""How people talk to a service: words are put into a namespace and read with the kind's usual client library."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import MQTTMessage
    from paho.mqtt.publish import AuthParameter

    from juncture.model import Endpoint

__all__ = ["APP", "MARIADB", "MEMCACHED", "MQTT", "NATS", "POSTGRES", "RABBITMQ", "REDIS", "S3", "WIREMOCK", "Client"]


@dataclass(frozen=True)
class Client:
    """``put`` leaves a word in the namespace that an endpoint leads to; ``words`` returns those that are there."""

    put: Callable[[Endpoint, str], None]
    words: Callable[[Endpoint], set[str]]


def _put_row(endpoint: Endpoint, word: str) -> None:
    import psycopg  # noqa: PLC0415 - each subject pays for its own client

    with psycopg.connect(endpoint.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", [word])


def _rows(endpoint: Endpoint) -> set[str]:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(endpoint.url) as connection:
        if connection.execute("SELECT to_regclass('words')").fetchone() == (None,):
            return set()
        return {str(row[0]) for row in connection.execute("SELECT word FROM words")}


def _pymysql(endpoint: Endpoint) -> Any:
    import pymysql  # noqa: PLC0415

    place = urlsplit(endpoint.url)
    return pymysql.connect(
        host=place.hostname,
        port=place.port or 0,
        user=unquote(place.username or ""),
        password=unquote(place.password or ""),
        database=unquote(place.path[1:]),
        autocommit=True,
    )


def _put_line(endpoint: Endpoint, word: str) -> None:
    with _pymysql(endpoint) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        cursor.execute("INSERT INTO words VALUES (%s)", [word])


def _lines(endpoint: Endpoint) -> set[str]:
    with _pymysql(endpoint) as connection, connection.cursor() as cursor:
        if not cursor.execute("SHOW TABLES LIKE 'words'"):
            return set()
        cursor.execute("SELECT word FROM words")
        return {str(row[0]) for row in cursor.fetchall()}


def _put_key(endpoint: Endpoint, word: str) -> None:
    import redis  # noqa: PLC0415

    with redis.Redis.from_url(endpoint.url) as client:
        client.set(word, "here")


def _keys(endpoint: Endpoint) -> set[str]:
    import redis  # noqa: PLC0415

    with redis.Redis.from_url(endpoint.url) as client:
        return {key.decode() for key in client.scan_iter()}


def _put_stream(endpoint: Endpoint, word: str) -> None:
    import nats  # noqa: PLC0415

    async def put() -> None:
        client = await nats.connect(endpoint.url)
        await client.jetstream().add_stream(name=word, subjects=[word])
        await client.jetstream().publish(word, b"here")
        await client.close()

    asyncio.run(put())


def _streams(endpoint: Endpoint) -> set[str]:
    import nats  # noqa: PLC0415

    async def streams() -> set[str]:
        client = await nats.connect(endpoint.url)
        found = {str(each.config.name) for each in await client.jetstream().streams_info()}
        await client.close()
        return found

    return asyncio.run(streams())


def _put_queue(endpoint: Endpoint, word: str) -> None:
    import pika  # noqa: PLC0415

    with pika.BlockingConnection(pika.URLParameters(endpoint.url)) as connection:
        channel = connection.channel()
        channel.queue_declare(word, durable=True)
        channel.basic_publish("", word, b"here")


def _queues(endpoint: Endpoint) -> set[str]:
    """Return the names of the queues: only the management API lists them."""
    port = dict(endpoint.ports)[15672]
    request = urllib.request.Request(f"http://{endpoint.host}:{port}/api/queues/{endpoint.database}")
    known = b64encode(f"{endpoint.user}:{endpoint.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {known}")
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - http it is
        return {queue["name"] for queue in json.load(answer)}


def _put_value(endpoint: Endpoint, word: str) -> None:
    from pymemcache import Client as Memcached  # type: ignore[import-untyped]  # noqa: PLC0415 - it ships no types

    with closing(Memcached(urlsplit(endpoint.url).netloc, no_delay=True)) as client:
        client.set(word, "here", noreply=False)


def _values(endpoint: Endpoint) -> set[str]:
    from pymemcache import Client as Memcached  # noqa: PLC0415

    with closing(Memcached(urlsplit(endpoint.url).netloc, no_delay=True)) as client:
        told = client.raw_command("lru_crawler metadump all", "END\r\n").decode()
    return {
        unquote(line.partition(" ")[0].removeprefix("key=")) for line in told.splitlines() if line.startswith("key=")
    }


def _put_retained(endpoint: Endpoint, word: str) -> None:
    from paho.mqtt import publish  # noqa: PLC0415

    host, port, auth = _mqtt_address(endpoint)
    publish.single(word, "here", qos=1, retain=True, hostname=host, port=port, auth=auth)


def _retained(endpoint: Endpoint) -> set[str]:
    from paho.mqtt.client import Client as Mqtt  # noqa: PLC0415
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

    host, port, auth = _mqtt_address(endpoint)
    client, last = Mqtt(CallbackAPIVersion.VERSION2), threading.Event()
    found: set[str] = set()

    def connected(*_: object) -> None:
        client.subscribe("#", qos=1)

    def subscribed(*_: object) -> None:
        client.publish("last", qos=1)  # comes after what the broker had kept

    def came(_: object, __: object, message: MQTTMessage) -> None:
        if message.retain:
            found.add(message.topic)
        else:
            last.set()

    client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, came
    client.username_pw_set(auth["username"], auth["password"])
    client.connect(host, port)
    client.loop_start()
    try:
        assert last.wait(10), "the broker did not answer"
    finally:
        client.disconnect()
        client.loop_stop()
    return found


def _mqtt_address(endpoint: Endpoint) -> tuple[str, int, AuthParameter]:
    parts = urlsplit(endpoint.url)
    assert parts.hostname and parts.port and parts.username and parts.password  # noqa: PT018 - each URL has them
    return parts.hostname, parts.port, {"username": parts.username, "password": unquote(parts.password)}


def _put_stub(endpoint: Endpoint, word: str) -> None:
    _stubs(endpoint, {"name": word, "request": {"urlPath": f"/{word}"}, "response": {"body": "here"}})


def _stubs(endpoint: Endpoint, stub: dict[str, object] | None = None) -> set[str]:
    pair = b64encode(f"{endpoint.user}:{endpoint.password}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    body = json.dumps(stub).encode() if stub else None
    request = urllib.request.Request(f"{endpoint.url}/__admin/mappings", body, headers)  # noqa: S310 - http it is
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        told = json.load(answer)
    return set() if stub else {each["name"] for each in told["mappings"]}


def _s3(endpoint: Endpoint) -> Any:
    import boto3  # noqa: PLC0415

    known = {"aws_access_key_id": endpoint.user, "aws_secret_access_key": endpoint.password}
    return boto3.client("s3", endpoint_url=endpoint.url, region_name="us-east-1", **known)


def _put_object(endpoint: Endpoint, word: str) -> None:
    _s3(endpoint).put_object(Bucket=endpoint.attribute("bucket"), Key=word, Body=b"here")


def _objects(endpoint: Endpoint) -> set[str]:
    found = _s3(endpoint).list_objects_v2(Bucket=endpoint.attribute("bucket"))
    return {each["Key"] for each in found.get("Contents", [])}


def _ask(endpoint: Endpoint, path: str) -> list[str]:
    with urllib.request.urlopen(f"{endpoint.url}/{path}", timeout=10) as answer:  # noqa: S310 - http it is
        return str(answer.read().decode()).split()


def _tell(endpoint: Endpoint, word: str) -> None:
    _ask(endpoint, f"put/{word}")


POSTGRES = Client(_put_row, _rows)
MARIADB = Client(_put_line, _lines)
REDIS = Client(_put_key, _keys)
NATS = Client(_put_stream, _streams)
RABBITMQ = Client(_put_queue, _queues)
MEMCACHED = Client(_put_value, _values)
MQTT = Client(_put_retained, _retained)
WIREMOCK = Client(_put_stub, _stubs)
S3 = Client(_put_object, _objects)
APP = Client(_tell, lambda endpoint: set(_ask(endpoint, "words")))
