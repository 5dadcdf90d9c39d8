"""Reading, joining and dividing Cobertura documents."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from juncture.merging.coverage.cobertura import classes_of, divided, document
from juncture.merging.coverage.measured import FileLines

CLASS = """<class name="{name}.py" filename="shop/{name}.py" complexity="0" line-rate="0.5" branch-rate="0.5"><methods/>
<lines><line number="1" hits="1"/><line number="4" hits="1" branch="true" condition-coverage="50% (1/2)"
missing-branches="7"/><line number="7" hits="0"/></lines></class>"""
DOCUMENT = """<?xml version="1.0" ?><coverage version="7.17.5" timestamp="1" branches-valid="4" branches-covered="2">
<sources><source></source></sources><packages><package name="shop"><classes>{classes}</classes></package></packages>
</coverage>"""


def read(text: str) -> ET.Element:
    """Return the root of a document of our own."""
    return ET.fromstring(text)  # noqa: S314


def parsed(*names: str) -> ET.Element:
    """Return a document with these files, which are all alike."""
    return read(DOCUMENT.format(classes="".join(CLASS.format(name=name) for name in names)))


def test_lines_and_branches_are_read() -> None:
    """What ran, what did not, and how many branches were taken."""
    (found,) = classes_of(parsed("a"))
    assert (found.package, found.filename) == ("shop", "shop/a.py")
    assert found.lines == FileLines(executed=(1, 4), missing=(7,), branches=2, taken=1)


def test_joined_document_counts_anew() -> None:
    """Totals and shares are those of the classes in it, in files' order; the lines stay as they are."""
    classes = [*classes_of(parsed("b")), *classes_of(parsed("a"))]
    root = read(document(classes, parsed("a", "b")))
    assert [each.get("filename") for each in root.iter("class")] == ["shop/a.py", "shop/b.py"]
    assert (root.get("lines-valid"), root.get("lines-covered"), root.get("line-rate")) == ("6", "4", "0.6667")
    assert (root.get("branches-valid"), root.get("branches-covered"), root.get("branch-rate")) == ("4", "2", "0.5")
    assert [ET.tostring(line).strip() for line in root.iter("line")] == [
        ET.tostring(line).strip() for line in parsed("a", "b").iter("line")
    ]
    assert root.find("sources/source") is not None


def test_divided_documents_hold_everything_once() -> None:
    """Each document is within the limit, and together they have every class, in order."""
    names = [f"m{number:03}" for number in range(200)]
    classes = classes_of(parsed(*names))
    limit = 12_000
    groups = list(divided(classes, limit))
    assert len(groups) > 3
    assert [each.filename for group in groups for each in group] == [f"shop/{name}.py" for name in names]
    assert all(len(document(group, parsed("a")).encode()) <= limit for group in groups)


def test_class_over_the_limit_stands_alone() -> None:
    """One file's lines are never divided."""
    assert [len(group) for group in divided(classes_of(parsed("a", "b")), 10)] == [1, 1]
