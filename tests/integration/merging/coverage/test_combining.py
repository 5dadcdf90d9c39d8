"""Data files combined and reported on, beside what coverage's own commands make of the same files."""

from __future__ import annotations

import json
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from coverage import Coverage, CoverageData

from juncture.merging.coverage import combine, executed_by
from juncture.merging.coverage.reports import report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from juncture.merging.coverage import Measured

SOURCE = """def one(x):
    if x:
        return 1
    return 2


def two():
    return 3
"""
LINES = [1, 2, 3, 7]
ARCS = [(-1, 1), (1, 7), (7, -1), (-1, 2), (2, 3), (3, -1)]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with sources, coverage's settings, and a bundle with data files."""

    root: Path

    @property
    def bundle(self) -> Path:
        """Return the folder of the data files."""
        return self.root / "bundle" / "coverage"

    @property
    def settings(self) -> Path:
        """Return coverage's configuration file."""
        return self.root / "coverage.ini"

    @property
    def out(self) -> Path:
        """Return the folder for results."""
        return self.root / "out"

    def source(self, name: str) -> str:
        """Write a source file and return its name."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(SOURCE)
        return name

    def data(self, name: str, lines: Mapping[str, Sequence[int]], context: str = "integration") -> Path:
        """Write a data file of statements."""
        path = self.bundle / f"data.{name}"
        data: CoverageData = CoverageData(str(path))
        data.set_context(context)
        data.add_lines(lines)
        data.write()
        data.close()
        return path

    def branches(self, name: str, *files: str) -> Path:
        """Write a data file of branches in which half of each file ran."""
        path = self.bundle / f"data.{name}"
        data: CoverageData = CoverageData(str(path))
        data.set_context("integration")
        data.add_arcs(dict.fromkeys(files, ARCS))
        data.write()
        data.close()
        return path

    def combine(self) -> Measured:
        """Combine the bundle from somewhere else than the project."""
        self.out.mkdir(exist_ok=True)
        measured = combine([self.bundle], self.out, self.settings, self.root)
        assert measured is not None
        assert not list(self.out.glob("*.new*")), "something unfinished was left"
        return measured

    def combine_apart(self) -> Measured:
        """Combine the bundle in a process that has no threads, as a merge is, and divides whatever it can."""
        self.out.mkdir(exist_ok=True)
        code = "import pickle, sys; sys.stdout.buffer.write(pickle.dumps(combine([bundle], out, settings, root)))"
        names = {"bundle": self.bundle, "out": self.out, "settings": self.settings, "root": self.root}
        places = "; ".join(f"{name} = Path({str(path)!r})" for name, path in names.items())
        imports = "from pathlib import Path; from juncture.merging.coverage import combine, combining, parts"
        eager = "combining.LARGE, parts.BUSY = 0, 1e9"
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", f"{imports}; {eager}; {places}; {code}"],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        measured: Measured = pickle.loads(done.stdout)  # noqa: S301 - our own
        assert not list(self.out.glob("*.new*")), "something unfinished was left"
        return measured


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    made = Project(tmp_path)
    made.bundle.mkdir(parents=True)
    made.settings.write_text("[run]\nrelative_files = true\n")
    return made


def lines_in(path: Path) -> dict[str, dict[str, Any]]:
    """Return what a data file has, by file and context."""
    data: CoverageData = CoverageData(str(path))
    data.read()
    found: dict[str, dict[str, Any]] = {}
    for context in sorted(data.measured_contexts()):
        data.set_query_context(context)
        for name in data.measured_files():
            found.setdefault(name, {})[context] = sorted((data.arcs if data.has_arcs() else data.lines)(name) or ())
    data.close()
    return found


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


def foreign(path: Path) -> None:
    """Make a data file one of a version to come."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("update coverage_schema set version = 99")
        database.commit()


BREAK: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is empty: its process was killed before it wrote"),
    "text": (lambda path: path.write_text("no data"), "is no SQLite database, as coverage's data files are"),
    "torn": (lambda path: path.write_bytes(path.read_bytes()[:8192]), "is torn: "),
    "foreign": (foreign, "is of another version of coverage: wrong schema: 99"),
}


@pytest.mark.parametrize("files", [3, 30])
@pytest.mark.parametrize("kind", BREAK)
def test_broken_file_is_named_and_the_others_are_combined(project: Project, kind: str, files: int) -> None:
    """One that can't be used is told of, with its place in its bundle; no traceback, and no silence."""
    names = [project.source(f"shop/m{number}.py") for number in range(100)]
    paths = [project.data(f"host.pid{number}.Xa", {names[number]: [1, 2]}) for number in range(files)]
    breaks, why = BREAK[kind]
    breaks(paths[1])
    measured = project.combine_apart()
    (told,) = measured.refused
    assert told.startswith(f"bundle/coverage/data.host.pid1.Xa {why}")
    assert measured.files == files - 1
    assert set(lines_in(measured.data)) == {name for number, name in enumerate(names[:files]) if number != 1}


def test_file_torn_anywhere_is_refused_or_whole(project: Project) -> None:
    """Wherever a file was cut, it either gives all that was in it, or is named."""
    names = [project.source(f"shop/m{number}.py") for number in range(150)]
    path = project.data("host.pid1.Xa", {name: [1, 2, 3] for name in names})
    project.data("host.pid2.Xb", {names[0]: [7]})
    content = path.read_bytes()
    expected = lines_in(path) | {names[0]: {"integration": [1, 2, 3, 7]}}
    for size in range(0, len(content), 2048):
        path.write_bytes(content[:size])
        measured = project.combine()
        if measured.refused:
            assert len(measured.refused) == 1
            assert set(lines_in(measured.data)) == {names[0]}
        else:
            assert lines_in(measured.data) == expected


def test_only_broken_files_are_no_measure_but_named(project: Project) -> None:
    """There is no total, and every file is told of."""
    for number in range(2):
        (project.bundle / f"data.host.pid{number}.Xa").write_bytes(b"")
    measured = project.combine()
    assert (measured.percent, measured.files) == (None, 0)
    assert len(measured.refused) == 2
    assert executed_by(measured, "integration", project.root) == {}


@pytest.mark.parametrize(("branch", "kept"), [("true", "b"), ("false", "a")])
def test_other_kind_of_measurement_is_named(project: Project, branch: str, kept: str) -> None:
    """Statements and branches don't mix: those stay that the settings speak of."""
    project.settings.write_text(f"[run]\nrelative_files = true\nbranch = {branch}\n")
    project.data("host.pid1.Xa", {project.source("shop/a.py"): LINES})
    project.branches("host.pid2.Xb", project.source("shop/b.py"))
    measured = project.combine()
    (told,) = measured.refused
    assert "was measured" in told
    assert set(measured.lines) == {f"shop/{kept}.py"}


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
