"""Kubernetes' Job: its pods' bundles are those of one run, and of a commit that somebody can name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml
from pipelines import LOCK

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

CONTAINER = 'shards = 4\n[ci]\ncontainer = "python:3.13-slim"\n'


def job(text: str = CONTAINER) -> tuple[str, dict[str, Any]]:
    """Return the comment that the file begins with, and the container that runs the tests."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(), ["kubernetes"])
    _claim, document = yaml.safe_load_all(file.text)
    (container,) = document["spec"]["template"]["spec"]["containers"]
    return file.text.partition("\napiVersion")[0], container


def named(container: dict[str, Any]) -> dict[str, Any]:
    """Return the variables of a container, none of which may be there twice."""
    variables = {each["name"]: each for each in container["env"]}
    assert len(variables) == len(container["env"])
    return variables


def test_bundles_of_an_earlier_job_are_not_merged() -> None:
    """The claim outlives the Job: each has a folder of its own in it, and the merge takes that of one Job."""
    told, container = job()
    label = "metadata.labels['batch.kubernetes.io/controller-uid']"
    assert named(container)["JOB_UID"]["valueFrom"] == {"fieldRef": {"fieldPath": label}}
    assert container["volumeMounts"] == [{"name": "bundles", "mountPath": "/bundles", "subPathExpr": "$(JOB_UID)"}]
    (merge,) = (line for line in told.splitlines() if " -s merge " in line)
    assert merge.endswith(' --expect integration=4 "/bundles/$JOB_UID"')
    assert "JOB_UID=$(kubectl get job shop-integration -o jsonpath='{.metadata.uid}')" in told


def test_the_commit_can_be_named() -> None:
    """In a pod there is no platform that names it: a ConfigMap does where there is one, or else the image itself."""
    told, container = job()
    reference = {"name": "shop-commit", "key": "commit", "optional": True}
    assert named(container)["JUNCTURE_COMMIT"]["valueFrom"] == {"configMapKeyRef": reference}
    assert 'kubectl create configmap shop-commit --from-literal=commit="$(git rev-parse HEAD)"' in told
    _told, container = job(f'{CONTAINER}env = {{ JUNCTURE_COMMIT = "abc" }}')
    assert named(container)["JUNCTURE_COMMIT"]["value"] == "abc"
