"""What the program says about itself: the overview and the help of one command, as text."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING

from juncture.program._argv import metavar, variadic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from invoke.collection import Collection
    from invoke.parser.argument import Argument
    from invoke.parser.context import ParserContext

__all__ = ["command_screen", "overview_screen"]

_EXAMPLES = "Examples:"


def overview_screen(title: str, collection: Collection, *, width: int) -> str:
    """Return all commands with one line each, a blank line between the groups of a collection."""
    groups = [
        [(name, _summary(collection[name])) for name in collection.tasks],
        *(
            [(f"{group}.{name}", _summary(members[name])) for name in members.task_names]
            for group, members in collection.collections.items()
        ),
    ]
    column = max((len(name) for group in groups for name, _ in group), default=0)
    parts = [title, "Usage: juncture COMMAND [options]", *(_columns(group, column, width) for group in groups if group)]
    return "\n\n".join([*parts, "About one command: juncture COMMAND --help"])


def command_screen(context: ParserContext, docstring: str, *, remainder: str, width: int) -> str:
    """Return the help of one command: usage, description, options, examples.

    The examples are the lines after ``Examples:`` in the docstring; ``remainder`` ends the usage line
    (``-- CMD...``).
    """
    description, _, examples = inspect.cleandoc(docstring).partition(_EXAMPLES)
    rest = variadic(context)
    options = [argument for argument in _arguments(context) if argument is not rest]
    rows = [(_spelling(context, argument), _explanation(argument)) for argument in options]
    if rest is not None:
        rows.append((f"{metavar(rest)}...", _explanation(rest)))
    rows.append(("--help", "show this and stop"))
    parts = [
        _usage(context, options, rest, remainder, width),
        _filled(description, width),
        "Options:\n" + _columns(rows, max(len(name) for name, _ in rows), width),
    ]
    if examples.strip():
        parts.append(f"{_EXAMPLES}\n" + textwrap.indent(textwrap.dedent(examples.strip("\n")).rstrip(), "  "))
    return "\n\n".join(parts)


def _filled(text: str, width: int) -> str:
    """Return the paragraphs of a text, wrapped."""
    return "\n\n".join(textwrap.fill(paragraph, width) for paragraph in text.strip().split("\n\n"))


def _summary(task: object) -> str:
    """Return the first line of a task's docstring."""
    return (inspect.getdoc(task) or "").partition("\n")[0]


def _arguments(context: ParserContext) -> Iterable[Argument]:
    """Return a command's arguments in the order of the task's parameters."""
    arguments: Iterable[Argument] = context.args.values()
    return arguments


def _usage(
    context: ParserContext, options: Sequence[Argument], rest: Argument | None, remainder: str, width: int
) -> str:
    """Return the usage line, wrapped under the first word after the command's name."""
    lead = f"Usage: juncture {context.name} "
    words = [
        metavar(argument) if argument.positional else f"[{_spelling(context, argument)}]{_dots(argument)}"
        for argument in sorted(options, key=lambda argument: argument.positional)
    ]
    if rest is not None:
        words.append(f"[{metavar(rest)}...]")
    if remainder:
        words.append(remainder)
    # Unbreakable inside a word: "[--root DIR]" stays whole.
    text = " ".join(word.replace(" ", "\0") for word in words)
    wrapped = textwrap.wrap(text, max(width - len(lead), 20), break_long_words=False, break_on_hyphens=False)
    return (lead + f"\n{' ' * len(lead)}".join(wrapped)).replace("\0", " ").rstrip()


def _dots(argument: Argument) -> str:
    """Return the mark of an option that can be repeated."""
    return "..." if argument.kind is list else ""


def _spelling(context: ParserContext, argument: Argument) -> str:
    """Return how an argument is written: its flags, and its value's name where it takes one."""
    flags = context.names_for(f"--{argument.names[0]}" if len(argument.names[0]) > 1 else f"-{argument.names[0]}")
    spelled = ", ".join(sorted(flags, key=len))
    if f"--{argument.names[0]}" in context.inverse_flags.values():
        return f"--[no-]{argument.names[0]}"
    if argument.positional:
        return metavar(argument)
    return f"{spelled} {metavar(argument)}" if argument.takes_value else spelled


def _explanation(argument: Argument) -> str:
    """Return an argument's help text, with its default where it says something."""
    shown = argument.default not in (None, "", False, True) and argument.kind is not list
    return f"{argument.help or ''} (default: {argument.default})".strip() if shown else argument.help or ""


def _columns(rows: Sequence[tuple[str, str]], column: int, width: int) -> str:
    """Return two aligned columns, the second one wrapped."""
    lines: list[str] = []
    for name, text in rows:
        lead = f"  {name.ljust(column)}  "
        body = textwrap.wrap(text, max(width - len(lead), 30)) or [""]
        lines += [(lead + body[0]).rstrip(), *(" " * len(lead) + line for line in body[1:])]
    return "\n".join(lines)
