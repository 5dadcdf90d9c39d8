"""The wheel and the editable install, built and asked for real."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

ASK = "from juncture.rendering.templates import templates_folder; print(templates_folder())"

PROJECT = {
    "pyproject.toml": '[project]\nname = "ten"\nversion = "1"\n[tool.juncture]\nunit = ["tests"]\nintegration = []\n',
    "noxfile.py": (CHECKOUT / "templates" / "scaffold" / "noxfile.py").read_text(),
    "tests/test_sum.py": "def test_sum():\n    assert 1 + 1 == 2\n",
}


def run(*words: str | Path, cwd: Path) -> str:
    """Run a command and return what it printed; fail with all of it where it failed."""
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def environment(folder: Path) -> Path:
    """Make a virtual environment with pip in it, and return its Python."""
    run(sys.executable, "-m", "virtualenv", "--quiet", folder, cwd=folder.parent)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as pip does for any user."""
    folder = tmp_path_factory.mktemp("wheel")
    run(environment(folder / "builder"), "-m", "pip", "wheel", "--no-deps", "-w", folder, CHECKOUT, cwd=folder)
    return next(folder.glob("juncture-*.whl"))


def test_wheel_holds_what_it_should(wheel: Path) -> None:
    """The package with its types marker, templates, style and script is in the wheel, and only metadata beside it."""
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {"py.typed", "_templates/scaffold/noxfile.py", "reporting/html/page.css", "reporting/html/page.js"}
    assert {f"juncture/{name}" for name in shipped} <= set(names)
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"juncture"}
    assert [name for name in names if "__pycache__" in name] == []


def test_templates_of_a_wheel(wheel: Path, tmp_path: Path) -> None:
    """Installed from the wheel, juncture finds the templates beside its own modules."""
    python = environment(tmp_path / "venv")
    run(python, "-m", "pip", "install", "--no-deps", wheel, cwd=tmp_path)
    folder = Path(run(python, "-c", ASK, cwd=tmp_path).strip())
    assert folder.is_relative_to(tmp_path / "venv")
    assert (folder / "scaffold" / "noxfile.py").is_file()


def test_templates_of_an_editable_install(tmp_path: Path) -> None:
    """Installed editable, juncture finds the checkout's own templates."""
    python = environment(tmp_path / "venv")
    run(python, "-m", "pip", "install", "--no-deps", "--editable", CHECKOUT, cwd=tmp_path)
    assert run(python, "-c", ASK, cwd=tmp_path).strip() == str(CHECKOUT / "templates")


@pytest.mark.long
def test_session_beside_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """In another folder, with the wheel installed beside Nox, a ten-line project's session runs.

    The session's own environment gets the very same wheel: no index knows it.
    """
    python = environment(tmp_path / "venv")
    run(python, "-m", "pip", "install", wheel, cwd=tmp_path)
    project = tmp_path / "project"
    for name, text in PROJECT.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    output = run(python, "-m", "nox", "-s", "unit", cwd=project)
    assert "1 passed" in output
    assert (project / "reports" / "unit" / "junit.xml").is_file()
