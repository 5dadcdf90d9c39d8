"""Tests of ``juncture.services.wire.s3``; real servers are in tests/integration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from juncture.services.wire.http import HttpError
from juncture.services.wire.s3 import S3Client, signer

if TYPE_CHECKING:
    from tests.unit.services.wire.conftest import Peer

MAY_2013 = datetime(2013, 5, 24, tzinfo=UTC)


def answer(body: str, status: str = "200 OK") -> bytes:
    """Return a whole answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode()


def connect(port: int) -> S3Client:
    """Connect to a peer."""
    return S3Client("127.0.0.1", port, key="me", secret="secret")


@pytest.mark.parametrize(
    ("path", "signature"),
    [
        ("/?lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_signature_is_that_of_the_documentation(path: str, signature: str) -> None:
    """The examples of the API's reference, section "Signature Calculations for the Authorization Header"."""
    key, secret = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    headers = signer("examplebucket.s3.amazonaws.com", key, secret, lambda: MAY_2013)("GET", path, b"")
    assert headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={key}/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature={signature}"
    )


def test_names_have_a_namespace_or_none(peer: Peer) -> None:
    """Some servers leave the XML namespace out."""
    listed = "<ListAllMyBucketsResult{}><Buckets><Bucket><Name>a</Name></Bucket></Buckets></ListAllMyBucketsResult>"
    for space in ("", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'):
        with connect(peer(answer(listed.format(space)))) as client:
            assert client.buckets()[0] == ["a"]


def test_keys_are_decoded_where_they_are_encoded(peer: Peer) -> None:
    """A server that passes the wish for an encoding over sends keys as they are."""
    listed = "<ListBucketResult>{}<Contents><Key>a+b%2Fc</Key></Contents></ListBucketResult>"
    with connect(peer(answer(listed.format("<EncodingType>url</EncodingType>")))) as client:
        assert client.keys("bucket", most=9) == ["a b/c"]
    with connect(peer(answer(listed.format("")))) as client:
        assert client.keys("bucket", most=9) == ["a+b%2Fc"]


def test_refusal_is_no_bucket(peer: Peer) -> None:
    """A marker that a key may not see does not allow anything."""
    with connect(peer(answer("", "403 Forbidden"))) as client, pytest.raises(HttpError, match="403"):
        client.has("marker")


def test_object_that_stays_is_an_error(peer: Peer) -> None:
    """The answer to a deletion of many is 200, whatever became of each."""
    failed = "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    with connect(peer(answer(failed))) as client, pytest.raises(HttpError, match="1 objects were not deleted: AccessD"):
        client.delete("bucket", ["a"])


@pytest.mark.parametrize("body", ["", "<html></html>", "<html>", "{}"])
def test_another_server_is_none(peer: Peer, body: str) -> None:
    """Whatever answers 200 to a GET of / is no S3 server because of that."""
    with connect(peer(answer(body))) as client, pytest.raises(ConnectionError, match="no S3 server: it answered"):
        client.buckets()
