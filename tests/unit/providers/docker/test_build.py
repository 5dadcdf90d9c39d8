"""Tests of ``juncture.providers.docker.build`` that need no engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from juncture.errors import ProviderError
from juncture.providers.docker.build import reference_of

if TYPE_CHECKING:
    from pathlib import Path


def test_name_has_project_service_and_content(tmp_path: Path) -> None:
    """The name is legal whatever the project is called; each home, and each content, has a tag of its own."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM x")

    def name(home: str, project: str = "My.Shop_2") -> str:
        return reference_of(folder, project=project, service="Front_End", home=tmp_path / home)

    first = name("one")
    assert re.fullmatch(r"juncture-build/my-shop-2-front-end:[0-9a-f]{12}", first)
    assert name("one") == first
    assert name("two") != first
    assert name("one", project="---").startswith("juncture-build/project-front-end:")
    (folder / "Dockerfile").write_text("FROM y")
    assert name("one") != first


def test_folder_that_makes_no_image(tmp_path: Path) -> None:
    """The error names the folder, and the service."""
    with pytest.raises(ProviderError, match=r"service app: there is no Dockerfile: "):
        reference_of(tmp_path, project="p", service="app", home=tmp_path / "home")
    with pytest.raises(ProviderError, match=r"service app: there is no such folder to build from: .*nowhere"):
        reference_of(tmp_path / "nowhere", project="p", service="app", home=tmp_path / "home")
