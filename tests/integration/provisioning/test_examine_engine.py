"""What `juncture doctor` finds on a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.config import Service
from juncture.providers.docker.sdk import client
from juncture.providers.docker.server import home_id
from juncture.provisioning._engine_facts import container_facts, docker_facts

if TYPE_CHECKING:
    from quay import Quay


def test_engine_tells_who_it_is(quay: Quay) -> None:
    """Version and memory come from the engine; containers of ours are on loopback alone."""
    quay.start()
    facts = docker_facts(quay.environ)
    assert (facts.state, facts.version, facts.exposed) == ("answers", quay.engine.version(), ())
    assert facts.memory > 0
    assert facts.sdk


def test_container_of_ours_that_others_can_reach_is_found(quay: Quay) -> None:
    """A port that is published to the whole network is named with its address."""
    key = "redis-0123456789ab"
    labels = {"juncture.home": home_id(quay.home), "juncture.key": key, "juncture.kind": "redis"}
    with client(quay.engine, quay.environ) as docker:
        image, name = "juncture-test/redis:7", f"juncture-{key}"
        made = docker.containers.run(image, name=name, labels=labels, ports={"6379/tcp": None}, detach=True)
        made.reload()
        bound = made.ports["6379/tcp"]
    assert bound
    assert (name, f"0.0.0.0:{bound[0]['HostPort']}") in docker_facts(quay.environ).exposed


def test_image_of_this_engine_is_known(quay: Quay) -> None:
    """An image that no registry ever had is there, and has no digest to pin."""
    here = container_facts(Service(name="db", kind="postgres", image="juncture-test/postgres:15"), "", quay.environ)
    assert (here.present, here.digest, here.pinned) == (True, "", False)
    assert not container_facts(Service(name="db", kind="postgres", image="juncture-test/x:9"), "", quay.environ).present
