"""What the commands of the command line share: options, help, output and the exit status of indexing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from corpus.errors import NewsbotError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.settings import Settings
    from index.newsroom import Diff, Progress

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def examples(*lines: str) -> str:
    """The last paragraph of a command's help."""
    return "\n".join(["[bold]Examples[/]", *(f"  {line}" for line in lines)])


def plain_help(command: Any, parent: typer.Context | None = None) -> Any:
    """A command of Typer, and those below it, with help that wraps and that tells no types of Python."""
    context = typer.Context(command, parent=parent, **command.context_settings)
    paragraphs = cleandoc(command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    for parameter in command.get_params(context):
        if parameter.param_type_name == "argument" or parameter.is_flag:
            parameter.display_type_rich = lambda ctx: None
    for one in getattr(command, "commands", {}).values():
        plain_help(one, context)
    return command


def settings_of(context: typer.Context) -> Settings:
    """The settings, for the data folder that the command line names. Raises NewsbotError."""
    from bot.settings import load

    return load(context.find_root().obj)


def report(diff: Diff, seconds: float, *, as_json: bool) -> int:
    """Shows what an indexing run did; returns the exit status."""
    from bot.terminal import diff_to_json, show_diff

    status = tell_failures(diff)
    if as_json:
        print_json(diff_to_json(diff))
    else:
        show_diff(stdout(), diff, seconds)
    return status


def tell_failures(diff: Diff) -> int:
    """Names on the standard error what failed; returns the exit status."""
    from bot.terminal import failures

    for line in failures(diff):
        print(line, file=sys.stderr)
    return 1 if diff.failed else 0


@contextmanager
def watching() -> Iterator[tuple[Callable[[Progress], None] | None, Callable[[str], None]]]:
    """What shows on the standard error how far an indexing run is, and what it waits for."""
    from bot.terminal import progress

    console = stderr()

    def wait(message: str) -> None:
        console.print(message, markup=False, highlight=False, soft_wrap=True)

    with progress(console) as update:
        yield update, wait


def waiting(what: str) -> AbstractContextManager[Any]:
    """Something that moves while there is nothing else to see."""
    console = stderr()
    return console.status(what) if console.is_terminal else nullcontext()


def lines_of(path: Path) -> AbstractContextManager[BinaryIO]:
    """A file, or with - the standard input. Raises NewsbotError."""
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        raise NewsbotError(f"{path} cannot be read: {error.strerror}") from None


def write_out(data: bytes, file: Path | None) -> None:
    """Writes to a file, or without one, and with -, to the standard output. Raises NewsbotError."""
    if file is None or str(file) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        file.write_bytes(data)
    except OSError as error:
        raise NewsbotError(f"{file} cannot be written: {error.strerror}") from None


def complain(message: str) -> None:
    """Says on the standard error, in one line, what is wrong."""
    from bot.terminal import one_line

    print(f"newsbot: {one_line(message)}", file=sys.stderr)


def print_json(value: Any) -> None:
    """Prints one line of JSON."""
    print(json.dumps(value), flush=True)


def stdout() -> Console:
    """The standard output, for what has colours."""
    from rich.console import Console

    return Console()


def stderr() -> Console:
    """The standard error, for what has colours or moves."""
    from rich.console import Console

    return Console(stderr=True)
