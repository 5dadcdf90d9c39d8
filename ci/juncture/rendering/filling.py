"""The one place that imports Jinja: a template of juncture's and the values for it, in; a text, out."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

from juncture.errors import ConfigError
from juncture.rendering.actions import uses
from juncture.rendering.escaping import doubled, literal
from juncture.rendering.templates import templates_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Environment

__all__ = ["WORDS", "fill", "line", "scalar", "sequence"]

PLAIN = re.compile(r"[A-Za-z/][\w./-]*(?:[ :=@+][\w./@=+-]+)*", re.ASCII)
"""Texts that YAML takes as they stand everywhere, but for the words below."""

LINE = re.compile(r"(?:-(?=[A-Za-z_-])|[A-Za-z/])(?:[!-~]|(?<!:) (?! |#|$))*(?<!:)")
"""Texts that YAML takes as they stand where nothing else is in the line: no mapping, no comment and no number."""

WIDEST = 110
"""Columns of a sequence in brackets."""

MARK = "\0"
"""In no template and no value."""

WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""Texts that YAML takes for a truth, or for nothing, in one of its versions."""


def fill(template: str, **values: Any) -> str:
    """Return a template's text with these values; ``template`` is its path below the templates' folder."""
    return _environment().get_template(template).render(values).replace(f"{MARK}\n", "")


def scalar(text: object) -> str:
    """Return a text as a scalar of YAML, in quotes where it needs them or could be taken for something else."""
    text = str(text)
    if PLAIN.fullmatch(text) and text.lower() not in WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def line(text: object) -> str:
    """Return a text as a scalar of YAML that has the rest of its line to itself."""
    text = str(text)
    return text if LINE.fullmatch(text) and text.lower() not in WORDS else scalar(text)


def sequence(texts: Iterable[object], indent: int = 0) -> str:
    """Return a sequence of texts in brackets; a long one continues below its first text, in column ``indent``."""
    lines = [""]
    for text in map(scalar, texts):
        if lines[-1] and indent + len(lines[-1]) + len(text) > WIDEST:
            lines.append("")
        lines[-1] += f"{text}, "
    return f"[{(chr(10) + ' ' * indent).join(line.rstrip() for line in lines).rstrip(',')}]"


def _lines(text: str) -> str:
    """Mark what a macro returned as whole lines: the end of line behind it in the template is not a further one."""
    return f"{text}{MARK}"


@cache
def _environment() -> Environment:
    """Return Jinja's environment. What is ours is in << >> and <% %>: the platforms' own words have the braces."""
    try:
        import jinja2  # noqa: PLC0415 - it is an extra
    except ImportError:
        raise ConfigError(
            "templates of CI jobs are filled by Jinja, which is not installed here",
            where="ci.render",
            hint="python -m pip install 'juncture[ci]'",
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder()),
        undefined=jinja2.StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML is made
    )
    environment.filters["scalar"] = scalar
    environment.filters["doubled"] = doubled
    environment.filters["line"] = line
    environment.filters["lines"] = _lines
    environment.filters["literal"] = literal
    environment.filters["sequence"] = sequence
    environment.filters["sh"] = shlex.quote
    environment.globals["uses"] = uses
    return environment
