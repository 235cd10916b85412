"""``newsbot feedback``: what members thought of answers, as questions for ``newsbot eval``."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.opening import open_newsroom
from bot.shell import examples, settings_of, write_out

if TYPE_CHECKING:
    from bot.settings import Settings
    from corpus.store.answerlog import Given

app = typer.Typer()


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "newsbot feedback export feedback.jsonl     what members voted on, as questions with answers",
    ),
)
def feedback(context: typer.Context) -> None:
    """What members of Discord servers thought of the answers."""
    if context.invoked_subcommand is None:
        print(context.get_help(), end="")


@app.command(
    epilog=examples(
        "newsbot feedback export feedback.jsonl",
        "newsbot feedback export | newsbot eval -",
    )
)
def export(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Where to write to; else the standard output.", show_default=False
        ),
    ] = None,
) -> None:
    """Write what members voted on as JSON Lines that newsbot eval reads.

    A liked answer is a question whose answer is its first sentence. A disliked one is taken for a question
    that the articles do not answer: look through these, and put in the right answer where there is one.
    """
    judged = asyncio.run(_judged(settings_of(context)))
    lines = [json.dumps(case) for case in map(case_of, judged) if case]
    write_out("".join(f"{line}\n" for line in lines).encode(), file)
    left_out = len(judged) - len(lines)
    more = f", {left_out} left out, whose votes do not tell the right answer" if left_out else ""
    print(f"{len(judged)} voted on{more}", file=sys.stderr)


def case_of(given: Given) -> dict[str, Any] | None:
    """The line of an answer; ``None`` where the votes do not say what the right answer is.

    They do not where as many are for it as against, where a "nothing found" was disliked, and where the asker
    set limits that a line cannot name.
    """
    liked = given.votes.up > given.votes.down
    undecided = given.votes.up == given.votes.down
    if undecided or given.since or given.until or given.sources or (not given.answered and not liked):
        return None
    right = given.quotes[: given.size] if given.answered and liked else ()
    return {
        "id": given.id,
        "question": given.question,
        "asked": given.asked.isoformat(),
        "answer": right[0].sentence if right else "",
        "relevant": sorted({quote.url for quote in right[:1]}),
        "answerable": bool(right),
        "votes": {"up": given.votes.up, "down": given.votes.down},
        "generation": given.generation,
        "quotes": [{"url": quote.url, "sentence": quote.sentence} for quote in given.quotes[: given.size]],
    }


async def _judged(settings: Settings) -> list[Given]:
    async with await open_newsroom(settings) as newsroom:
        return await newsroom.answers.judged()
