"""Ask a registry of container images which digest a tag has now: HTTP API V2, with the token that it hands out."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from juncture.errors import ProviderError
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

__all__ = ["Reference", "digest_of", "parse_reference"]

HUB = "registry-1.docker.io"
"""Where the images are whose references name no registry."""

TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""What a tag may be; the index of all platforms comes first, so that its digest fits every runner."""

PATIENCE = 20.0
"""Seconds that one answer may take."""

LARGEST = 4 * 1024**2
"""Bytes of a manifest or token; what is larger is neither."""

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class Reference(Value):
    """The parts of an image's reference: the registry's host, with its port, the repository, and the tag."""

    host: str
    repository: str
    tag: str

    @property
    def base(self) -> str:
        """The URL of the repository; on this machine registries are asked without TLS, as engines do."""
        name = urlsplit(f"//{self.host}").hostname or ""
        local = name in {"localhost", "::1"} or re.fullmatch(r"127(\.[0-9]+){3}", name)
        return f"{'http' if local else 'https'}://{self.host}/v2/{self.repository}"


def parse_reference(text: str) -> Reference:
    """Return the parts of a reference without digest, as engines read it: Docker Hub and ``latest`` are understood."""
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, name = first, rest
    else:
        host, name = HUB, text if slash else f"library/{text}"
    if host in {"docker.io", "index.docker.io"}:
        host, name = HUB, name if "/" in name else f"library/{name}"
    repository, _, tag = name.partition(":")
    return Reference(host, repository, tag or "latest")


def digest_of(reference: str, *, patience: float = PATIENCE) -> tuple[str, str]:
    """Return the digest of a tag's manifest and the registry's host; raise `ProviderError` where it can't be had."""
    parts = parse_reference(reference)
    try:
        return _ask(parts, patience), parts.host
    except urllib.error.HTTPError as error:
        with error:
            what = {401: "it asks for a login", 403: "it forbids it", 404: "it has no such image"}.get(error.code)
        raise _failed(parts, reference, f"{what or 'it failed'} (HTTP {error.code})") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise _failed(parts, reference, why) from None


def _ask(parts: Reference, patience: float) -> str:
    url, accept = f"{parts.base}/manifests/{parts.tag}", {"Accept": ", ".join(TYPES)}
    try:
        headers, _ = _open("HEAD", url, accept, patience)
    except urllib.error.HTTPError as error:
        if error.code != 401:  # noqa: PLR2004 - HTTP's "unauthorized"
            raise
        with error:
            accept |= _authorization(error.headers.get("WWW-Authenticate", ""), patience)
        headers, _ = _open("HEAD", url, accept, patience)
    said = headers.get("Docker-Content-Digest", "")
    if DIGEST.fullmatch(said):
        return said
    _, body = _open("GET", url, accept, patience)  # not every registry has that header
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _authorization(challenge: str, patience: float) -> Mapping[str, str]:
    """Return the header with a token for whoever comes; docs: distribution, "Token Authentication Specification"."""
    kind, _, rest = challenge.partition(" ")
    asked = dict(CHALLENGE.findall(rest))
    realm = asked.pop("realm", "")
    if kind.lower() != "bearer" or not realm.startswith(("https://", "http://")):
        message = "it asks for a login"
        raise ValueError(message)
    _, body = _open("GET", f"{realm}?{urlencode(asked)}", {}, patience)
    answer: dict[str, Any] = json.loads(body)
    return {"Authorization": f"Bearer {answer.get('token') or answer['access_token']}"}


def _open(method: str, url: str, headers: Mapping[str, str], patience: float) -> tuple[Message, bytes]:
    request = urllib.request.Request(url, headers=dict(headers), method=method)  # noqa: S310 - http and https alone
    plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener = plain if url.startswith("http://") else urllib.request.build_opener()
    with opener.open(request, timeout=patience) as response:
        body = response.read(LARGEST + 1)
        if len(body) > LARGEST:
            message = "its answer is too large"
            raise ValueError(message)
        return response.headers, body


def _failed(parts: Reference, reference: str, why: str) -> ProviderError:
    return ProviderError(
        f"{parts.host} does not tell the digest of {reference}: {why}",
        where="ci.lock",
        hint="try again where the registry answers; or name the `digest` in the declaration",
    )
