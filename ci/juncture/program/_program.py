"""Parse the argv list into Invoke's own values, run the tasks, and print what went wrong.

Invoke 3.0 has no variadic positionals, joins what follows ``--`` by spaces, answers a bad integer with a traceback,
lets a required positional swallow ``--help`` and exits 1 for a usage error. `Program` therefore parses the argv list
itself, into Invoke's own values, and leaves the collection and the execution of tasks to Invoke.
"""

from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

from invoke import program
from invoke.completion.complete import complete, print_completion_script
from invoke.exceptions import Exit, ParseError, UnexpectedExit
from invoke.parser.argument import Argument
from invoke.parser.parser import Parser, ParseResult
from invoke.tasks import Task

from juncture.errors import JunctureError, UsageError
from juncture.program._argv import HelpRequest, Words, parse_commands, split_words, unknown_command
from juncture.program._help import command_screen, overview_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.collection import Collection
    from invoke.parser.context import ParserContext

__all__ = ["Command", "Program"]

_STOPPED = 128 + signal.SIGINT
_NOBODY_READS = 128 + signal.SIGPIPE
_WIDEST = 100


class Command(Task["Callable[..., Any]"]):
    """A task of juncture's own.

    ``remainder`` is what the task takes after ``--``, as the usage line shows it (``"-- CMD..."``); empty: nothing.
    A `JunctureError` becomes Invoke's `Exit`, so that plain ``inv`` shows the message and the exit code too.
    """

    def __init__(self, body: Callable[..., Any], *, remainder: str = "", **options: Any) -> None:
        """Take the options of ``invoke.task`` besides ``remainder``."""
        super().__init__(body, **options)
        self.remainder = remainder

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        try:
            return super().__call__(*args, **kwargs)
        except JunctureError as error:
            raise _as_exit(error) from error


class Program(program.Program):
    """Run the tasks of one collection from an argv list.

    ``title`` says in the overview what the program is for. `run` exits with the task's own exit code: 0, the
    ``exit_code`` of a `JunctureError`, 4 for a usage error, 130 after Ctrl-C, 3 for a defect.
    """

    namespace: Collection

    def __init__(self, namespace: Collection, *, version: str, title: str = "") -> None:
        """Keep the collection; nothing is parsed yet."""
        super().__init__(version=version, namespace=namespace, name="juncture", binary="juncture")
        self.title = title

    def core_args(self) -> list[Argument]:
        """Return the options that stand before a command."""
        return [
            Argument(names=("help", "h"), optional=True, help="show all commands, or the help of COMMAND"),
            Argument(names=("version", "V"), kind=bool, default=False, help="show the version"),
            Argument(names=("complete",), kind=bool, default=False, help="print what completes the words after --"),
            Argument(names=("print-completion-script",), help="print the completion script for SHELL"),
        ]

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:  # noqa: A002, FBT001, FBT002
        """Run a command line (``sys.argv`` by default), print what went wrong, and exit."""
        _exit_on_termination()
        code = self.main(argv)
        if exit:
            sys.exit(code)

    def main(self, argv: list[str] | None = None) -> int:
        """Run a command line, print what went wrong, and return the exit code."""
        self.normalize_argv(argv)
        try:
            self._answer(split_words(self.argv[1:]))
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a program's last line of defence
            return _report(_ending(error))
        return 0

    def _answer(self, words: Words) -> None:
        """Answer an option of the program itself, or run the commands."""
        # Invoke takes the help texts out of the tasks, so this can be done only once.
        contexts = self.namespace.to_contexts()
        known = {name: context for context in contexts for name in (str(context.name), *context.aliases)}
        match words.body:
            case () if words.rest is not None:
                raise UsageError("there is no command before --", hint="All commands: juncture --help")
            case ("--version" | "-V", *_):
                _say(f"{self.name} {self.version}")
            case ("--complete", *_):
                self._complete(contexts, words)
            case ("--print-completion-script", *shell):
                _print_completion(shell[0] if shell else "")
            case ("--help" | "-h", name, *_):
                self._show_help(known, name)
            case () | ("--help" | "-h",):
                heading = f"{self.name} {self.version}" + (f": {self.title}" if self.title else "")
                _say(overview_screen(heading, self.namespace, width=_width()))
            case _:
                self._run_commands(known, words)

    def _run_commands(self, known: dict[str, ParserContext], words: Words) -> None:
        """Parse and run one command or several."""
        try:
            tasks = parse_commands(words.body, known)
        except HelpRequest as request:
            self._show_help(known, request.name)
            return
        except UsageError as error:
            raise self._with_remainder(error, words) from error
        for context in tasks:
            self._check_remainder(str(context.name), words)
        self.tasks = ParseResult(tasks)
        self.core = ParseResult()
        # A task gets its list back by shlex.split: nothing is lost between the two.
        self.core.remainder = shlex.join(words.rest or ())
        self.collection = self.namespace
        self.create_config()
        self.execute()

    def _check_remainder(self, name: str, words: Words) -> None:
        """Refuse words after ``--`` that the command would never see."""
        task = self.namespace[name]
        if words.rest is not None and isinstance(task, Command) and not task.remainder:
            raise UsageError("takes nothing after --", where=name, hint=f"Its options: juncture {name} --help")

    def _with_remainder(self, error: UsageError, words: Words) -> UsageError:
        """Return the error with a better next step where a ``--`` was forgotten."""
        remainder = self._remainder(error.where) if error.where else ""
        if not remainder or words.rest is not None:
            return error
        hint = f"What it takes goes after --: juncture {error.where} {remainder}"
        return UsageError(error.what, where=error.where, hint=hint)

    def _remainder(self, name: str) -> str:
        """Return what the command takes after ``--``; empty where it takes nothing, or does not say."""
        task = self.namespace[name]
        return task.remainder if isinstance(task, Command) else ""

    def _show_help(self, known: dict[str, ParserContext], name: str) -> None:
        """Print the help of one command."""
        if name not in known:
            raise unknown_command(name, known)
        docstring = self.namespace[name].__doc__ or ""
        _say(command_screen(known[name], docstring, remainder=self._remainder(name), width=_width()))

    def _complete(self, contexts: list[ParserContext], words: Words) -> None:
        """Print what could complete the words after ``--``, as Invoke's completion scripts ask for it."""
        core = ParseResult()
        core.remainder = " ".join(words.rest or ())
        parser = Parser(contexts=contexts, initial=self.initial_context)
        complete([self.name], core, self.initial_context, self.namespace, parser)


def _print_completion(shell: str) -> None:
    """Print Invoke's completion script for one shell."""
    try:
        print_completion_script(shell=shell, names=["juncture"])
    except ParseError as error:
        hint = "juncture --print-completion-script bash (or zsh, fish)"
        raise UsageError(f'no completion script for the shell "{shell}"', hint=hint) from error


def _ending(error: BaseException) -> Exit:
    """Return how the program ends after an exception; the traceback of a defect is printed at once."""
    match error:
        case Exit():
            return error
        case JunctureError():
            return _as_exit(error)
        case UnexpectedExit():
            return Exit(str(error) if error.result.hide else None, code=error.result.exited)
        case KeyboardInterrupt():
            return Exit("juncture: stopped", code=_STOPPED)
        case BrokenPipeError() if _reader_is_gone(sys.stdout):
            _silence(sys.stdout)
            return Exit(code=_NOBODY_READS)
    traceback.print_exception(error)
    what = f"juncture: {type(error).__name__} is a defect of juncture or of its installation"
    return Exit(f"{what}\n  Please report it with the lines above.", code=JunctureError.exit_code)


def _as_exit(error: JunctureError) -> Exit:
    """Return Invoke's way to end with this error; with ``JUNCTURE_DEBUG`` set the traceback is printed at once."""
    if os.environ.get("JUNCTURE_DEBUG"):
        traceback.print_exception(error)
    return Exit(f"juncture: {error}", code=error.exit_code)


def _report(end: Exit) -> int:
    """Print the message of an exit, after everything that was printed before, and return its code."""
    try:
        sys.stdout.flush()
        if end.message:
            sys.stderr.write(f"{end.message}\n")
            sys.stderr.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
        _silence(sys.stderr)
    return end.code


def _reader_is_gone(stream: Any) -> bool:
    """Tell whether a stream's own pipe is broken: a failed write may leave nothing to try again."""
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _silence(stream: Any) -> None:
    """Point a stream whose reader is gone at nothing, so that the interpreter's last flush stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _exit_on_termination() -> None:
    """Let SIGTERM and SIGHUP unwind the stack as an exit does, so that everything held is released."""

    def leave(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, leave)


def _say(text: str) -> None:
    """Print one screen."""
    sys.stdout.write(f"{text}\n")


def _width() -> int:
    """Return the width of a screen in columns."""
    return min(shutil.get_terminal_size().columns, _WIDEST)
