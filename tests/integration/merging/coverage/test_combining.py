"""Data files combined and reported on, beside what coverage's own commands make of the same files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from coverage import Coverage
from measured import LINES, Project, lines_in

from juncture.merging.coverage import combine, executed_by
from juncture.merging.coverage.reports import report

if TYPE_CHECKING:
    from pathlib import Path


def by_coverage(project: Project, monkeypatch: pytest.MonkeyPatch) -> Coverage:
    """Let coverage's own API combine the same files elsewhere."""
    monkeypatch.chdir(project.root)
    theirs = Coverage(data_file=str(project.root / "theirs"), config_file=str(project.settings), messages=False)
    theirs.combine([str(path) for path in project.bundle.iterdir()], keep=True)
    theirs.save()
    return theirs


def normal(path: Path) -> ET.Element:
    """Return a Cobertura document without what differs from call to call, and from layout to layout."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own
    del root.attrib["timestamp"]
    for package in root.iter("classes"):
        package[:] = sorted(package, key=lambda element: element.get("filename", ""))
    for element in root.iter():
        element.text = (element.text or "").strip()
        element.tail = ""
        element.attrib = dict(sorted(element.attrib.items()))
    return root


@pytest.mark.parametrize(("modules", "files"), [(1, 1), (3, 4), (100, 30)])
@pytest.mark.parametrize("branch", [False, True])
def test_result_is_that_of_coverage_itself(
    project: Project, monkeypatch: pytest.MonkeyPatch, modules: int, files: int, *, branch: bool
) -> None:
    """Data, XML and totals are the same, whether they were made in one process or in several."""
    names = [project.source(f"shop/p{number % 7}/m{number}.py") for number in range(modules)]
    for number in range(files):
        some = [name for index, name in enumerate(names) if index % (number % 3 + 1) == 0]
        if branch:
            project.branches(f"host.pid{number}.Xa", *some)
        else:
            project.data(f"host.pid{number}.Xa", dict.fromkeys(some, LINES[: number % 4 + 1]), f"c{number % 2}")
    measured = project.combine_apart()
    theirs = by_coverage(project, monkeypatch)
    assert lines_in(measured.data) == lines_in(project.root / "theirs")
    percent = theirs.xml_report(outfile=str(project.root / "theirs.xml"))
    theirs.json_report(outfile=str(project.root / "theirs.json"))
    assert (measured.percent, measured.files, measured.refused, measured.notes) == (percent, files, (), ())
    assert ET.tostring(normal(project.out / "coverage.xml")) == ET.tostring(normal(project.root / "theirs.xml"))
    ours, own = (json.loads(path.read_text()) for path in (project.out / "coverage.json", project.root / "theirs.json"))
    for name, file in own["files"].items():
        assert {key: file[key] for key in ("executed_lines", "missing_lines")} == {
            key: ours["files"][name][key] for key in ("executed_lines", "missing_lines")
        }
        shared = ours["files"][name]["summary"].keys() & file["summary"].keys()
        assert {key: file["summary"][key] for key in shared} == {
            key: ours["files"][name]["summary"][key] for key in shared
        }
    assert {key: own["totals"][key] for key in ours["totals"].keys() & own["totals"].keys()}.items() <= ours[
        "totals"
    ].items()


def test_inputs_stay_as_they_are(project: Project) -> None:
    """Combining reads; what was sealed is the same afterwards."""
    project.data("host.pid1.Xa", {project.source("shop/a.py"): LINES})
    before = {path: path.read_bytes() for path in project.bundle.iterdir()}
    project.combine()
    assert {path: path.read_bytes() for path in project.bundle.iterdir()} == before


def test_nothing_to_combine_is_none(project: Project) -> None:
    """A run that measured nothing has no measure, rather than one of 0 %."""
    assert combine([project.bundle], project.out, project.settings, project.root) is None


def test_contexts_stay_apart(project: Project) -> None:
    """What each suite ran can still be told."""
    name = project.source("shop/a.py")
    project.data("host.pid1.Xa", {name: [1, 2]}, "unit")
    project.data("host.pid2.Xb", {name: [1, 7]}, "integration")
    measured = project.combine()
    assert executed_by(measured, "integration", project.root) == {name: frozenset({1, 7})}
    assert executed_by(measured, "unit", project.root) == {name: frozenset({1, 2})}


def test_what_coverage_demands_is_read(project: Project) -> None:
    """``fail_under`` and the precision that it is compared by come with the measure."""
    project.settings.write_text("[run]\nrelative_files = true\n[report]\nfail_under = 80.5\nprecision = 2\n")
    project.data("host.pid1.Xa", {project.source("shop/a.py"): LINES})
    measured = project.combine()
    assert (measured.demanded, measured.precision) == (80.5, 2)


def test_settings_that_coverage_wonders_at_are_no_error(project: Project) -> None:
    """Its warning was told by the run itself; the merge goes on, and prints nothing of its own."""
    project.data("a", {project.source("shop.py"): LINES})
    project.settings.write_text(f"{project.settings.read_text()}\n[report]\nnowhere = 1\n")
    measured = project.combine()
    assert (measured.percent is None, measured.refused) == (False, ())


def test_no_statement_is_no_total(project: Project) -> None:
    """Where nothing could have run there is no share of it."""
    project.source("shop/a.py")
    (project.root / "shop" / "a.py").write_text("")
    project.data("host.pid1.Xa", {"shop/a.py": []})
    assert project.combine().percent is None


def test_large_report_is_divided(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is within the limit, together they have every line; one that is small again is one file again."""
    names = [project.source(f"shop/p{number % 3}/m{number}.py") for number in range(60)]
    project.data("host.pid1.Xa", dict.fromkeys(names, LINES))
    measured = project.combine()
    whole = normal(project.out / "coverage.xml")
    monkeypatch.chdir(project.root)
    limit = 8_000
    divided = report(measured.data, project.settings, project.out, limit)
    parts = sorted(project.out.glob("coverage*.xml"))
    assert len(parts) > 2
    assert all(part.stat().st_size <= limit for part in parts)
    assert divided.notes == (
        f"coverage.xml would be over 0 MiB, so it is in {len(parts)} files: give readers coverage*.xml",
    )
    classes = [each for part in parts for each in normal(part).iter("class")]
    by_name = {each.get("filename"): ET.tostring(each) for each in classes}
    assert len(classes) == len(names)
    assert by_name == {each.get("filename"): ET.tostring(each) for each in whole.iter("class")}
    assert divided.lines == measured.lines
    report(measured.data, project.settings, project.out)
    assert [path.name for path in project.out.glob("coverage*.xml")] == ["coverage.xml"]
