"""The command line.

Exit status: 0 done; 1 done in part, what failed is named on the standard error; 2 cannot, one line says why;
130 stopped by Ctrl-C. What takes long to import is imported by the command that needs it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.main import get_command

from bot import feedback, feedcommands
from bot.dates import read_day, today
from bot.opening import open_newsroom
from bot.shell import (
    Json,
    complain,
    examples,
    lines_of,
    plain_help,
    print_json,
    report,
    settings_of,
    stdout,
    tell_failures,
    waiting,
    watching,
)
from corpus.errors import NewsbotError
from index.answer import Answer, Question
from index.outlets import may_see, suggest

if TYPE_CHECKING:
    from bot.settings import Settings
    from index.newsroom import Diff, Newsroom, Stats
    from index.why import Why

DEMO_QUESTION = "Where was the stolen astrolabe found?"

_STOPPED = 130  # what a shell reports of a program that was stopped by Ctrl-C
_CONSOLE_HELP = "Type a question and press Enter. :quit, or Ctrl-D, ends."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command, of ``arguments`` or else of the process, and returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        # Not every terminal can show every character of an article.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        status = plain_help(get_command(app)).main(arguments, prog_name="newsbot", standalone_mode=False)
        sys.stdout.flush()
    except NewsbotError as error:
        complain(str(error))
        return 2
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        help_of = context.command_path if context else "newsbot"
        complain(f"{error.format_message().rstrip('.')}: see {help_of} --help")
        return 2
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EPIPE}:
            raise
        # For what Python still writes when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:  # as with | head
            return 1
        complain("the disk is full: make room, and do this again")
        return 2
    if status == _STOPPED:
        complain("stopped; what was finished is kept")
    return status or 0


def _day(text: str) -> date:
    try:
        return read_day(text)
    except NewsbotError as error:
        raise typer.BadParameter(str(error)) from None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"newsbot {version('newsbot')}")
        raise typer.Exit


_Since = Annotated[
    date | None, typer.Option(parser=_day, metavar="DATE", help="Only articles of this day or later.")
]
_Until = Annotated[
    date | None, typer.Option(parser=_day, metavar="DATE", help="Only articles of this day or earlier.")
]
_AsOf = Annotated[
    date | None,
    typer.Option(
        parser=_day, metavar="DATE", help="Answer as on this day, without what was published after it."
    ),
]
_Sources = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this outlet. May be given several times.")
]
_Quotes = Annotated[int, typer.Option("-k", min=1, max=100, metavar="N", help="The most quotes.")]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.add_typer(feedcommands.app, name="feed")
app.add_typer(feedback.app, name="feedback")


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "newsbot demo                          see it work on invented articles",
        "newsbot index ~/news                  take in your own",
        'newsbot ask "Who won the election?"   ask about them',
    ),
)
def newsbot(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The data folder. [dim]\\[NEWSBOT_DATA, else data][/]", show_default=False
        ),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Answers questions about the news by quoting the very sentence that answers them."""
    context.obj = data
    if context.invoked_subcommand is None:
        print(context.get_help(), end="")


@app.command(
    epilog=examples(
        "newsbot index ~/news                  a folder, with all that is in it",
        "newsbot index page.html wire.jsonl.gz",
        "newsbot index --json ~/news > diff.json",
    )
)
def index(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Files and folders: .txt .md .html .htm .jsonl, each also .gz."),
    ],
    as_json: Json = False,
) -> int:
    """Take articles in, from files and folders.

    What was taken in before costs nothing. What is gone from a file or folder since then is removed."""
    return report(*asyncio.run(_take_in(settings_of(context), paths)), as_json=as_json)


@app.command(
    epilog=examples(
        "newsbot reindex",
        "NEWSBOT_ARTICLES=~/news newsbot reindex",
    )
)
def reindex(context: typer.Context, as_json: Json = False) -> int:
    """Look through the article folders again, and read the feeds.

    Takes in what is new, changed or gone in NEWSBOT_ARTICLES, by default articles in the data folder."""
    return report(*asyncio.run(_take_in(settings_of(context))), as_json=as_json)


@app.command(
    epilog=examples(
        'newsbot ask "Who won the election in Orvenmark?"',
        'newsbot ask "What happened yesterday?" --as-of 2026-11-04',
        'newsbot ask "How high is the lake?" --source "Sável Courier" --since 2026-11-01 -k 1 --json',
    )
)
def ask(
    context: typer.Context,
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="In quotation marks, or not.")],
    as_of: _AsOf = None,
    since: _Since = None,
    until: _Until = None,
    source: _Sources = None,
    limit: _Quotes = 3,
    as_json: Json = False,
) -> None:
    """Answer a question with the sentences that answer it."""
    asked = _question(question, as_of, since, until, source, limit)
    answer = asyncio.run(_ask(settings_of(context), asked))
    if as_json:
        from bot.terminal import answer_to_json

        print_json(answer_to_json(answer))
    else:
        _show(answer)


@app.command(
    epilog=examples(
        "newsbot batch questions.jsonl > answers.jsonl",
        """echo '{"id": 1, "question": "Who won?", "asked": "2026-11-04"}' | newsbot batch - -k 3""",
    )
)
def batch(
    context: typer.Context,
    questions: Annotated[
        Path,
        typer.Argument(metavar="QUESTIONS.jsonl", help="JSON Lines of id, question and asked; - for a pipe."),
    ],
    limit: _Quotes = 10,
) -> int:
    """Answer many questions: a line of JSON in, a line of JSON out.

    Each is answered as of the day in [bold]asked[/], or else as of now.
    """
    return asyncio.run(_batch(settings_of(context), questions, limit))


@app.command(
    "eval",
    epilog=examples(
        "newsbot eval questions.jsonl",
        "newsbot eval questions.jsonl --half A --json > figures.json",
    ),
)
def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS.jsonl",
            help="JSON Lines of id, question, asked, answer, relevant and answerable; - for a pipe.",
        ),
    ],
    limit: _Quotes = 10,
    half: Annotated[
        Literal["A", "B"] | None,
        typer.Option(metavar="A|B", help="Only one half: choose with the one, check with the other."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Measure how good the answers are, with questions whose answers are known.

    Prints the share of the questions whose answer is shown, and what became of the others.
    """
    return asyncio.run(_evaluate(settings_of(context), questions, limit, half, as_json=as_json))


@app.command(
    epilog=examples(
        'newsbot why https://example.com/dam "What did the repair of the dam cost?"',
        'newsbot why https://example.com/dam "What happened yesterday?" --as-of 2026-11-04 --json',
    )
)
def why(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of an article.")],
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="In quotation marks, or not.")],
    as_of: _AsOf = None,
    since: _Since = None,
    until: _Until = None,
    source: _Sources = None,
    limit: _Quotes = 3,
    as_json: Json = False,
) -> None:
    """Tell why an article is quoted for a question, or is not."""
    from bot.explanation import show_why, why_to_json

    asked = _question(question, as_of, since, until, source, limit)
    found = asyncio.run(_why(settings_of(context), asked, url))
    if as_json:
        print_json(why_to_json(found))
    else:
        show_why(stdout(), found)


@app.command(epilog=examples("newsbot console", "newsbot --data data/demo console"))
def console(context: typer.Context) -> None:
    """Answer questions at a prompt."""
    settings = settings_of(context)
    with suppress(ImportError):  # not on Windows
        import readline  # noqa: F401 - gives the prompt its arrow keys and its history

    # The loop stands still while the prompt waits, so that Ctrl-C need not get a thread out of input().
    with asyncio.Runner() as runner:
        newsroom = runner.run(open_newsroom(settings))
        try:
            with waiting("Loading the model"):
                runner.run(newsroom.warm_up())
            if sys.stdin.isatty():
                print(_CONSOLE_HELP)
            while (line := _prompt()) not in {None, ":quit", ":q"}:
                if line.startswith(":"):
                    print(_CONSOLE_HELP)
                elif line:
                    try:
                        _show(runner.run(newsroom.ask(Question(line, today()))))
                    except NewsbotError as error:
                        complain(str(error))
        finally:
            runner.run(newsroom.close())


@app.command(
    epilog=examples(
        "newsbot add https://example.com/2026/ferry",
        "newsbot add --json $(cat addresses.txt)",
    )
)
def add(
    context: typer.Context,
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="The addresses of articles.")],
    as_json: Json = False,
) -> int:
    """Fetch articles from the web, and take them in."""
    return report(*asyncio.run(_add(settings_of(context), urls)), as_json=as_json)


@app.command(
    epilog=examples(
        "newsbot remove https://example.com/2026/ferry",
        "newsbot remove --json $(cat addresses.txt)",
    )
)
def remove(
    context: typer.Context,
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="The addresses of articles.")],
    as_json: Json = False,
) -> int:
    """Remove articles: nothing is quoted from them any more.

    No feed brings them back. A file that holds one does when it has changed and is indexed again, so take it
    out of the file, too. newsbot add fetches one again."""
    return report(*asyncio.run(_remove(settings_of(context), urls)), as_json=as_json)


@app.command("run", epilog=examples("DISCORD_TOKEN=… newsbot run", "newsbot --data /srv/newsbot run"))
def run_bot(context: typer.Context) -> None:
    """Run the Discord bot; its token is in DISCORD_TOKEN."""
    from bot import client

    client.run(settings_of(context))


@app.command("preview", epilog=examples("newsbot preview", "newsbot preview --port 8000"))
def run_preview(
    context: typer.Context,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="Where it listens, on this machine only; 0 takes a free port.",
        ),
    ] = 0,
) -> None:
    """Try the bot in a simulated Discord in the browser."""
    from bot import preview

    preview.serve(settings_of(context), port=port)


@app.command(epilog=examples("newsbot doctor", "newsbot doctor --json"))
def doctor(context: typer.Context, as_json: Json = False) -> int:
    """Look whether all that the bot needs is there and well, and say what to do if not."""
    return asyncio.run(_doctor(settings_of(context), as_json=as_json))


@app.command(epilog=examples("newsbot stats", "newsbot stats --json"))
def stats(context: typer.Context, as_json: Json = False) -> None:
    """Show what there is: articles, outlets, model, size on disk."""
    from bot.terminal import show_stats, stats_to_json

    found = asyncio.run(_stats(settings_of(context)))
    if as_json:
        print_json(stats_to_json(found))
    else:
        show_stats(stdout(), found)


@app.command(epilog=examples("newsbot backup news.db", "newsbot backup /mnt/usb/news.db --force"))
def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Copy all there is into one file, also while the bot runs.

    The copy is checked; it appears whole or not at all.
    """
    articles = asyncio.run(_backup(settings_of(context), target, overwrite=force))
    print(f"{target} holds all {articles} articles")


@app.command(epilog=examples("newsbot restore news.db", "newsbot --data elsewhere restore news.db"))
def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file that newsbot backup made.")],
) -> None:
    """Put a backup in the place of all there is, also while the bot runs.

    The file is checked first. What was taken in since the backup is gone; a reindex brings back what still
    stands in the article folders.
    """
    from index.newsroom import Newsroom

    with watching() as (_, wait):
        articles = asyncio.run(Newsroom.restore(settings_of(context).data, source, on_wait=wait))
    print(f"restored {articles} articles from {source}")


@app.command(epilog=examples("newsbot demo", 'newsbot demo "Who won the cup final?"'))
def demo(
    context: typer.Context,
    question: Annotated[
        list[str] | None, typer.Argument(metavar="QUESTION", help="Your own question.", show_default=False)
    ] = None,
) -> int:
    """See it work on articles of newspapers that never were."""
    from bot.terminal import show_demo

    diff, answer = asyncio.run(_demo(settings_of(context).demo, " ".join(question or ()) or DEMO_QUESTION))
    status = tell_failures(diff)
    show_demo(stdout(), diff, answer)
    return status


def _question(
    words: list[str],
    as_of: date | None,
    since: date | None,
    until: date | None,
    sources: list[str] | None,
    limit: int,
) -> Question:
    return Question(
        " ".join(words),
        asked=as_of or today(),
        as_of=as_of is not None,
        since=since,
        until=until,
        sources=tuple(sources or ()),
        limit=limit,
    )


async def _take_in(settings: Settings, paths: Sequence[Path] | None = None) -> tuple[Diff, float]:
    """Indexes ``paths``, or else re-indexes the article folders. Returns the seconds it took, too."""
    began = monotonic()
    async with await open_newsroom(settings) as newsroom:
        diff = await _index(newsroom, paths)
    return diff, monotonic() - began


async def _index(newsroom: Newsroom, paths: Sequence[Path] | None = None) -> Diff:
    with watching() as (update, wait):
        if paths is None:
            return await newsroom.reindex(progress=update, on_wait=wait)
        return await newsroom.index(paths, progress=update, on_wait=wait)


async def _add(settings: Settings, urls: Sequence[str]) -> tuple[Diff, float]:
    began = monotonic()
    async with await open_newsroom(settings) as newsroom:
        with watching() as (update, wait):
            diff = await newsroom.add(urls, progress=update, on_wait=wait)
    return diff, monotonic() - began


async def _remove(settings: Settings, urls: Sequence[str]) -> tuple[Diff, float]:
    began = monotonic()
    async with await open_newsroom(settings) as newsroom:
        diff = await newsroom.remove(urls)
    return diff, monotonic() - began


async def _backup(settings: Settings, target: Path, *, overwrite: bool) -> int:
    async with await open_newsroom(settings) as newsroom:
        with waiting("Copying"):
            return await newsroom.backup(target, overwrite=overwrite)


async def _ask(settings: Settings, question: Question) -> Answer:
    async with await open_newsroom(settings) as newsroom:
        with waiting("Looking it up"):
            return await newsroom.ask(await _of_known(newsroom, question))


async def _batch(settings: Settings, path: Path, limit: int) -> int:
    from bot.batch import answer, read
    from bot.terminal import answer_to_json, one_line
    from corpus.reading import Failure

    status = 0
    with lines_of(path) as lines:
        async with await open_newsroom(settings) as newsroom:
            await newsroom.warm_up()  # what fails for all questions is told once
            async for result in answer(newsroom, read(path.name, lines, limit)):
                if isinstance(result, Failure):
                    print(f"failed: {one_line(result.place)}: {one_line(result.reason)}", file=sys.stderr)
                    status = 1
                else:
                    asked, found = result
                    print_json({"id": asked.id, **answer_to_json(found)})
    return status


async def _evaluate(
    settings: Settings, path: Path, limit: int, half: Literal["A", "B"] | None, *, as_json: bool
) -> int:
    from bot.evaluation import evaluation_to_json, read, show_evaluation
    from bot.terminal import one_line
    from corpus.reading import Failure
    from index.evaluation import Case
    from index.evaluation import evaluate as results_of

    with lines_of(path) as lines:
        read_lines = list(read(path.name, lines, limit))
    failed = [one for one in read_lines if isinstance(one, Failure)]
    for failure in failed:
        print(f"failed: {one_line(failure.place)}: {one_line(failure.reason)}", file=sys.stderr)
    cases = [one for one in read_lines if isinstance(one, Case) and half in {None, one.half}]
    if not cases:
        raise NewsbotError(f"there is no question to measure with in {path}")
    async with await open_newsroom(settings) as newsroom:
        with waiting(f"Asking {len(cases)} questions"):
            results = [result async for result in results_of(newsroom, cases)]
    if as_json:
        print_json(evaluation_to_json(results, limit))
    else:
        show_evaluation(stdout(), results, limit)
    return 1 if failed else 0


async def _why(settings: Settings, question: Question, url: str) -> Why:
    async with await open_newsroom(settings) as newsroom:
        with waiting("Looking it up"):
            return await newsroom.why(await _of_known(newsroom, question), url)


async def _of_known(newsroom: Newsroom, question: Question) -> Question:
    """The question. Raises NewsbotError where it asks for an outlet that there is nothing of."""
    known = [source.name for source in await newsroom.sources()] if question.sources else []
    for source in question.sources:
        if source and not may_see(source, known):
            near = suggest(source, known, 3)
            meant = f"did you mean {' or '.join(near)}?" if near else "newsbot stats names the outlets"
            raise NewsbotError(f"there are no articles of “{source}”: {meant}")
    return question


async def _stats(settings: Settings) -> Stats:
    async with await open_newsroom(settings) as newsroom:
        return await newsroom.stats()


async def _doctor(settings: Settings, *, as_json: bool) -> int:
    from bot.doctor import examine, findings_to_json, show_finding

    findings = []
    async for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            show_finding(stdout(), finding)
    found = findings_to_json(findings)
    if as_json:
        print_json(found)
    return 0 if found["well"] else 1


async def _demo(settings: Settings, question: str) -> tuple[Diff, Answer]:
    async with await open_newsroom(settings) as newsroom:
        diff = await _index(newsroom)
        with waiting("Looking it up"):
            return diff, await newsroom.ask(Question(question, today()))


def _show(answer: Answer) -> None:
    from bot.terminal import show_answer

    show_answer(stdout(), answer)


def _prompt() -> str | None:
    """The next line, or None at the end."""
    prompt = "> " if sys.stdin.isatty() else ""
    try:
        return input(prompt).strip()
    except (EOFError, KeyboardInterrupt) as end:
        if prompt:
            print()  # the shell's own prompt, or what is said next, begins a line
        if isinstance(end, KeyboardInterrupt):
            raise
        return None
