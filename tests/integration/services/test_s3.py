"""Tests of ``juncture.services.s3`` with a real server and the client that applications use.

The server is rclone's, which emulates S3 over files: what is tested is what juncture asks of any.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config as BotoConfig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from juncture.config import Service
from juncture.errors import JunctureError, StartError
from juncture.isolation.workspace import open_workspace
from juncture.providers import embedded
from juncture.services import kind, s3
from juncture.services.s3 import EMULATOR, at, empty, make, probe, used

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.conftest import Declare

    from juncture.model import Endpoint
    from juncture.providers.embedded import Server

pytestmark = pytest.mark.xdist_group("s3-embedded")

FILES = Service(name="files", kind="s3")


@pytest.fixture(scope="module")
def server(shared_home: Path, environ: dict[str, str]) -> Iterator[Server]:
    """Return a server for this module, which has a bucket of it."""
    reserved = embedded.reserve(FILES, kind("s3"), home=shared_home, environ=environ, idle=60.0)
    started = embedded.start(reserved)
    make(started.endpoint)
    yield started
    empty(started.endpoint, {})
    started.release()


@pytest.fixture
def files(server: Server) -> Endpoint:
    """Return the endpoint of the bucket, empty."""
    empty(server.endpoint, {})
    return server.endpoint


@pytest.fixture(scope="module")
def usual(server: Server) -> Any:
    """Return the usual client."""
    end = server.endpoint
    known = {"aws_access_key_id": end.user, "aws_secret_access_key": end.password}
    once = BotoConfig(retries={"total_max_attempts": 1})
    return boto3.client("s3", endpoint_url=end.url, region_name="us-east-1", config=once, **known)


def keys(usual: Any, bucket: str) -> set[str]:
    """Return the keys of a bucket as the usual client sees them."""
    pages = usual.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {each["Key"] for page in pages for each in page.get("Contents", [])}


def uploads(usual: Any, bucket: str) -> set[str]:
    """Return the keys of the uploads to a bucket that nobody completed."""
    try:
        found = usual.list_multipart_uploads(Bucket=bucket)
    except usual.exceptions.NoSuchUpload:  # so says this server where it has none
        return set()
    return {each["Key"] for each in found.get("Uploads", [])}


def test_probe_names_the_emulator(files: Endpoint) -> None:
    """Nobody shall take it for what runs in production; the version is the program's."""
    assert probe(files) == (EMULATOR, files.version)
    assert files.product == "s3-emulator"


def test_usual_client_stores_and_reads(files: Endpoint, usual: Any) -> None:
    """Objects, and one that is uploaded in parts."""
    usual.put_object(Bucket=files.database, Key="one", Body=b"word", Metadata={"who": "me"})
    found = usual.get_object(Bucket=files.database, Key="one")
    assert (found["Body"].read(), {name.lower() for name in found["Metadata"]}) == (b"word", {"who"})
    upload = usual.create_multipart_upload(Bucket=files.database, Key="big")["UploadId"]
    part = usual.upload_part(Bucket=files.database, Key="big", UploadId=upload, PartNumber=1, Body=b"x" * 100)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    usual.complete_multipart_upload(Bucket=files.database, Key="big", UploadId=upload, MultipartUpload=parts)
    assert keys(usual, files.database) == {"one", "big"}


def test_reset_deletes_objects_and_uploads(files: Endpoint, usual: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one request may delete, keys of any spelling, and what was never completed."""
    monkeypatch.setattr(s3, "PAGE", 10)
    odd = ["a/b/c", "with space", "plus+sign", "per%20cent", "ümlaut", "amp&lt;", "q?a=b", "dots..", "UPPER"]
    for key in [*odd, *(f"many/{number}" for number in range(25))]:
        usual.put_object(Bucket=files.database, Key=key, Body=b"")
    assert keys(usual, files.database) >= set(odd)
    usual.create_multipart_upload(Bucket=files.database, Key="half/uploaded")
    empty(files, {})
    assert keys(usual, files.database) == set()
    assert uploads(usual, files.database) == set()


def test_other_buckets_are_not_touched(files: Endpoint, usual: Any) -> None:
    """A reset ends at the worker's own bucket."""
    neighbour = at(files, 900)
    make(neighbour)
    make(neighbour)  # a second time is no error
    usual.put_object(Bucket=neighbour.database, Key="theirs", Body=b"")
    usual.put_object(Bucket=files.database, Key="mine", Body=b"")
    mine = int(files.database.rpartition("-")[2])
    assert {mine, 900} <= set(used(files))
    empty(files, {})
    assert set(used(files)) & {mine, 900} == {900}
    empty(neighbour, {})
    assert 900 not in used(files)


def test_wrong_key_is_an_error_at_once(files: Endpoint) -> None:
    """Waiting would not help."""
    for wrong in (replace(files, password="wrong"), replace(files, user="stranger")):
        with pytest.raises(StartError, match="the server refuses the key"):
            probe(wrong)


def test_server_of_somebody_else(
    files: Endpoint, usual: Any, declare: Declare, bare_home: Path, environment_of: Callable[[Path], dict[str, str]]
) -> None:
    """Who says that it is for tests gets buckets whose names tell the machine, and the server is marked."""
    place = {"JUNCTURE_FILES_URL": f"http://{files.user}:{files.password}@{files.host}:{files.port}"}
    environ = environment_of(bare_home) | place
    plain = declare({"files": {"kind": "s3"}}, provider="auto")
    with pytest.raises(JunctureError, match="a run makes and empties buckets of its own there"):
        open_workspace(plain, environ=environ)
    said = declare({"files": {"kind": "s3", "disposable": True}}, provider="auto")
    with open_workspace(said, environ=environ) as workspace:
        mine = workspace.endpoints["files"].attribute("bucket")
        assert mine.startswith("jx")
        usual.put_object(Bucket=mine, Key="word", Body=b"")
        workspace.reset("files")
        assert keys(usual, mine) == set()
    with open_workspace(plain, environ=environ):  # it is marked now
        pass
    for bucket in (mine, "juncture-marker"):
        usual.delete_bucket(Bucket=bucket)


NAME = st.sampled_from(["a", "b", "c/d", "c/e/f", "d e", "ü+%"])
"""Keys of which none is a folder of others: that this server can't have, as the reference says."""

OPERATION = st.one_of(
    st.tuples(st.just("put"), NAME),
    st.tuples(st.just("get"), NAME),
    st.tuples(st.just("delete"), NAME),
    st.tuples(st.just("copy"), NAME),
    st.tuples(st.just("begin"), NAME),
)


def carry_out(usual: Any, bucket: str, operation: tuple[str, str]) -> None:
    """Do one operation as a test would; what the server refuses is no matter."""
    what, key = operation
    place = {"Bucket": bucket, "Key": key}
    try:
        if what == "put":
            usual.put_object(**place, Body=key.encode())
        elif what == "get":
            usual.get_object(**place)
        elif what == "delete":
            usual.delete_object(**place)
        elif what == "copy":
            usual.copy_object(Bucket=bucket, Key=f"copy/{key}", CopySource=place)
        else:
            usual.create_multipart_upload(**place)
    except usual.exceptions.ClientError:
        pass


@pytest.mark.soak
def test_reset_brings_the_empty_bucket_back(files: Endpoint, usual: Any, rounds: Callable[[int, int], int]) -> None:
    """After any operations the bucket is as new: nothing is in it, and each key can be an object again."""

    @settings(max_examples=rounds(5, 50), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(OPERATION, min_size=10, max_size=20), NAME)
    def check(operations: list[tuple[str, str]], key: str) -> None:
        for operation in operations:
            carry_out(usual, files.database, operation)
        empty(files, {})
        assert keys(usual, files.database) == set()
        assert uploads(usual, files.database) == set()
        usual.put_object(Bucket=files.database, Key=key, Body=b"again")
        assert usual.get_object(Bucket=files.database, Key=key)["Body"].read() == b"again"

    check()
