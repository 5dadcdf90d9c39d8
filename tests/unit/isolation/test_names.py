"""Tests of ``juncture.isolation.names``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juncture.isolation import names

ROOT = Path("/srv/shop")


def test_names_can_be_read() -> None:
    """A person who lists databases sees project, checkout, service, run and worker."""
    key = names.project_key(ROOT)
    assert names.namespace_name("Shop API", ROOT, "db", "a1b2c3d4e5", "gw0") == f"jn_shop_api_{key}_db_a1b2c3d4e5_gw0"
    assert names.kept_name("shop", ROOT, "db", "dev") == f"jk_shop_{key}_db_dev"
    assert names.template_name("shop", "db", "0123456789abcdef" * 4) == "jt_shop_db_0123456789abcdef"


def test_prefixes_tell_what_may_be_destroyed() -> None:
    """No prefix is the beginning of another: what collects namespaces never sees a template or a kept database."""
    prefixes = [names.NAMESPACE, names.KEPT, names.TEMPLATE, names.BUILD]
    assert len({prefix[:3] for prefix in prefixes}) == 4


@pytest.mark.parametrize("project", ["магазин", "店", "Ünïcode", "a" * 200, "--", "", 'x"; DROP DATABASE y; --'])
def test_any_project_has_names_of_plain_letters(project: str) -> None:
    """Whatever a project is called, its names need no quotes and fit."""
    for name in (
        names.namespace_name(project, ROOT, "db", "a1b2c3d4e5", "gw0"),
        names.kept_name(project, ROOT, "db", "dev"),
        names.template_name(project, "db", "f" * 64),
    ):
        assert re.fullmatch(r"j[nkt]_[a-z0-9_]{1,60}", name)


@settings(deadline=None)  # a busy machine makes no property wrong
@given(st.text(), st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True), st.text(max_size=80))
def test_names_fit_every_server(project: str, service: str, worker: str) -> None:
    """PostgreSQL cuts at 63 bytes without a word; a hyphen or a long name changes nothing."""
    name = names.namespace_name(project, ROOT, service, "a1b2c3d4e5", worker)
    assert len(name.encode()) <= names.LIMIT
    assert name.startswith(names.NAMESPACE)
    assert len(names.template_name(project, service, "f" * 64).encode()) <= names.LIMIT
    assert len(names.kept_name(project, ROOT, service, worker).encode()) <= names.LIMIT


def test_long_names_differ_where_their_ends_do() -> None:
    """What was cut off still counts."""
    long = "a" * 100
    assert names.trimmed(f"{long}1") != names.trimmed(f"{long}2")
    assert len(names.trimmed(f"{long}1")) == names.LIMIT
    exact = "b" * names.LIMIT
    assert names.trimmed(exact) == exact


def test_workers_services_runs_and_checkouts_never_share_a_name() -> None:
    """Every part of the name counts, also where the whole is longer than the limit."""
    parts = [
        ("shop", ROOT, "db", "a1b2c3d4e5", "gw0"),
        ("shop", ROOT, "db", "a1b2c3d4e5", "gw1"),
        ("shop", ROOT, "db", "a1b2c3d4e6", "gw0"),
        ("shop", ROOT, "other", "a1b2c3d4e5", "gw0"),
        ("shop", Path("/srv/clone"), "db", "a1b2c3d4e5", "gw0"),
        ("shop", ROOT, "a-service-of-thirty-two-letters-", "a1b2c3d4e5", "gw0s0123456789"),
        ("shop", ROOT, "a-service-of-thirty-two-letters-", "a1b2c3d4e5", "gw0s0123456788"),
    ]
    assert len({names.namespace_name(*part) for part in parts}) == len(parts)


def test_one_checkout_by_two_paths_is_one(tmp_path: Path) -> None:
    """A link to a checkout is the same checkout."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names.project_key(tmp_path / "real") == names.project_key(tmp_path / "link")
    assert names.project_key(tmp_path / "real") != names.project_key(tmp_path)


def test_names_on_a_server_of_others_say_whose_they_are() -> None:
    """No prefix of ours, and no other owner's, is the beginning of such a name; all of them still fit."""
    plain = [names.NAMESPACE, names.KEPT, names.TEMPLATE, names.BUILD]
    mine, theirs = ([names.owned(prefix, owner) for prefix in plain] for owner in ("0123abcd", "0123abce"))
    every = [*plain, *mine, *theirs]
    for one in every:
        assert [other for other in every if other.startswith(one)] == [one]
    made = (
        names.namespace_name("p" * 20, ROOT, "s" * 32, "a1b2c3d4e5", "gw0", owner="0123abcd"),
        names.kept_name("p" * 20, ROOT, "s" * 32, "dev", owner="0123abcd"),
        names.template_name("p" * 20, "s" * 32, "f" * 64, owner="0123abcd"),
    )
    assert [name[:12] for name in made] == ["jx0123abcdn_", "jx0123abcdk_", "jx0123abcdt_"]
    assert all(len(name) <= names.LIMIT for name in made)
    assert made[2].endswith(f"_{'f' * 16}")  # its family is what stands in front of that
