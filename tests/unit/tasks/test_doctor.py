"""The screen of the doctor, its JSON and its exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from juncture.provisioning.doctor import Finding
from juncture.tasks._doctor import doctor_json, doctor_screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Run

FOUND = [
    Finding("declaration", "ok", "/shop: 1 service"),
    Finding("db", "note", "postgres 18.6, embedded; asked for postgres 16", 'declare version = "18"'),
    Finding("home", "problem", "it is\n  not there", "make it"),
]


def test_screen_is_aligned_and_tells_the_fix_below() -> None:
    """Level, topic and text stand in columns; what is too long goes on below its own column."""
    assert doctor_screen(FOUND, width=60) == [
        "ok       declaration  /shop: 1 service",
        "note     db           postgres 18.6, embedded; asked for",
        "                      postgres 16",
        '                      fix: declare version = "18"',
        "problem  home         it is",
        "                        not there",
        "                      fix: make it",
        "",
        "1 problem, 1 note",
    ]


def test_screen_says_when_there_is_nothing_to_mend() -> None:
    """The last line is the whole answer, with the right plurals."""
    assert doctor_screen(FOUND[:1], width=80)[-1] == "nothing to mend"
    assert doctor_screen(FOUND[1:2] * 2, width=80)[-1] == "2 notes"


def test_json_has_every_finding() -> None:
    """Another program gets the counts and all parts."""
    document = json.loads(doctor_json(FOUND))
    assert (document["version"], document["problems"], document["notes"]) == (1, 1, 1)
    assert document["findings"][1] == {
        "topic": "db",
        "level": "note",
        "text": "postgres 18.6, embedded; asked for postgres 16",
        "fix": 'declare version = "18"',
    }


def test_doctor_ends_well_without_a_problem(tmp_path: Path, run: Run) -> None:
    """A project without services needs nothing of this machine."""
    (tmp_path / "pyproject.toml").write_text("[tool.juncture]\n")
    done = run(tmp_path, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"ok       declaration  {tmp_path}:")


def test_doctor_ends_with_the_code_of_a_missing_provider(tmp_path: Path, run: Run) -> None:
    """A problem gives exit code 11, on the screen and as JSON alike, and never a traceback."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.juncture]\nshrds = 1\n[tool.pytest.ini_options]\naddopts = "--cov"\n'
    )
    screen, data = run(tmp_path, "doctor"), run(tmp_path, "doctor", "--json", "--root", str(tmp_path))
    assert (screen.returncode, data.returncode, screen.stderr, data.stderr) == (11, 11, "", "")
    assert screen.stdout.startswith("problem  declaration  pyproject.toml: tool.juncture.shrds: unknown key. Did you")
    assert [each["topic"] for each in json.loads(data.stdout)["findings"] if each["level"] == "problem"] == [
        "declaration"
    ]
    (tmp_path / "pyproject.toml").write_text('[tool.juncture]\n[tool.pytest.ini_options]\naddopts = "--cov"\n')
    assert "problem  coverage     pyproject.toml: addopts asks for pytest-cov" in run(tmp_path, "doctor").stdout


def test_doctor_of_a_folder_that_is_not_there(tmp_path: Path, run: Run) -> None:
    """A wrong --root is a mistake on the command line, not a finding."""
    assert run(tmp_path, "doctor", "--root", "nowhere").returncode == 4
