"""Discord's Markdown, as its client reads it, for tests of what readers see.

The rules are those of simple-markdown with Discord's own. A document is a list of runs: text, and the names
of all rules that it stands in. A link's rule is ``link:`` and its target.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Styles = frozenset[str]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text as a reader sees it."""

    text: str
    styles: Styles


_LINK_NAME = r"(?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*"
_LINK_TARGET = r"\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['\"][\s\S]*?['\"])?\s*"

# Rules that may begin at the start of a line only; the group is what stands in them.
_AT_LINE_START = {
    "quote": re.compile(r" *>>> ([\s\S]*)|((?: *> [^\n]*(?:\n|$))+)"),
    "heading": re.compile(r" *#{1,3}\s+((?:\\[\s\S]|[^\n\\])+?)(?:\n|$)"),
    "subtext": re.compile(r" *-#\s+((?:\\[\s\S]|[^\n\\])+?)(?:\n|$)"),
    "list": re.compile(r" *(?:[*-]|\d+\.) +([^\n]*)(?:\n|$)"),
}
# Rules that nest; group 1 is what stands in them.
_NESTING = {
    "strong": re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"),
    "underline": re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)"),
    "emphasis": re.compile(
        r"\b_((?:__|\\[\s\S]|[^\\_])+?)_\b|\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)"
    ),
    "strike": re.compile(r"~~([\s\S]+?)~~(?!_)"),
    "spoiler": re.compile(r"\|\|([\s\S]+?)\|\|"),
}
# Rules that show something else than what is written.
_SPECIAL = {
    "code block": re.compile(r"```(?:[a-z0-9_+\-.#]+?\n)?\n*([\s\S]+?)\n*```", re.IGNORECASE),
    "code": re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)"),
    "autolink": re.compile(r"<[^: >]+:/[^ >]+>|(?:https?|steam)://[^\s<]+[^<.,:;\"'\]\s]"),
    "mention": re.compile(r"<(?:@[!&]?|#)\d+>|@everyone|@here|</[^:>]+:\d+>|<id:\w+>"),
    "emoji": re.compile(r"<a?:\w+:\d+>|:[^\s:]+?(?:::skin-tone-\d)?:"),
    "time": re.compile(r"<t:-?\d+(?::[tTdDfFsSR])?>"),
}
_LINK = re.compile(rf"\[({_LINK_NAME})\]\({_LINK_TARGET}\)")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")


def read(source: str) -> list[Run]:
    """The runs that a reader sees of ``source``."""
    source = re.sub(r"\r\n?", "\n", source).replace("\f", "").replace("\t", "    ")
    return _read(source, frozenset(), at_line_start=True)


def shown(source: str, style: str = "") -> str:
    """The text that a reader sees of ``source``, or of its parts in ``style``."""
    return "".join(run.text for run in read(source) if not style or style in run.styles)


def _read(source: str, styles: Styles, *, at_line_start: bool) -> list[Run]:
    runs: list[Run] = []
    at = 0
    while at < len(source):
        found = _block(source, at, styles) if at_line_start else None
        inner, at = found or _inline(source, at, styles)
        at_line_start = source[at - 1] == "\n"
        runs += inner
    return runs


def _block(source: str, at: int, styles: Styles) -> tuple[list[Run], int] | None:
    for name, rule in _AT_LINE_START.items():
        found = rule.match(source, at)
        if found and not (name == "quote" and "quote" in styles):
            inner = next(group for group in found.groups() if group is not None)
            if name == "quote":
                inner = re.sub(r"^ *>(?:>>)? ?", "", inner, flags=re.MULTILINE)
            return _read(inner, styles | {name}, at_line_start=name == "quote"), found.end()
    return None


def _inline(source: str, at: int, styles: Styles) -> tuple[list[Run], int]:
    if found := _ESCAPED.match(source, at):
        return [Run(found[1], styles)], found.end()
    for name, rule in _SPECIAL.items():
        if found := rule.match(source, at):
            return [Run(found[0], styles | {name})], found.end()
    if found := _LINK.match(source, at):
        return _read(found[1], styles | {f"link:{found[2]}"}, at_line_start=False), found.end()
    for name, rule in _NESTING.items():
        if found := rule.match(source, at):
            inner = next(group for group in found.groups() if group is not None)
            return _read(inner, styles | {name}, at_line_start=False), found.end()
    return [Run(source[at], styles)], at + 1
