"""The collection as a whole, under both programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.tasks import namespace

if TYPE_CHECKING:
    from tests.unit.tasks.conftest import Run


def test_namespace_has_every_task_with_a_summary_and_an_example() -> None:
    """Each task fits the overview's 80 columns and shows at least one example of its own."""
    names = list(namespace.task_names)
    assert names == [
        "run",
        "plan",
        "seal",
        "merge",
        "doctor",
        "services.up",
        "services.down",
        "services.status",
        "services.logs",
        "services.env",
        "services.prune",
        "db.migrate",
        "db.seed",
        "db.reset",
        "db.shell",
        "history.show",
        "history.import",
        "history.prune",
        "junit.merge",
        "ci.render",
        "ci.lock",
        "config.show",
        "config.schema",
    ]
    for name in names:
        summary, _, rest = (namespace[name].__doc__ or "").partition("\n")
        assert len(f"  {'services.status'}  {summary}") <= 80, name
        assert f"juncture {name}" in rest.partition("Examples:")[2], name


def test_importing_the_tasks_leaves_the_layers_below_alone(source_root: str) -> None:
    """``juncture --help`` must not pay for servers, databases or pytest."""
    script = "import sys, juncture.tasks; print(*(name for name in sys.modules if name.startswith('juncture.')))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": source_root}
    )
    below = [name for name in done.stdout.split() if name.split(".")[1] not in {"errors", "program", "tasks"}]
    assert below == []


def test_command_lines_of_the_program_end_as_documented(project: Path, run: Run) -> None:
    """The real program: the overview, a setting's source, a missing folder, a missing command."""
    inner = project / "src"
    inner.mkdir()
    overview = run(inner)
    assert overview.returncode == 0
    assert "  services.up      Start the declared services, and keep them.\n" in overview.stdout
    shown = run(inner, "config.show")
    assert (shown.returncode, str(project) in shown.stdout, "hunter2" in shown.stdout) == (0, True, False)
    nowhere = run(inner, "config.show", "--root", "nowhere")
    assert (nowhere.returncode, nowhere.stderr) == (4, "juncture: --root: there is no folder nowhere\n")
    nothing = run(inner, "run")
    assert nothing.returncode == 4
    assert nothing.stderr.startswith("juncture: run: there is no command to run\n  It goes after --")


def test_two_lines_make_the_tasks_available_to_invoke(project: Path, run: Run) -> None:
    """A tasks.py that imports the namespace has all tasks under plain ``inv``, with their messages and exit codes."""
    (project / "tasks.py").write_text('"""Tasks."""\nfrom juncture.tasks import namespace\n')
    assert "  services.up " in run(project, "--list", module="invoke").stdout
    wrong = run(project, "services.env", "--format", "yaml", module="invoke")
    assert wrong.returncode == 4
    assert wrong.stderr == 'juncture: services.env: unknown format "yaml"\n  --format takes dotenv, shell, json.\n'


def test_reference_names_every_command_and_option() -> None:
    """docs/reference/cli.md has a section for each command, and every option in it."""
    text = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text()
    sections = dict(part.split("`\n", 1) for part in text.split("### `juncture ")[1:])
    contexts = {str(context.name): context for context in namespace.to_contexts(ignore_unknown_help=True)}
    assert {name.split()[0] for name in sections} == set(contexts)
    for usage, section in sections.items():
        for flag in contexts[usage.split()[0]].flags:
            assert f"`{flag}" in section or flag == "--bundle", f"{usage}: {flag}"
