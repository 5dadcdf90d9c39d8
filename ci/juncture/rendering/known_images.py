"""Digests that are known without asking a registry: a first render needs no network."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DATE", "KNOWN", "SOURCE"]

SOURCE = "files in public repositories on GitHub that pin this tag"
DATE = "2026-10-31"
"""The last day on which they were seen; `juncture ci.lock --refresh` asks the registry for those of today."""

KNOWN: Mapping[str, str] = MappingProxyType(
    {
        name: f"sha256:{digest}"
        for name, digest in {
            "apache/kafka:4.0.0": "3f7b939115cd4872e9cee9369d80bd69712fde55f9902f46d793f64848dedc75",
            "axllent/mailpit:v1.31.2": "74d609a42ec279aa63c6b4622a6fa9b5408d1ad5b1d76a1c4be40a265ce0863d",
            "chrislusf/seaweedfs:4.29": "d47c7ee99fcb951351d7194915f4e3a5ea604a8e8871183d713907dec4fb9bf5",
            "eclipse-mosquitto:2": "38c0da4f2ef84284d47b3b3eeea1cb3bdeabe81ee10caf0cd5c5ff61ee3ea408",
            "mariadb:11": "efb4959ef2c835cd735dbc388eb9ad6aab0c78dd64febcd51bc17481111890c4",
            "memcached:1.6-alpine": "9e4de012dc607573052061c0bcb38abc775e1dd59b24e7ac38d1892842094aaf",
            "mysql:8.4": "b3b90af2a6552ae30c266fdb7d5dd55f3afb72404bb78d37fe8a23eb857fd3fb",
            "nats:2.12-alpine": "b270f5e2428354c0335612694d7dd2fb588148e567a5757fdff325ef9c9332e6",
            "postgres:16-alpine": "57c72fd2a128e416c7fcc499958864df5301e940bca0a56f58fddf30ffc07777",
            "postgres:17-alpine": "742f40ea20b9ff2ff31db5458d127452988a2164df9e17441e191f3b72252193",
            "postgres:18-alpine": "d3e1620b530c944afa6e887d22eb899824da68e19c52024bf98f5220c88a65b2",
            "postgres:18.6-alpine": "d3e1620b530c944afa6e887d22eb899824da68e19c52024bf98f5220c88a65b2",
            "python:3.11-slim": "9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7",
            "python:3.12-slim": "78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea",
            "python:3.13-slim": "7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b",
            "python:3.14-slim": "ce40764625a4ff50df3548277632e7f96c4e77fe75fa848aae9885476e7df5a4",
            "rabbitmq:4-management": "ffd1b50c522ad20172ffd6716a2f41db375c7269560c8f3fb9a694e210ef0852",
            "redis:7-alpine": "6ab0b6e7381779332f97b8ca76193e45b0756f38d4c0dcda72dbb3c32061ab99",
            "redis:8-alpine": "3811787313eba226a2ef38658c6ccb91cd5e110edc89c37767de373120a0e5a0",
            "valkey/valkey:8-alpine": "a038175878d66b9d274fbf8be73c0305e93798b83917647f167e18cef3c71eec",
            "wiremock/wiremock:3.13.2": "0d4ecb3e4dc8213fd7a4d37d6a78f6e6b553a6d2e15bd51b0999781282ac61b3",
        }.items()
    }
)
"""Manifest digests by reference, all of them real."""
