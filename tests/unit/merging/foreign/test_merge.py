"""Tests of ``juncture.merging.foreign.merge`` and ``write``: what is in the result, and when there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from foreign import JUNIT, contents, counts_of

from juncture.errors import IncompleteError, UsageError
from juncture.merging.foreign import merge_files, read
from juncture.merging.foreign.read import read_files
from juncture.merging.foreign.write import write_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Return a folder for the inputs, which is not that of the result."""
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return where to write, in a folder that is not there yet."""
    return tmp_path / "out" / "junit.xml"


def test_counts_are_made_anew_and_all_else_stays(inputs: Path, out: Path) -> None:
    """Attributes, unknown elements, comments and the very bytes of text stay; wrong counts do not."""
    body = '<testsuite name="a" tests="7" flavour=\'"x"\'><!-- c --><own:x xmlns:own="urn:x">t&#10;</own:x>\n'
    tail = '<testcase name="n" a="b"><failure><![CDATA[<&>]]></failure></testcase></testsuite>'
    (inputs / "a.xml").write_text(f"<testsuites>{body}{tail}</testsuites>")
    (inputs / "b.xml").write_text(JUNIT)
    merged = merge_files(out, [str(inputs)])
    text = out.read_text()
    assert body.replace('tests="7"', 'tests="1"').replace("'><!", '\' failures="1"><!') + tail in text
    assert contents(out) == contents(inputs / "a.xml") + contents(inputs / "b.xml")
    assert counts_of(out) == [2, 1, 0, 0]
    assert (merged.counts.suites, merged.written[0].size) == (2, len(text))
    assert [each.name for each in out.parent.iterdir()] == ["junit.xml"]


@pytest.mark.parametrize(
    "text",
    [
        "<testsuite/>",
        "<testsuite></testsuite >",
        "<testsuites/>",
        "<testsuites ></testsuites>",
        "<testsuites><testsuite/></testsuites>",
        "<testsuites><testsuite/><testcase/>text</testsuites>",
        "\ufeff<?xml version='1.0'?><!-- before --><testsuite name='>'/><!-- after -->\n",
        "<testsuite name='/>'><testcase name='&lt;/testsuite>'/></testsuite  >",
        "<testsuite\n>\r\n<testcase\n/></testsuite>",
    ],
)
def test_root_in_every_form(inputs: Path, out: Path, text: str) -> None:
    """A root with content and without, a mark before it, comments around it."""
    (inputs / "a.xml").write_text(text, encoding="utf-8")
    (inputs / "b.xml").write_text(JUNIT)
    merge_files(out, [str(inputs)])
    assert contents(out) == contents(inputs / "a.xml") + contents(inputs / "b.xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "iso8859-1", "cp1252"])
def test_every_encoding_comes_out_the_same(inputs: Path, out: Path, encoding: str) -> None:
    """The result is UTF-8, whatever the inputs were written in."""
    name = encoding.removesuffix("-sig").removesuffix("-be").replace("iso8859", "iso-8859")
    text = f"<?xml version='1.0' encoding='{name}'?><testsuite name='\xe9t\xe9'><testcase name='\xf1'/></testsuite>"
    (inputs / "a.xml").write_bytes(text.encode(encoding))
    assert merge_files(out, [str(inputs)]).refused == ()
    assert "<testsuite name='\xe9t\xe9' tests=\"1\"><testcase name='\xf1'/></testsuite>" in out.read_text("utf-8")


def test_what_a_dropped_root_declares_goes_to_its_children(inputs: Path, out: Path) -> None:
    """Namespaces and ``xml:space`` hold for suites, for cases outside of any, and for unknown elements."""
    root = "<testsuites xmlns:p='urn:p' xml:space='preserve'>"
    plain = "<testsuite name='a'><p:x/></testsuite><p:y/><testcase p:z='1'/>"
    own = "<testsuite xmlns:p='urn:q'><p:x/></testsuite>"
    (inputs / "a.xml").write_text(f"{root}{plain}{own}</testsuites>")
    merge_files(out, [str(inputs)])
    assert ET.parse(out).getroot()[0][0].tag == "{urn:p}x"  # noqa: S314
    assert ET.parse(out).getroot()[3][0].tag == "{urn:q}x"  # noqa: S314
    space = "{http://www.w3.org/XML/1998/namespace}space"
    assert [each.get(space) for each in ET.parse(out).getroot()] == ["preserve"] * 4  # noqa: S314


def test_attributes_of_the_roots_are_kept_where_all_agree(inputs: Path, out: Path) -> None:
    """One file's root keeps its own; of several, what differs belongs to none."""
    (inputs / "a.xml").write_text("<testsuites name='n' uuid='1' tests='9' time='5' xmlns:x='urn:x' x:y='z'/>")
    merge_files(out, [str(inputs)])
    zeros = {"tests": "0", "failures": "0", "errors": "0", "skipped": "0", "time": "0.000"}
    assert ET.parse(out).getroot().attrib == {"name": "n", "uuid": "1", **zeros}  # noqa: S314
    (inputs / "b.xml").write_text("<testsuites name='n' uuid='2'/>")
    merge_files(out, [str(inputs)])
    assert ET.parse(out).getroot().attrib == {"name": "n", **zeros}  # noqa: S314


def test_refused_files_are_named_and_the_others_merged(inputs: Path, out: Path) -> None:
    """Each with its place, as an editor takes it."""
    (inputs / "a.xml").write_text(JUNIT)
    (inputs / "b.xml").write_text("<testsuite>\n<oops</testsuite>")
    merged = merge_files(out, [str(inputs), "no/*.xml"])
    assert list(map(str, merged.refused)) == [
        "no/*.xml: matches no file",
        f"{inputs}/b.xml:2:6: is not well-formed XML: not well-formed (invalid token)",
    ]
    assert counts_of(out) == [1, 0, 0, 0]


def test_nothing_is_written_where_nothing_was_read(inputs: Path, out: Path) -> None:
    """What the run before wrote stays: an empty result would be worse."""
    out.parent.mkdir()
    out.write_text("before")
    merged = merge_files(out, [str(inputs)])
    assert (merged.written, out.read_text()) == ((), "before")
    assert list(map(str, merged.refused)) == [f"{inputs}: holds no file *.xml"]


def test_out_among_the_inputs(inputs: Path) -> None:
    """Named itself it is read before it is replaced; found in a folder it is what an earlier run wrote."""
    out = inputs / "junit.xml"
    out.write_text(JUNIT)
    (inputs / "b.xml").write_text(JUNIT)
    assert merge_files(out, [str(out), str(inputs)]).counts.tests == 2
    assert counts_of(out) == [2, 0, 0, 0]
    merged = merge_files(out, [str(inputs)])
    assert (merged.counts.tests, merged.left_out) == (1, (out,))


def test_out_that_is_a_link_is_written_through(inputs: Path, tmp_path: Path) -> None:
    """The link stays one."""
    (inputs / "a.xml").write_text(JUNIT)
    (tmp_path / "link.xml").symlink_to(tmp_path / "real.xml")
    merge_files(tmp_path / "link.xml", [str(inputs)])
    assert (tmp_path / "link.xml").is_symlink()
    assert counts_of(tmp_path / "real.xml") == [1, 0, 0, 0]


def test_file_that_changes_meanwhile_is_an_error_and_nothing_is_written(inputs: Path, out: Path) -> None:
    """Half of one state and half of another would be a lie."""
    path = inputs / "a.xml"
    path.write_text(JUNIT)
    readings = read_files([str(path)], inputs)
    path.write_text(JUNIT + "\n")
    out.parent.mkdir()
    with out.open("wb") as file, pytest.raises(IncompleteError, match="changed while it was read"):
        write_files(file, readings.files, readings.counts)


@pytest.mark.parametrize("place", ["in", "in/a.xml/b.xml"])
def test_out_that_can_not_be_written_is_a_usage_error(inputs: Path, tmp_path: Path, place: str) -> None:
    """A folder, or a place below a file."""
    (inputs / "a.xml").write_text(JUNIT)
    with pytest.raises(UsageError, match=str(tmp_path)):
        merge_files(tmp_path / place, [str(inputs)])
    assert [each.name for each in inputs.iterdir()] == ["a.xml"]


def test_many_megabytes_are_read_by_several_processes_with_the_same_result(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order, counts, duplicates across files and refused files are those of one process."""
    for number in range(4):
        text = JUNIT.replace('name="n"', f'name="{"n" * 2_000_000}"')
        (inputs / f"{number}.xml").write_text(text, encoding="utf-16" if number == 1 else "utf-8")
    (inputs / "2.xml").write_text("<testsuite>")
    monkeypatch.setattr(read, "processors", lambda: 3)
    spread = merge_files(tmp_path / "spread.xml", [str(inputs)])
    monkeypatch.setattr(read, "processors", lambda: 1)
    alone = merge_files(tmp_path / "alone.xml", [str(inputs)])
    assert (tmp_path / "spread.xml").read_bytes() == (tmp_path / "alone.xml").read_bytes()
    assert (spread.counts, spread.duplicates, spread.refused) == (alone.counts, alone.duplicates, alone.refused)
    assert (spread.counts.tests, spread.duplicates.number, len(spread.refused)) == (3, 2, 1)
