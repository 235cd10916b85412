"""What Discord and the terminal say in the same words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bot.language import _, plural, written
from index.answer import Coverage, Headline, Quote
from index.outlets import bare_title

if TYPE_CHECKING:
    from index.given import Context


def nothing_found() -> str:
    """That a question has no answer here."""
    return _("I found nothing on that.")


def what_it_does(ask: str) -> str:
    """What the bot is for, in Markdown; ``ask`` is the mention of the command that asks."""
    return _(
        "Ask about the news with {command}. Every answer is quoted word for word from an article, with a "
        "link to the sentence. The bot writes nothing itself."
    ).format(command=ask)


def title(article: Quote | Headline | Context) -> str:
    """The title of an article, without the name of its outlet at the end, which its byline has."""
    return bare_title(article.title, article.source)


def duration(seconds: float) -> str:
    """How long something took."""
    if seconds < 60:
        return _("{seconds:.1f} s").format(seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)


def covers(coverage: Coverage) -> str:
    """How many articles there are, and from when to when."""
    articles = plural("{count} article", "{count} articles", coverage.articles)
    if coverage.first is None or coverage.last is None:
        return articles
    if coverage.first == coverage.last:
        return _("{articles} of {day}").format(articles=articles, day=written(coverage.first))
    return _("{articles}, {first} to {last}").format(
        articles=articles, first=written(coverage.first), last=written(coverage.last)
    )


def tellers(outlet: str, others: Iterable[Headline]) -> dict[str, Headline]:
    """Who else tells a story of ``outlet``, each once: other outlets by name, else by title."""
    told: dict[str, Headline] = {}
    for other in others:
        elsewhere = other.source and other.source.casefold() != outlet.casefold()
        told.setdefault(other.source if elsewhere else title(other), other)
    return told
