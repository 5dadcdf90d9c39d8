"""Tests of ``juncture.merging.coverage.combining``: sources that lie elsewhere, are not here, or are no Python."""

from __future__ import annotations

import pytest
from measured import LINES, Project, lines_in


@pytest.mark.parametrize("prefix", ["/builds/group/shop/", "/__w/shop/shop/", "D:\\a\\shop\\shop\\", "\\\\host\\w\\"])
def test_sources_of_other_runners_are_those_here(project: Project, prefix: str) -> None:
    """Absolute names of a container or of Windows end in files that exist here, and count for them."""
    for name in ("shop/a.py", "shop/db/b.py"):
        project.source(name)
    separator = "\\" if "\\" in prefix else "/"
    away = {f"{prefix}{name.replace('/', separator)}": [1, 7] for name in ("shop/a.py", "shop/db/b.py")}
    project.data("host.pid1.Xa", away)
    project.data("host.pid2.Xb", {"shop/a.py": [1, 2]})
    measured = project.combine()
    assert set(lines_in(measured.data)) == {"shop/a.py", "shop/db/b.py"}
    assert measured.lines["shop/a.py"].executed == (1, 2, 7)
    folder = prefix[:-1].replace("\\", "/")
    assert measured.notes == (f"sources measured in {folder} are taken for those here",)
    assert measured.refused == ()


def test_relative_names_of_windows_are_those_here(project: Project) -> None:
    """Backslashes are no part of a name."""
    project.data("host.pid1.Xa", {project.source("shop/db/a.py").replace("/", "\\"): [1, 7]})
    assert project.combine().lines["shop/db/a.py"].executed == (1, 7)


def test_own_paths_setting_holds(project: Project) -> None:
    """What the user says of paths is done: only it can know that an installed package is one below src."""
    project.settings.write_text("[run]\nrelative_files = true\n[paths]\nshop =\n  src/shop\n  */site-packages/shop\n")
    name = project.source("src/shop/a.py")
    project.data("host.pid1.Xa", {"/venv/lib/python3.12/site-packages/shop/a.py": [1, 7]})
    measured = project.combine()
    assert measured.lines[name].executed == (1, 7)
    assert measured.notes == ()


def test_source_that_is_not_here_is_named(project: Project) -> None:
    """A file that was measured and can't be reported makes the total wrong, unless the user says not to mind."""
    project.data("host.pid1.Xa", {project.source("shop/a.py"): LINES, "shop/generated.py": [1]})
    measured = project.combine()
    (told,) = measured.refused
    assert told.startswith("measured, but not reported: ")
    assert "shop/generated.py" in told
    assert set(measured.lines) == {"shop/a.py"}
    project.settings.write_text("[run]\nrelative_files = true\n[report]\nignore_errors = true\n")
    assert project.combine().refused == ()


def test_source_that_is_no_python_is_named(project: Project) -> None:
    """A file that can't be parsed is named too."""
    (project.root / "bad.py").write_text("def (\n")
    project.data("host.pid1.Xa", {project.source("shop/a.py"): LINES, "bad.py": [1]})
    (told,) = project.combine().refused
    assert told.startswith("measured, but not reported: ")
    assert "bad.py" in told


def test_names_count_from_the_root_whatever_source_says(project: Project) -> None:
    """Two folders may have a file of one name; the report tells them apart."""
    project.settings.write_text("[run]\nrelative_files = true\nsource =\n  shop\n  billing\n")
    project.data("host.pid1.Xa", {project.source("shop/app.py"): LINES, project.source("billing/app.py"): [1]})
    assert set(project.combine().lines) == {"shop/app.py", "billing/app.py"}
