"""The whole page: its sections in order, style and script in place, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING

from juncture.reporting.html.costs import costs_section
from juncture.reporting.html.failed import failed_section
from juncture.reporting.html.gates import gates_section
from juncture.reporting.html.markup import NOTHING, Html, clipped, element
from juncture.reporting.html.parts import and_more, section
from juncture.reporting.html.points import points_section
from juncture.reporting.html.problems import problems_section
from juncture.reporting.html.suites import begun, shards_section, suites_section
from juncture.reporting.html.timeline import timeline_section
from juncture.reporting.html.unsteady import flaky_section, quarantine_section, reasons_section
from juncture.reporting.html.verdict import figures, verdict_banner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from juncture.merging.values import Merged

__all__ = ["report_page"]

MOST_NOTES = 100
LONGEST_NOTE = 2_000


def report_page(merged: Merged, over_budget: Sequence[str] = ()) -> str:
    """Return the report of a merged result as one HTML document: equal results give equal bytes.

    ``over_budget`` says what was too slow, where a budget was declared. However many tests there are, it has a few MB.
    """
    suites = merged.suites
    sections = {
        "problems": problems_section(merged),
        "failed": failed_section(merged),
        "suites": suites_section(merged),
        "gates": gates_section(merged.gates),
        "timeline": timeline_section(suites),
        "flaky": flaky_section(suites),
        "quarantine": quarantine_section(suites),
        "skipped": reasons_section(suites),
        "costs": costs_section(merged, over_budget),
        "points": points_section(merged),
        "shards": shards_section(merged),
        "notes": _notes(merged.notes),
    }
    style, script = (_shipped(name) for name in ("page.css", "page.js"))
    names = ", ".join([*(suite.name for suite in suites), *merged.others])
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{merged.verdict} · {names}"),
        element("style", style),
    )
    body = element(
        "body",
        element("a", "Skip to the result", href="#result", class_="skip"),
        _header(merged, names),
        element(
            "main", verdict_banner(merged), figures(merged), _navigation(sections), *sections.values(), id="result"
        ),
        _footer(merged),
        element("script", script),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _policy(style: str, script: str) -> str:
    """Return a content security policy under which only this style and this script count, and nothing is fetched."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _shipped(name: str) -> Html:
    return Html(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _header(merged: Merged, names: str) -> Html:
    """Return the line above all: which suites, of which commit, from when."""
    shards = [shard for suite in merged.suites for shard in suite.bundles]
    commits = {shard.manifest.commit for shard in shards if shard.manifest.commit}
    began = begun(min((shard.record.began for shard in shards if shard.record.began), default=0.0))
    facts = [element("code", next(iter(commits))[:12])] if len(commits) == 1 else []
    facts += [element("span", began)] if began else []
    return element("header", element("p", element("strong", names), *facts))


def _navigation(sections: Mapping[str, Html]) -> Html:
    links = (element("a", key.capitalize(), href=f"#{key}") for key, content in sections.items() if content)
    return element("nav", *links, aria_label="Sections")


def _notes(notes: Sequence[str]) -> Html:
    if not notes:
        return NOTHING
    items = (element("li", clipped(note, LONGEST_NOTE)) for note in notes[:MOST_NOTES])
    return section("notes", "Notes", element("ul", *items), and_more(notes, MOST_NOTES))


def _footer(merged: Merged) -> Html:
    versions = sorted({shard.manifest.juncture for suite in merged.suites for shard in suite.bundles} - {""})
    who = f"juncture {', '.join(versions)}" if versions else "juncture"
    return element("footer", element("p", f"{who} · junit.xml beside this file has every test."))
