"""Where the templates are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import JunctureError
from juncture.rendering.templates import templates_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return the package's folder, in a source root called ci."""
    package = tmp_path / "ci" / "juncture"
    package.mkdir(parents=True)
    return package


def test_this_installation_has_templates() -> None:
    """However juncture was installed for these tests, a user's first noxfile is there."""
    assert (templates_folder() / "scaffold" / "noxfile.py").is_file()


def test_packaged_templates_come_first(package: Path, tmp_path: Path) -> None:
    """A wheel carries its own, whatever lies around it."""
    (package / "_templates").mkdir()
    (tmp_path / "templates").mkdir()
    assert templates_folder(package) == package / "_templates"


def test_checkout_has_them_beside_the_source_root(package: Path, tmp_path: Path) -> None:
    """An editable install reads the repository's folder."""
    (tmp_path / "templates").mkdir()
    assert templates_folder(package) == tmp_path / "templates"


def test_folder_of_another_project_is_never_taken(tmp_path: Path) -> None:
    """A folder ``templates`` two levels above an installed package is somebody else's."""
    (tmp_path / "templates").mkdir()
    package = tmp_path / "site-packages" / "juncture"
    package.mkdir(parents=True)
    with pytest.raises(JunctureError, match="install juncture again"):
        templates_folder(package)
