"""The part of the S3 API that makes, lists and empties buckets, signed by Signature Version 4.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import xml.etree.ElementTree as ET
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit

from juncture.services.wire.http import HttpClient, HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["REGION", "S3Client", "signer"]

REGION = "us-east-1"
"""A server of one's own takes any; this is what clients use that were told none."""


class S3Client:
    """One connection, buckets as parts of the path; use it as a context manager.

    Each method raises `HttpError` with the server's words where it refuses, ``OSError`` where no HTTP comes back.
    """

    def __init__(self, host: str, port: int, *, key: str, secret: str, timeout: float = 30.0) -> None:
        """Connect at the first request; without a ``key`` none is signed."""
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        sign = signer(place, key, secret, lambda: datetime.now(UTC)) if key else None
        self._client = HttpClient(host, port, sign=sign, timeout=timeout)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._client.__exit__()

    def buckets(self) -> tuple[list[str], Mapping[str, str]]:
        """Return the names of the buckets, and the headers of the answer, which may tell what the server is."""
        answer = self._client.request("GET", "/")
        root = _parsed(answer.body, "ListAllMyBucketsResult")
        return [_text(each, "Name") for each in root.iter() if _tag(each) == "Bucket"], answer.headers

    def owner(self) -> str:
        """Return whom the server says the buckets belong to."""
        root = _parsed(self._client.request("GET", "/").body, "ListAllMyBucketsResult")
        return next((_text(each, "DisplayName") for each in root.iter() if _tag(each) == "Owner"), "")

    def make(self, bucket: str) -> None:
        """Make a bucket, where there is none."""
        try:
            self._client.request("PUT", f"/{bucket}")
        except HttpError as error:
            if error.status != 409:  # noqa: PLR2004 - it is there already
                raise

    def has(self, bucket: str) -> bool:
        """Tell whether there is a bucket."""
        return self._client.has("HEAD", f"/{bucket}")

    def keys(self, bucket: str, *, most: int) -> list[str]:
        """Return the first keys of a bucket, in its order."""
        query = f"encoding-type=url&list-type=2&max-keys={most}"
        root = _parsed(self._client.request("GET", f"/{bucket}?{query}").body, "ListBucketResult")
        return list(_keys(root, "Contents"))

    def delete(self, bucket: str, keys: Iterable[str]) -> None:
        """Delete up to 1000 objects."""
        root = ET.Element("Delete")
        for key in keys:
            ET.SubElement(ET.SubElement(root, "Object"), "Key").text = key
        ET.SubElement(root, "Quiet").text = "true"
        body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        checksum = b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        answer = self._client.request("POST", f"/{bucket}?delete=", body, headers={"Content-MD5": checksum})
        failed = [each for each in ET.fromstring(answer.body).iter() if _tag(each) == "Error"]  # noqa: S314 - the server's
        if failed:
            code, key = _text(failed[0], "Code"), _text(failed[0], "Key")
            raise HttpError(answer.status, f"{len(failed)} objects were not deleted: {code} for {key}")

    def abort_uploads(self, bucket: str) -> None:
        """Abort the multipart uploads that nobody completed."""
        answer = self._client.request("GET", f"/{bucket}?encoding-type=url&uploads=", ok="24")
        if answer.status == 404:  # noqa: PLR2004 - so says a server that has none
            return
        root = _parsed(answer.body, "ListMultipartUploadsResult")
        uploads = [each for each in root.iter() if _tag(each) == "Upload"]
        for key, upload in zip(_keys(root, "Upload"), uploads, strict=True):
            number = quote(_text(upload, "UploadId"), safe="")
            self._client.request("DELETE", f"/{bucket}/{quote(key)}?uploadId={number}")


def signer(
    place: str, key: str, secret: str, now: Callable[[], datetime], *, region: str = REGION
) -> Callable[[str, str, bytes], dict[str, str]]:
    """Return a function from method, path and body to the headers that sign a request to ``place``, a host and port."""

    def sign(method: str, path: str, body: bytes) -> dict[str, str]:
        moment = now().strftime("%Y%m%dT%H%M%SZ")
        parts = urlsplit(path)
        pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in _pairs(parts.query))
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": place, "x-amz-content-sha256": digest, "x-amz-date": moment}
        names = ";".join(headers)
        canonical = "\n".join(
            [
                method,
                parts.path,
                "&".join(f"{name}={value}" for name, value in pairs),
                *(f"{name}:{value}" for name, value in headers.items()),
                "",
                names,
                digest,
            ]
        )
        scope = f"{moment[:8]}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signing = f"AWS4{secret}".encode()
        for word in scope.split("/"):
            signing = hmac.digest(signing, word.encode(), "sha256")
        signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={key}/{scope},SignedHeaders={names},Signature={signature}"
        return {name: value for name, value in headers.items() if name != "host"} | {
            "Host": place,
            "Authorization": f"AWS4-HMAC-SHA256 {credential}",
        }

    return sign


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _parsed(body: bytes, wanted: str) -> ET.Element:
    """Return the root of an answer. Raise ``ConnectionError`` where it is none of this API."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - from a server that knows our secret
    except ET.ParseError:
        root = None
    if root is None or _tag(root) != wanted:
        message = f"no S3 server: it answered {body[:40]!r}"
        raise ConnectionError(message)
    return root


def _keys(root: ET.Element, within: str) -> Iterator[str]:
    encoded = any(_tag(each) == "EncodingType" and each.text == "url" for each in root)
    for each in root.iter():
        if _tag(each) == within:
            key = _text(each, "Key")
            yield unquote_plus(key) if encoded else key


def _text(element: ET.Element, name: str) -> str:
    return next((each.text or "" for each in element if _tag(each) == name), "")


def _tag(element: ET.Element) -> str:
    """Return a tag without its namespace, which not every server names."""
    return element.tag.rpartition("}")[2]
