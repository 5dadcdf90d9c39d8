"""Elasticsearch and OpenSearch: a prefix of index names for each worker, emptied between tests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from juncture.errors import ProviderError, StartError
from juncture.services import parts
from juncture.services.addresses import authority
from juncture.services.kinds import OBTAINED, Address, Image, Kind, NotReadyError, Outside, Slots
from juncture.services.wire.http import HttpClient, HttpError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.model import Endpoint
    from juncture.services.kinds import Standing

__all__ = ["ELASTICSEARCH", "OPENSEARCH", "at", "connect", "empty", "probe", "standing", "used"]

MARKER = "juncture-marker"

REFUSED = frozenset({401, 403})

HEAP = "-Xms512m -Xmx512m"

SORTS = {"indices": "/{}", "streams": "/_data_stream/{}", "templates": "/_index_template/{}"}
"""What a worker's prefix begins the names of, and the paths by which each goes."""


def connect(endpoint: Endpoint, *, timeout: float = 30.0) -> HttpClient:
    """Return a connection to the server."""
    user = endpoint.user
    return HttpClient(endpoint.host, endpoint.port, user=user, password=endpoint.password, timeout=timeout)


def probe(endpoint: Endpoint) -> tuple[str, str]:
    """Return product and version as soon as the cluster can take documents: the API answers long before that."""
    try:
        with connect(endpoint, timeout=5.0) as client:
            found = client.request("GET", "/").json()
            health = client.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=0s", ok="24").json()
    except HttpError as error:
        if error.status in REFUSED:
            raise StartError(f"the server refuses the user: {error}", where=endpoint.service) from None
        raise NotReadyError(str(error)) from None
    except OSError as error:
        raise NotReadyError(str(error)) from None
    if not isinstance(found, dict) or not isinstance(found.get("version"), dict):
        raise StartError("what answers is no Elasticsearch and no OpenSearch", where=endpoint.service)
    if endpoint.provider != "external" and found.get("cluster_name") != _cluster(endpoint.password):
        raise StartError("the cluster has another name, so it is none of ours", where=endpoint.service)
    if not isinstance(health, dict) or health.get("status") not in ("yellow", "green"):
        raise NotReadyError("the cluster is not ready to take documents")
    return str(found["version"].get("distribution", "elasticsearch")), str(found["version"].get("number", ""))


def _cluster(password: str) -> str:
    """Return the name of a cluster of ours: who knows the password can tell it, whether it is asked for or not."""
    return f"juncture-{hashlib.sha256(password.encode()).hexdigest()[:16]}"


def at(endpoint: Endpoint, slot: int) -> Endpoint:
    """Return the endpoint of a prefix on a server that is shared; it ends with what no other prefix goes on with."""
    return replace(endpoint, database=f"{parts.part(endpoint, slot)}-", shared=True)


def used(endpoint: Endpoint) -> list[int]:
    """Return the numbers of the prefixes that any name begins with."""
    with connect(endpoint) as client:
        found = {name for names in _held(client, "").values() for name in names}
    return parts.numbers(endpoint, ("-".join(name.split("-", 2)[:2]) for name in found))


def standing(endpoint: Endpoint) -> Standing:
    """Return the indices, data streams and index templates whose names begin with the prefix."""
    with connect(endpoint) as client:
        return {sort: frozenset(names) for sort, names in _held(client, endpoint.database).items()}


def empty(endpoint: Endpoint, kept: Standing) -> None:
    """Delete what the prefix begins the names of, but for what ``kept`` names: that loses its documents alone."""
    assert endpoint.database.endswith("-")  # noqa: S101 - what follows destroys
    with connect(endpoint) as client:
        for sort, names in _held(client, endpoint.database).items():
            stays = kept.get(sort, frozenset())
            for name in names - stays:
                client.request("DELETE", SORTS[sort].format(quote(name, safe="")), ok="2")
            if sort != "templates":
                for name in names & stays:
                    _clear(client, name)


def _held(client: HttpClient, prefix: str) -> dict[str, set[str]]:
    """Return the names that begin with a prefix, by sort; streams and templates are gone before their indices."""
    pattern = quote(f"{prefix}*", safe="*")
    streams = client.request("GET", f"/_data_stream/{pattern}", ok="24").json()
    templates = client.request("GET", f"/_index_template/{pattern}", ok="24").json()
    indices = client.request("GET", f"/_cat/indices/{pattern}?format=json&h=index&expand_wildcards=all").json()
    return {
        "streams": _names(streams, "data_streams"),
        "templates": {name for name in _names(templates, "index_templates") if prefix or name.startswith("j")},
        "indices": {each["index"] for each in indices if not each["index"].startswith(".")},
    }


def _names(answer: Any, key: str) -> set[str]:
    """Return the names of an answer, which is an error where there are none."""
    return {each["name"] for each in answer.get(key, [])} if isinstance(answer, dict) else set()


def _clear(client: HttpClient, name: str) -> None:
    """Delete every document of an index, those that were not made visible yet included."""
    path = quote(name, safe="")
    client.request("POST", f"/{path}/_refresh")
    everything: dict[str, str] = {}
    query = {"query": {"match_all": everything}}
    client.json("POST", f"/{path}/_delete_by_query?refresh=true&conflicts=proceed", query)


def url(endpoint: Endpoint) -> str:
    """Return the URL as the usual clients read it; the prefix has an attribute of its own."""
    plain = endpoint if endpoint.user else replace(endpoint, password="")
    return f"http://{authority(plain)}"


def admit(endpoint: Endpoint) -> None:
    """Check nothing: whether indices can be made is seen when the marker is."""


def marked(endpoint: Endpoint) -> bool:
    """Tell whether the marker's index is there."""
    with connect(endpoint) as client:
        return client.has("HEAD", f"/{MARKER}")


def mark(endpoint: Endpoint) -> None:
    """Make the marker's index, which stays empty."""
    try:
        with connect(endpoint) as client:
            client.json("PUT", f"/{MARKER}", {"settings": {"number_of_shards": 1, "number_of_replicas": 0}})
    except HttpError as error:
        what = f"each worker needs indices of its own, and the user may not make one: {error}"
        raise ProviderError(what, where=f"service {endpoint.service}") from None


def settle(_: Endpoint) -> None:
    """Do nothing: the cluster's name said that it has our settings."""


def _elastic(password: str) -> Mapping[str, str]:
    return {
        "discovery.type": "single-node",
        "cluster.name": _cluster(password),
        "ELASTIC_PASSWORD": password,
        "xpack.security.enabled": "true",
        "xpack.security.http.ssl.enabled": "false",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "ES_JAVA_OPTS": HEAP,
    }


def _open(password: str) -> Mapping[str, str]:
    """Return the variables of OpenSearch, whose security needs TLS: on loopback, it is left out."""
    return {
        "discovery.type": "single-node",
        "cluster.name": _cluster(password),
        "DISABLE_SECURITY_PLUGIN": "true",
        "DISABLE_INSTALL_DEMO_CONFIG": "true",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "OPENSEARCH_JAVA_OPTS": HEAP,
    }


SLOTS = Slots(count=parts.COUNT, at=at, used=used)


def _kind(name: str, *, user: str, image: Image) -> Kind:
    return Kind(
        name=name,
        namespace="server",
        options=OBTAINED,
        attributes=frozenset({"url", "host", "port", "prefix", *(("user", "password") if user else ())}),
        user=user,
        database="",
        probe=probe,
        url=url,
        client=None,
        empty=empty,
        standing=standing,
        embedded=None,
        image=image,
        address=Address(schemes=("http",), encrypted=frozenset({"https"}), port=9200, path="nothing"),
        outside=Outside(
            does="makes and deletes indices of its own", admit=admit, marked=marked, mark=mark, slots=SLOTS
        ),
    )


ELASTICSEARCH = _kind(
    "elasticsearch",
    user="elastic",
    image=Image(
        repository="docker.elastic.co/elasticsearch/elasticsearch",
        version="8.19.0",
        suffix="",
        port=9200,
        command=(),
        environment=_elastic,
        tmpfs=("/usr/share/elasticsearch/data",),
        health=("sh", "-c", "curl -s http://127.0.0.1:9200 | grep -q -e number -e security_exception"),
        memory=1536 * 1024**2,
        slots=SLOTS,
        settle=settle,
    ),
)

OPENSEARCH = _kind(
    "opensearch",
    user="",
    image=Image(
        repository="opensearchproject/opensearch",
        version="3.3.0",
        suffix="",
        port=9200,
        command=(),
        environment=_open,
        tmpfs=("/usr/share/opensearch/data",),
        health=("sh", "-c", "curl -fs http://127.0.0.1:9200/_cluster/health"),
        memory=1536 * 1024**2,
        slots=SLOTS,
        settle=settle,
    ),
)
