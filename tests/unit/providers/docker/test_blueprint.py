"""Tests of ``juncture.providers.docker.blueprint`` that need no engine."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.config import Service, Template
from juncture.host.engine import Engine
from juncture.providers.docker.blueprint import Blueprint, Site
from juncture.providers.docker.places import Place
from juncture.providers.docker.reach import Reach

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def blueprint(tmp_path: Path) -> Blueprint:
    """Return the blueprint of a container that names no other service."""
    place = Place(home=tmp_path, engine=Engine("unix:///x"), environ={}, idle=1.0, run="r1")
    fill = lambda own: (("--at", str(own.inside)), {"A": own.url})  # noqa: E731 - it is two values
    site = Site(root=tmp_path / "project", project="shop", worker="gw0", kept="", fill=fill)
    env = (("A", Template("{url}", (("Front_End", "url"),))),)
    service = Service(name="Front_End", kind="container", ports=(80, 81), env=env)
    return Blueprint(place=place, service=service, site=site, reference="localhost:5000/x/front:v1.2", image="sha256:1")


def naming(blueprint: Blueprint, **keys: object) -> Blueprint:
    """Return it with a variable that names a service."""
    env = (("DB", Template("{db.url}", (("db", "url"),))),)
    return replace(blueprint, service=replace(blueprint.service, env=env, **keys))  # type: ignore[arg-type]  # any key


def test_key_can_be_a_host_name(blueprint: Blueprint) -> None:
    """Other containers reach it by its key, so it has what names of hosts have, and fits into one."""
    named = replace(blueprint, service=replace(blueprint.service, name="A_Very.Long-Name" * 3))
    assert re.fullmatch(r"container-front-end-[0-9a-f]{12}", blueprint.key())
    assert re.fullmatch(r"[a-z0-9-]{1,63}", f"juncture-{named.key()}-1023")


def test_key_is_made_of_what_matters(blueprint: Blueprint) -> None:
    """Another image, port, variable, command, service or checkout is another container."""
    service = blueprint.service
    others = [
        replace(blueprint, image="sha256:2"),
        replace(blueprint, site=replace(blueprint.site, root=blueprint.site.root / "x")),
        replace(blueprint, site=replace(blueprint.site, kept="dev")),
        *(
            replace(blueprint, service=each)
            for each in (
                replace(service, ports=(80,)),
                replace(service, env=()),
                replace(service, command=Template("x", ("x",))),
                replace(service, shared=True),
                replace(service, name="other"),
                replace(service, reuse="run"),
            )
        ),
    ]
    keys = [blueprint.key(), *(each.key() for each in others)]
    assert len(set(keys)) == len(keys)


def test_key_is_the_same_for_everybody_else(blueprint: Blueprint) -> None:
    """Runs and workers, times and signs of readiness make no difference to what lives longer than a run."""
    same = [
        replace(blueprint, place=replace(blueprint.place, run="r2", idle=9.0)),
        replace(blueprint, site=replace(blueprint.site, worker="gw1", project="other")),
        replace(blueprint, service=replace(blueprint.service, timeout=1.0, depends_on=("db",))),
    ]
    assert {each.key() for each in same} == {blueprint.key()}
    assert (blueprint.run, blueprint.is_private, blueprint.is_numbered) == ("", False, True)


def test_what_names_services_is_its_workers_own(blueprint: Blueprint) -> None:
    """Each worker of each run has one; where it is shared, each run has."""
    private = naming(blueprint)
    assert (private.run, private.is_private, private.is_numbered) == ("r1", True, False)
    other_worker = replace(private, site=replace(private.site, worker="gw1"))
    other_run = replace(private, place=replace(private.place, run="r2"))
    assert len({each.key() for each in (private, other_worker, other_run)}) == 3
    shared = naming(blueprint, shared=True)
    assert (shared.run, shared.is_private) == ("r1", False)
    assert replace(shared, site=replace(shared.site, worker="gw1")).key() == shared.key()


def test_engine_apart_makes_one_for_each_run(blueprint: Blueprint) -> None:
    """Where locks can't be shared, nothing is, kept or not."""
    apart = replace(blueprint.place, reach=Reach("there", "10.0.0.1", "a remote engine"))
    for kept in ("", "dev"):
        assert replace(blueprint, place=apart, site=replace(blueprint.site, kept=kept)).run == "r1"
    assert naming(replace(blueprint, site=replace(blueprint.site, kept="dev"))).run == ""


def test_addresses_of_both_sides(blueprint: Blueprint) -> None:
    """The host has the published ports, other containers the name and the inner ones; the image tells what it is."""
    endpoint = blueprint.endpoint("container-x-1", {80: 4001, 81: 4002})
    assert (endpoint.product, endpoint.version, endpoint.provider) == ("front", "v1.2", "docker")
    assert (endpoint.url, endpoint.port) == ("http://127.0.0.1:4001", 4001)
    assert endpoint.attribute("port_81") == "4002"
    assert endpoint.inside == ("juncture-container-x-1", 80)
    assert blueprint.endpoint("container-x-1", {}).url == ""


def test_recipe_has_the_filled_texts(blueprint: Blueprint) -> None:
    """Command and variables are asked for with the container's own addresses, and the image gets no more rights."""
    recipe = blueprint.recipe("container-x-1", {80: 4001, 81: 4002})
    assert recipe.command == ("--at", "('juncture-container-x-1', 80)")
    assert recipe.environment == {"A": "http://127.0.0.1:4001"}
    assert (recipe.name, recipe.image, recipe.ports) == ("juncture-container-x-1", "sha256:1", {80: 4001, 81: 4002})
    assert not recipe.trusted
    assert recipe.memory > 0
