"""Tests of ``juncture.services.elasticsearch`` with a server that answers as its documentation says: none runs here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.errors import StartError
from juncture.services import elasticsearch
from juncture.services.elasticsearch import ELASTICSEARCH, OPENSEARCH
from juncture.services.kinds import NotReadyError
from juncture.services.wire.http import HttpError
from juncture.stubs import HttpStubs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.model import Endpoint

HEALTH = "/_cluster/health"
INFO = {"name": "n", "cluster_name": "c", "version": {"number": "8.19.0"}, "tagline": "You Know, for Search"}


@pytest.fixture
def stubs() -> Iterator[HttpStubs]:
    """Return a running server."""
    with HttpStubs() as made:
        yield made


@pytest.fixture
def search(endpoint: Endpoint, stubs: HttpStubs) -> Endpoint:
    """Return the endpoint of a worker's prefix on that server."""
    server = replace(endpoint, kind="elasticsearch", provider="external", port=stubs.port)
    return elasticsearch.at(server, 3)


def hold(stubs: HttpStubs, prefix: str, *indices: str, streams: tuple[str, ...] = ()) -> None:
    """Have the server say what there is below a prefix."""
    stubs.stub("GET", f"/_cat/indices/{prefix}*", json=[{"index": name} for name in indices])
    stubs.stub("GET", f"/_data_stream/{prefix}*", json={"data_streams": [{"name": name} for name in streams]})
    stubs.stub("GET", f"/_index_template/{prefix}*", status=404, json={"error": {}, "status": 404})


def test_cluster_has_to_take_documents(search: Endpoint, stubs: HttpStubs) -> None:
    """The API answers while the node is recovering its indices, or looks for a master."""
    stubs.stub("GET", "/", json=INFO)
    stubs.stub("GET", HEALTH, status=408, json={"status": "red", "timed_out": True})
    with pytest.raises(NotReadyError, match="the cluster is not ready to take documents"):
        elasticsearch.probe(search)
    stubs.stub("GET", HEALTH, json={"status": "yellow", "timed_out": False})
    assert elasticsearch.probe(search) == ("elasticsearch", "8.19.0")


def test_product_is_the_distribution(search: Endpoint, stubs: HttpStubs) -> None:
    """OpenSearch says that it is one."""
    stubs.stub("GET", "/", json=INFO | {"version": {"distribution": "opensearch", "number": "3.3.0"}})
    stubs.stub("GET", HEALTH, json={"status": "green"})
    assert elasticsearch.probe(search) == ("opensearch", "3.3.0")


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_is_an_error_at_once(search: Endpoint, stubs: HttpStubs, status: int) -> None:
    """Waiting would not help."""
    stubs.stub("GET", "/", status=status, json={"error": {"type": "security_exception"}})
    with pytest.raises(StartError, match="the server refuses the user"):
        elasticsearch.probe(search)


@pytest.mark.parametrize("status", [401, 403, 429])
def test_refusal_is_no_marker(search: Endpoint, stubs: HttpStubs, status: int) -> None:
    """Only an index that was seen says that tests may use a server, only 404 that there is none."""
    stubs.stub("HEAD", "/juncture-marker", status=status)
    with pytest.raises(HttpError, match=str(status)):
        elasticsearch.marked(search)
    stubs.stub("HEAD", "/juncture-marker", status=404)
    assert not elasticsearch.marked(search)
    stubs.stub("HEAD", "/juncture-marker", status=200)
    assert elasticsearch.marked(search)


def test_server_that_starts_is_not_ready(search: Endpoint, stubs: HttpStubs) -> None:
    """It answers 503 until it has a master."""
    stubs.stub("GET", "/", status=503, json={})
    with pytest.raises(NotReadyError, match="503"):
        elasticsearch.probe(search)


def test_cluster_of_another_name_is_none_of_ours(search: Endpoint, stubs: HttpStubs) -> None:
    """Where nobody is asked for a password, the name that is made from it proves whose it is."""
    ours = replace(search, provider="docker")
    stubs.stub("GET", HEALTH, json={"status": "green"})
    stubs.stub("GET", "/", json=INFO)
    with pytest.raises(StartError, match="the cluster has another name, so it is none of ours"):
        elasticsearch.probe(ours)
    assert OPENSEARCH.image is not None
    name = OPENSEARCH.image.environment(ours.password)["cluster.name"]
    stubs.stub("GET", "/", json=INFO | {"cluster_name": name})
    assert elasticsearch.probe(ours) == ("elasticsearch", "8.19.0")


def test_another_server_is_none(search: Endpoint, stubs: HttpStubs) -> None:
    """Whatever answers 200 to a GET of / is no search engine because of that."""
    stubs.stub("GET", "/", json={"hello": "world"})
    stubs.stub("GET", HEALTH, json={"status": "green"})
    with pytest.raises(StartError, match="no Elasticsearch and no OpenSearch"):
        elasticsearch.probe(search)


def test_reset_deletes_what_is_below_the_prefix(search: Endpoint, stubs: HttpStubs) -> None:
    """Indices and data streams go; what was there before the tests loses its documents alone."""
    hold(stubs, "juncture-3-", "juncture-3-orders", "juncture-3-mine", streams=("juncture-3-logs",))
    gone = [stubs.stub("DELETE", path) for path in ("/juncture-3-mine", "/_data_stream/juncture-3-logs")]
    stubs.stub("POST", "/juncture-3-orders/_refresh", json={})
    cleared = stubs.stub("POST", "/juncture-3-orders/_delete_by_query", json={"deleted": 2})
    elasticsearch.empty(search, {"indices": frozenset({"juncture-3-orders"})})
    assert [len(each.received) for each in gone] == [1, 1]
    assert [each.json() for each in cleared.received] == [{"query": {"match_all": {}}}]


def test_prefixes_of_workers_never_meet(search: Endpoint, stubs: HttpStubs) -> None:
    """None is the beginning of another, and each tells its number; names of others count for nobody."""
    prefixes = [elasticsearch.at(search, slot).attribute("prefix") for slot in range(64)]
    assert not [one for one in prefixes for other in prefixes if one != other and other.startswith(one)]
    hold(stubs, "", "juncture-3-orders", "juncture-31-a-b", "juncture-x-1", ".security-7", "shop")
    assert elasticsearch.used(search) == [3, 31]


def test_url_has_no_password_where_nobody_asks_for_one(endpoint: Endpoint) -> None:
    """OpenSearch runs without its security plugin, which needs TLS."""
    assert elasticsearch.url(replace(endpoint, user=OPENSEARCH.user)) == "http://127.0.0.1:5432"
    assert elasticsearch.url(replace(endpoint, user="elastic")) == "http://elastic:pass-word_1@127.0.0.1:5432"
    assert ELASTICSEARCH.schema().attributes - OPENSEARCH.schema().attributes == {"user", "password"}
