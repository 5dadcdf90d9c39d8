"""The command line, from a list of words to Invoke's parser contexts.

Words stay a list from first to last: nothing is joined, split or guessed from quoting.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from juncture.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from invoke.parser.argument import Argument
    from invoke.parser.context import ParserContext

__all__ = ["HelpRequest", "Words", "metavar", "parse_commands", "split_words", "unknown_command", "variadic"]

_HELP_FLAGS = ("--help", "-h")
_METAVAR = re.compile(r"\b(?:[A-Z]{2,}(?:=[A-Z]+)?|N)\b")


class HelpRequest(Exception):  # noqa: N818 - a request, not an error
    """Somebody asked for the help of the command named ``name``."""

    def __init__(self, name: str) -> None:
        """Keep the command's name."""
        self.name = name
        super().__init__(name)


@dataclass(frozen=True, slots=True)
class Words:
    """A command line cut at its first ``--``; ``rest`` is ``None`` where there is no ``--``."""

    body: tuple[str, ...]
    rest: tuple[str, ...] | None


def split_words(words: Sequence[str]) -> Words:
    """Cut a command line at its first ``--``."""
    if "--" not in words:
        return Words(tuple(words), None)
    cut = list(words).index("--")
    return Words(tuple(words[:cut]), tuple(words[cut + 1 :]))


def parse_commands(body: Sequence[str], known: Mapping[str, ParserContext]) -> list[ParserContext]:
    """Fill the contexts of the commands in ``body``, in order; commands may follow one another.

    ``known`` maps every command and alias to its empty context. Raises `HelpRequest` at the first ``--help``, and
    `UsageError` for what does not make sense.
    """
    tokens = deque(body)
    parsed: list[ParserContext] = []
    while tokens:
        name = tokens.popleft()
        if name not in known:
            raise unknown_command(name, known, tokens)
        if known[name] in parsed:
            raise UsageError("given twice on one command line", where=name, hint="Run the program twice instead.")
        parsed.append(known[name])
        _fill(known[name], tokens, known)
    return parsed


def unknown_command(name: str, known: Iterable[str], following: Sequence[str] = ()) -> UsageError:
    """Return the error for a command that does not exist, with the nearest one that does."""
    names = list(known)
    overview = "All commands: juncture --help"
    if name.startswith("-"):
        return UsageError(f"unknown option {name} before the command", hint="Options follow their command. " + overview)
    members = [other for other in names if other.startswith(f"{name}.")]
    if members:
        near = closest(f"{name}.{following[0]}", members) if following else ""
        return UsageError(f'"{name}" is a group of commands{near}', hint=f"It has {', '.join(members)}.")
    short = [other for other in names if other.endswith(f".{name}")]
    near = f'. Did you mean "{short[0]}"?' if len(short) == 1 else closest(name, names)
    return UsageError(f'unknown command "{name}"{near}', hint=overview)


def closest(word: str, choices: Iterable[str]) -> str:
    """Return ``. Did you mean "..."?`` with the nearest choice, or nothing where none is near."""
    matches = get_close_matches(word, list(choices), n=1)
    return f'. Did you mean "{matches[0]}"?' if matches else ""


def variadic(context: ParserContext) -> Argument | None:
    """Return the argument that takes all remaining words.

    It is the last positional one, where the task declares it ``iterable`` too: Invoke's own parser then offers it as
    an option that can be repeated, so the task works under plain Invoke as well.
    """
    last = context.positional_args[-1] if context.positional_args else None
    return last if last is not None and last.kind is list else None


def metavar(argument: Argument) -> str:
    """Return how an argument's value is called: the first word in capitals of its help text, else its own name."""
    found = _METAVAR.search(argument.help or "")
    return found.group() if found else str(argument.name).replace("_", "-").upper()


def _fill(context: ParserContext, tokens: deque[str], known: Mapping[str, ParserContext]) -> None:
    """Move the words that belong to one command from ``tokens`` into its context."""
    rest = variadic(context)
    while tokens:
        if tokens[0].startswith("-") and tokens[0] != "-":
            _take_option(context, tokens)
        elif missing := context.missing_positional_args:
            _store(context, missing[0], metavar(missing[0]), tokens.popleft())
        elif rest is not None:
            rest.set_value(tokens.popleft())
        elif tokens[0] in known:
            break
        else:
            raise _unexpected(context, tokens[0], known)
    if missing := context.missing_positional_args:
        names = " and ".join(metavar(argument) for argument in missing)
        verb = "is" if len(missing) == 1 else "are"
        raise UsageError(f"{names} {verb} missing", where=context.name or "", hint=_help_hint(context))


def _take_option(context: ParserContext, tokens: deque[str]) -> None:
    """Take one option, and its value where it has one, from the front of ``tokens``."""
    flag, equals, value = tokens.popleft().partition("=")
    if flag in _HELP_FLAGS and flag not in context.flags:
        raise HelpRequest(context.name or "")
    inverse = context.inverse_flags.get(flag)
    argument: Argument | None = context.flags.get(inverse or flag)
    if argument is None:
        near = closest(flag, context.flag_names())
        raise UsageError(f"unknown option {flag}{near}", where=context.name or "", hint=_help_hint(context))
    if argument.optional and not equals:
        argument.set_value(True, cast=False)
    elif argument.takes_value:
        if not equals:
            value = _next_value(context, argument, flag, tokens)
        _store(context, argument, flag, value)
    elif equals:
        raise UsageError(f"{flag} takes no value", where=context.name or "", hint=_help_hint(context))
    else:
        argument.set_value(inverse is None)


def _next_value(context: ParserContext, argument: Argument, flag: str, tokens: deque[str]) -> str:
    """Take the word after an option: anything but another option of the same command."""
    if tokens and tokens[0] in _HELP_FLAGS:
        raise HelpRequest(context.name or "")
    if not tokens or tokens[0].partition("=")[0] in context.flag_names():
        what = f"{flag} needs a value: {flag} {metavar(argument)}"
        raise UsageError(what, where=context.name or "", hint=_help_hint(context))
    return tokens.popleft()


def _store(context: ParserContext, argument: Argument, shown: str, value: str) -> None:
    """Set a value, converted to the argument's type."""
    try:
        argument.value = value
    except ValueError:
        kind = {int: "a whole number", float: "a number"}.get(argument.kind, f"a {argument.kind.__name__}")
        what = f'{shown} needs {kind}, not "{value}"'
        raise UsageError(what, where=context.name or "", hint=_help_hint(context)) from None


def _unexpected(context: ParserContext, word: str, known: Mapping[str, ParserContext]) -> UsageError:
    """Return the error for a word that is neither an argument nor the next command."""
    near = closest(word, known)
    return UsageError(f'unexpected argument "{word}"{near}', where=context.name or "", hint=_help_hint(context))


def _help_hint(context: ParserContext) -> str:
    """Return the next step after a mistake in one command."""
    return f"Its options: juncture {context.name} --help"
